/** Finds the peer that a name means, among those that the node here knows. */
import type { PeerSummary } from '../mesh-api.ts'
import { findMesh } from './live-mesh.ts'

/** Peers that answer to `name`: peer ID, approval code, alias, agent ID or instance ID. */
export function peersCalled(name: string, peers: PeerSummary[]): PeerSummary[] {
  return peers.filter(({ peerId, code, alias, agentId, instanceId }) => [peerId, code, alias, agentId, instanceId].includes(name))
}

/** The peer ID behind a name; undefined without a node in this process, and when none or several have the name. */
export async function knownPeerId(name: string): Promise<string | undefined> {
  const live = findMesh()
  const [peer, ...others] = live === undefined ? [] : peersCalled(name, await live.mesh.listPeers())
  return others.length === 0 ? peer?.peerId : undefined
}
