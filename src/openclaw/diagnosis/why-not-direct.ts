/** Why a peer is reached through a relay only, in words, and what to do about it. */
import type { PeerReach } from '../../mesh-api.ts'
import type { WhyNot } from '../../nat/race-plan.ts'

interface Reason {
  /** Completes "not direct: ...". */
  what: string
  action: string
}

const BY_ITSELF = 'Nothing has to be done: it is tried again by itself.'

const REASONS: Readonly<Record<Exclude<WhyNot, 'not-approved'>, Reason>> = {
  off: { what: 'hole punching is switched off here', action: 'Set `enableHolePunch` (and `enableNATTraversal`) to true, which is the default.' },
  'udp-blocked': { what: 'UDP is blocked on one of the two sides', action: 'Allow UDP in the firewall there; `openclaw p2p doctor` on each side tells which it is.' },
  'tcp-blocked': { what: 'neither UDP nor TCP gets through directly', action: 'Allow UDP in the firewalls of both sides.' },
  'both-symmetric': {
    what: 'the routers of both sides give every destination another port (symmetric NAT)',
    action: 'Forward the listen port on one of the two routers, or turn UPnP on there.'
  },
  symmetric: {
    what: 'UDP is blocked, and a router gives every destination another TCP port',
    action: 'Allow UDP in the firewalls, or forward the listen port on that router.'
  },
  'unverified-address': {
    what: 'the relay vouches for no outside address of the two',
    action: 'Use a relay of this project (`libp2p-mesh relay`) and open its two UDP ports.'
  },
  unsupported: { what: 'one of the two sides cannot punch holes', action: 'Update the plugin on both sides.' },
  timeout: { what: 'the two sides did not get through to each other', action: `${BY_ITSELF} If it stays so, a firewall drops UDP on one side.` },
  'upgrade-failed': { what: 'a direct path was found, but broke at once', action: BY_ITSELF },
  refused: { what: 'the last attempt broke off', action: BY_ITSELF },
  'no-relay': { what: 'the relayed connection was away during the last attempt', action: BY_ITSELF },
  'no-such-connection': { what: 'the connection closed during the last attempt', action: BY_ITSELF },
  budget: { what: 'there were many attempts within the hour', action: BY_ITSELF },
  busy: { what: 'another attempt runs', action: BY_ITSELF },
  stopped: { what: 'one of the two nodes is stopping', action: BY_ITSELF }
}

/** A relayed path, as far as the reason depends on it; whether the peer is approved here may be unknown. */
type RelayedPath = Pick<PeerReach, 'path' | 'peerId' | 'whyNotDirect'> & Partial<Pick<PeerReach, 'approved'>>

/** The reason in words; undefined where the path is direct, or no attempt has ended yet. */
export function whyNotDirect({ path, approved, peerId, whyNotDirect: why }: RelayedPath): Reason | undefined {
  if (path !== 'relay' || why === undefined) return undefined
  if (why !== 'not-approved') return isKnown(why) ? REASONS[why] : { what: why, action: BY_ITSELF }
  if (approved === undefined) return { what: 'one of the two sides has not approved the other', action: 'Run `openclaw p2p approve` on both sides.' }
  return approved
    ? { what: 'the other side has not approved this node', action: 'Ask its owner to run `openclaw p2p approve`.' }
    : { what: 'the peer is not approved here', action: `Run \`openclaw p2p approve ${peerId}\` if you know it.` }
}

function isKnown(why: string): why is keyof typeof REASONS {
  return Object.hasOwn(REASONS, why)
}
