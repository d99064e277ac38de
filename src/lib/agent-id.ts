/** Agent IDs: the short address of a peer. Never a credential. */
import { createHash } from 'node:crypto'
import type { PeerId } from '@libp2p/interface'
import { MeshError } from './errors.ts'

/** The agent ID of a peer: the first 8 bytes of SHA-256 of its raw public key, as 16 lowercase hex characters. */
export function agentIdOf(peerId: PeerId): string {
  return createHash('sha256').update(rawKeyOf(peerId)).digest('hex').slice(0, 16)
}

/**
 * The 32 bytes of the public key that a peer ID is.
 *
 * @throws MeshError `INVALID_ARGUMENT` when the peer ID holds no public key (every Ed25519 peer ID does)
 */
export function rawKeyOf(peerId: PeerId): Uint8Array {
  if (peerId.publicKey === undefined) {
    throw new MeshError('INVALID_ARGUMENT', `peer ID ${peerId.toString()} holds no public key; only Ed25519 peer IDs are supported`)
  }
  return peerId.publicKey.raw
}
