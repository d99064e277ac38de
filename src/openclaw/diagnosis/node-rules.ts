/** Faults of the node itself and of its relays. */
import type { RelaySummary } from '../../mesh-api.ts'
import type { Facts, Finding, FindingCode, Rule } from './finding.ts'

const noNetwork: Rule = ({ hostAddrs }) => hostAddrs.length > 0
  ? []
  : [{
      code: 'no-network', severity: 'error', message: 'This machine has no network address but its own loopback.',
      action: 'Connect it to a network; the node notices within seconds.'
    }]

const notListening: Rule = ({ listenAddrs, nat }) => listenAddrs.length > 0 || nat.relayList.length > 0
  ? []
  : [{
      code: 'not-listening', severity: 'error', message: 'This node listens on no address and has no relay: nobody can reach it.',
      action: 'Remove `listenAddrs` from the configuration, or name a relay in `relayList`.'
    }]

const duplicateKey: Rule = ({ duplicateKeys, peerId }) => duplicateKeys.map(key => ({
  code: 'duplicate-key', severity: key === peerId ? 'error' : 'warning', peerIds: [key],
  message: `Two live nodes use the key of ${key === peerId ? 'this node' : key}, as copied machines do: messages reach one or the other.`,
  action: 'Move identity.key away on one of them and restart it: it gets a new identity.'
}))

/** By the reason that the node gives. */
const RELAY_TROUBLES: Readonly<Record<string, { code: FindingCode, what: string, action: string }>> = {
  unreachable: {
    code: 'relay-unreachable', what: 'does not answer',
    action: 'Check that it runs, that its address and port in `relayList` are right, and that its firewall (of a VM: its security group) lets the TCP port in.'
  },
  full: {
    code: 'relay-full', what: 'has no room for another reservation',
    action: 'Raise `relayLimits.reservations` there, or name a second relay in `relayList`.'
  },
  refused: {
    code: 'relay-refuses', what: 'takes no reservation of this node',
    action: 'Look into the log of the relay, or name another one in `relayList`.'
  },
  'not-a-relay': {
    code: 'not-a-relay', what: 'answers, but serves as no relay',
    action: 'Run `libp2p-mesh relay` there, or set `enableCircuitRelayServer` to true in its gateway.'
  },
  lost: {
    code: 'relay-lost', what: 'was lost a moment ago and is asked again',
    action: 'Wait a minute; if it stays away, check that the relay runs.'
  }
}

const PENDING = { code: 'relay-pending', what: 'has not answered yet', action: 'Wait some seconds and look again.' } as const

const relays: Rule = facts => facts.nat.relayList.filter(({ state }) => state === 'waiting').map(relay => relayFinding(relay, facts))

function relayFinding({ peerId, address, why }: RelaySummary, facts: Facts): Finding {
  const { code, what, action } = why === undefined ? PENDING : RELAY_TROUBLES[why] ?? PENDING
  const stops = why !== undefined && !hasWayIn(facts)
  return {
    code, severity: stops ? 'error' : 'warning', peerIds: [peerId], action, ...why !== undefined && { cause: why },
    message: `The relay ${address} ${what}.${stops ? ' Peers outside this network cannot reach this node.' : ''}`
  }
}

const noRelay: Rule = (facts) => {
  const { nat, off } = facts
  if (nat.relayList.length > 0 || hasWayIn(facts)) return []
  const isOff = off.includes('enableCircuitRelay')
  const howTo = isOff ? 'Set `enableCircuitRelay` to true and name a relay in `relayList`' : 'Name a relay in `relayList`'
  if (nat.reachability === 'private') {
    return [{
      code: 'no-relay', severity: 'error', action: `${howTo}, or forward a port of the router to this machine.`,
      message: 'A router or firewall is in the way, and there is neither a relay nor a forwarded port: peers outside this network cannot reach this node.'
    }]
  }
  return [{
    code: 'local-only', severity: 'note', message: 'This node has no public address and no relay: as far as it knows, only peers of its own network reach it.',
    action: `${howTo} to be reached from elsewhere.`
  }]
}

/** Whether peers outside the own network can reach the node, as far as is known. */
export function hasWayIn({ nat }: Pick<Facts, 'nat'>): boolean {
  return nat.relays.length > 0 || nat.reachability === 'public' || nat.mappedPorts.length > 0
}

/** In this order. */
export const NODE_RULES: readonly Rule[] = [noNetwork, notListening, duplicateKey, relays, noRelay]
