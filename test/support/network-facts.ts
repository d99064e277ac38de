/** Facts about a network as a diagnosis takes them: all is well unless told otherwise. */

import type { NatSummary, PeerReach, RelaySummary } from '../../src/mesh-api.ts'
import type { Facts } from '../../src/openclaw/diagnosis/finding.ts'
import { NETWORK, PEER, SELF } from './fake-mesh.ts'

export const RELAY = '12D3KooWQN39TP9tWyB5ff4c1XQtoEtBHAAv8K2jYWFciTmAXX4Y'
export const RELAY_ADDRESS = `/ip4/45.33.0.1/tcp/4001/p2p/${RELAY}`

const SINCE = Date.UTC(2030, 0, 1)

/** Behind an ordinary router, reserved on a relay, punched through: nothing to find. */
const HEALTHY: NatSummary = {
  ...NETWORK.nat, reachability: 'private', type: 'easy', relays: [RELAY], udpPort: 4001, mappedAddrs: ['45.33.7.7:4001'],
  stun: [{ server: '45.33.0.1:4001', mapped: '45.33.7.7:4001', rttMs: 12 }, { server: '45.33.0.1:4002', mapped: '45.33.7.7:4001', rttMs: 13 }],
  stunAsked: ['45.33.0.1:4001', '45.33.0.1:4002'], routers: [{ outsideHost: '45.33.7.7', isPublic: true }], clocks: [{ peerId: RELAY, offsetMs: -800 }],
  relayList: [relaySummary()]
}

export function relaySummary(over: Partial<RelaySummary> = {}): RelaySummary {
  return { peerId: RELAY, address: RELAY_ADDRESS, state: 'reserved', since: SINCE, ...over }
}

/** A direct peer. */
export function peerReach(over: Partial<PeerReach> = {}): PeerReach {
  return { peerId: PEER, approved: true, path: 'direct', transport: 'udp', rttMs: 3.14, since: SINCE, isNear: false, lastSeen: SINCE, ...over }
}

/** @param nat what differs of the NAT */
export function networkFacts(over: Partial<Facts> = {}, nat: Partial<NatSummary> = {}): Facts {
  return { ...NETWORK, peerId: SELF, duplicateKeys: [], peers: [peerReach()], ...over, nat: { ...HEALTHY, ...nat } }
}
