/** Routes, keys and records of peers that are the same in every run. */

import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import type { Ed25519PeerId, PrivateKey } from '@libp2p/interface'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { agentIdOf } from '../../src/lib/agent-id.ts'
import { sealAnnounce, type Announce } from '../../src/protocols/announce.ts'
import type { Route } from '../../src/routes/instance-routes.ts'

/** A peer that can sign. */
export interface KeyedPeer {
  peerId: Ed25519PeerId
  key: PrivateKey
}

export async function keyedPeer(seed: number): Promise<KeyedPeer> {
  const key = await generateKeyPairFromSeed('Ed25519', new Uint8Array(32).fill(seed))
  return { key, peerId: peerIdFromPrivateKey(key) }
}

export const NEAR_BOOT = '00112233445566aa'
export const FAR_BOOT = 'ffeeddccbbaa9988'

/** What the peer says about itself, sealed with its key; addresses as text. */
export async function recordOf(peer: KeyedPeer, said: Partial<Omit<Announce, 'addrs'>> & { addrs?: string[] } = {}): Promise<Uint8Array> {
  const addrs = (said.addrs ?? []).map(text => multiaddr(text))
  return await sealAnnounce({ instanceName: 'office-mac', seq: 1, bootId: NEAR_BOOT, recipientBootIds: [], ...said, addrs }, peer.key)
}

/** A route of the peer as it would be learned from its announce. */
export function routeOf(peer: KeyedPeer, facts: Partial<Route> = {}): Route {
  const agentId = agentIdOf(peer.peerId)
  const instanceName = facts.instanceName ?? 'office-mac'
  return {
    instanceId: `${instanceName}@${agentId}`, instanceName, agentId, peerId: peer.peerId.toString(), multiaddrs: [],
    seq: 1, lastAnnouncedAt: 1_000, lastSeenAt: 1_000, source: 'announce', ...facts
  }
}
