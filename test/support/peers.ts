/** Peers with keys that are the same in every run. */

import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import type { Ed25519PeerId } from '@libp2p/interface'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { identityOf } from '../../src/trust/approvals.ts'

/** The peer ID of the key that is made of this number. */
export async function testPeerId(seed: number): Promise<Ed25519PeerId> {
  const bytes = new Uint8Array(32)
  new DataView(bytes.buffer).setUint32(0, seed)
  return peerIdFromPrivateKey(await generateKeyPairFromSeed('Ed25519', bytes))
}

export const alice = await testPeerId(1)
export const bob = await testPeerId(2)
export const carol = await testPeerId(3)

/** Both names of a peer in text form. */
export const aliceIdentity = identityOf(alice)
export const bobIdentity = identityOf(bob)
export const carolIdentity = identityOf(carol)
