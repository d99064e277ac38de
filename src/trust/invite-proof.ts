/** How both sides of an invitation prove that they know its secret, without telling it: to nobody but each other, and once. */
import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'
import type { PeerId } from '@libp2p/interface'
import { rawKeyOf } from '../lib/agent-id.ts'

/** What follows from a secret and leads to it no more. */
export interface InviteKeys {
  /** Names the invitation; 16 bytes in hex. */
  id: string
  /** Makes the proofs. */
  key: Uint8Array
}

/** What a proof holds for: these two peers, in these parts, in this exchange. */
export interface InviteTranscript {
  inviter: PeerId
  joiner: PeerId
  /** 32 random bytes of each side. */
  inviterNonce: Uint8Array
  joinerNonce: Uint8Array
}

/** Who proves; neither proof passes for the other. */
export type InviteRole = 'joiner' | 'inviter'

const ID_BYTES = 16
const KEY_BYTES = 32

export function inviteKeys(secret: Uint8Array): InviteKeys {
  return { id: derive(secret, 'id', ID_BYTES).toString('hex'), key: derive(secret, 'proof', KEY_BYTES) }
}

/** The proof of one side, which covers the name that it gives itself. */
export function inviteProof(key: Uint8Array, transcript: InviteTranscript, { role, name }: { role: InviteRole, name: string }): Uint8Array {
  const { inviter, joiner, inviterNonce, joinerNonce } = transcript
  return createHmac('sha256', key).update(`libp2p-mesh/invite/1.0.0 ${role}\0`)
    .update(rawKeyOf(inviter)).update(rawKeyOf(joiner)).update(inviterNonce).update(joinerNonce).update(name).digest()
}

/** Compares in a time that tells nothing. */
export function isSameProof(proof: Uint8Array, expected: Uint8Array): boolean {
  return proof.byteLength === expected.byteLength && timingSafeEqual(proof, expected)
}

function derive(secret: Uint8Array, use: string, bytes: number): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', `libp2p-mesh/invite/1.0.0 ${use}`, bytes))
}
