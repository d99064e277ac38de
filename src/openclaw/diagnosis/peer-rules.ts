/** What keeps single peers from being reached, or from being reached directly. */
import { escapeControl } from '../../lib/text.ts'
import type { PeerReach } from '../../mesh-api.ts'
import type { Finding, Rule } from './finding.ts'
import { whyNotDirect } from './why-not-direct.ts'

/** By the word under `UNREACHABLE`. */
const UNREACHED: Readonly<Record<string, { what: string, action: string }>> = {
  'wrong-key': {
    what: 'another node with a different key answers at its address',
    action: 'If it has a new identity, add and approve it as a new peer; else its old address belongs to somebody else now.'
  },
  refused: { what: 'nothing listens at its last known address', action: 'Check that its gateway runs. Is its address another one now: `openclaw p2p add <address>`.' },
  timeout: { what: 'it does not answer', action: 'Check that its gateway runs and is online. Behind a router it needs a relay in its `relayList`.' },
  'no-route': { what: 'this machine has no route to its address', action: 'Both need a network in common: a LAN, or a relay.' },
  'no-address': { what: 'no address of it is known', action: 'Wait until discovery finds it, or add it by an address: `openclaw p2p add <address>`.' }
}

const OFFLINE = { what: 'it is not connected', action: 'Check that its gateway runs and is online.' }

const unreached: Rule = ({ peers }) => peers.filter(({ path, approved }) => path === 'none' && approved).map((peer) => {
  const { peerId, whyNot } = peer
  const { what, action } = UNREACHED[whyNot ?? ''] ?? OFFLINE
  return { code: 'peer-unreachable', severity: 'warning', message: `${nameOf(peer)} is not reached: ${what}.`, action, peerIds: [peerId], ...whyNot !== undefined && { cause: whyNot } }
})

/** One finding for each reason. */
const relayed: Rule = ({ peers }) => {
  const groups = Map.groupBy(peers, peer => whyNotDirect(peer)?.what)
  return [...groups.values()].flatMap(relayedTogether)
}

/** What a firewall does to a dial; a node that is off refuses, or its machine is not found. */
const FIREWALL_SIGNS: ReadonlySet<string | undefined> = new Set(['timeout', 'no-route', 'unverified-address'])

const neighbour: Rule = ({ peers }) => peers.filter(({ isNear, whyNot, whyNotDirect: why }) => isNear && FIREWALL_SIGNS.has(whyNot ?? why)).map(peer => ({
  code: 'local-firewall', severity: 'note', peerIds: [peer.peerId],
  message: `${nameOf(peer)} has an address like those of this network, but does not answer there.`,
  action: 'If it is in this network: open its listen port in the firewalls of both machines; a guest Wi-Fi keeps its devices apart.'
}))

function relayedTogether(peers: PeerReach[]): Finding[] {
  const [first] = peers
  const reason = first === undefined ? undefined : whyNotDirect(first)
  if (reason === undefined) return []
  return [{
    code: 'peer-relayed', severity: 'note', action: reason.action, peerIds: peers.map(({ peerId }) => peerId),
    message: `${peers.map(nameOf).join(', ')}: reached through a relay, as ${reason.what}.`,
    ...first?.whyNotDirect !== undefined && { cause: first.whyNotDirect }
  }]
}

/** The owner's own name for a peer, or its ID. */
function nameOf({ alias, peerId }: Pick<PeerReach, 'alias' | 'peerId'>): string {
  return alias === undefined ? peerId : escapeControl(alias)
}

/** In this order. */
export const PEER_RULES: readonly Rule[] = [unreached, relayed, neighbour]
