/** Agent IDs: the short address of a peer. Never a credential. */
import { createHash } from 'node:crypto'
import type { PeerId } from '@libp2p/interface'
import { MeshError } from './errors.ts'

/**
 * The agent ID of a peer: the first 8 bytes of SHA-256 of its raw public key, as 16 lowercase hex characters.
 *
 * @throws MeshError `INVALID_ARGUMENT` when the peer ID holds no public key (every Ed25519 peer ID does)
 */
export function agentIdOf(peerId: PeerId): string {
  if (peerId.publicKey === undefined) {
    throw new MeshError('INVALID_ARGUMENT', `peer ID ${peerId.toString()} holds no public key; only Ed25519 peer IDs are supported`)
  }
  return createHash('sha256').update(peerId.publicKey.raw).digest('hex').slice(0, 16)
}
