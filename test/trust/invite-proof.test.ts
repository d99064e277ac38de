import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { inviteKeys, inviteProof, isSameProof, type InviteTranscript } from '../../src/trust/invite-proof.ts'
import { alice, bob, carol } from '../support/peers.ts'

const { id, key } = inviteKeys(new Uint8Array(16).fill(7))
const TRANSCRIPT: InviteTranscript = { inviter: alice, joiner: bob, inviterNonce: new Uint8Array(32).fill(1), joinerNonce: new Uint8Array(32).fill(2) }
const JOINER = { role: 'joiner', name: 'bob' } as const
const proof = inviteProof(key, TRANSCRIPT, JOINER)

describe('the proof of a ticket', () => {
  it('is the same on both sides', () => {
    assert.ok(isSameProof(proof, inviteProof(inviteKeys(new Uint8Array(16).fill(7)).key, { ...TRANSCRIPT }, { ...JOINER })))
  })

  const others: Array<[what: string, proof: Uint8Array]> = [
    ['another secret', inviteProof(inviteKeys(new Uint8Array(16).fill(8)).key, TRANSCRIPT, JOINER)],
    ['another inviter', inviteProof(key, { ...TRANSCRIPT, inviter: carol }, JOINER)],
    ['another joiner', inviteProof(key, { ...TRANSCRIPT, joiner: carol }, JOINER)],
    ['changed places', inviteProof(key, { ...TRANSCRIPT, inviter: bob, joiner: alice }, JOINER)],
    ['another nonce of the inviter', inviteProof(key, { ...TRANSCRIPT, inviterNonce: new Uint8Array(32) }, JOINER)],
    ['another nonce of the joiner', inviteProof(key, { ...TRANSCRIPT, joinerNonce: new Uint8Array(32) }, JOINER)],
    ['the other part', inviteProof(key, TRANSCRIPT, { role: 'inviter', name: 'bob' })],
    ['another name', inviteProof(key, TRANSCRIPT, { role: 'joiner', name: 'bobby' })],
    ['half of it', proof.subarray(0, 16)],
    ['nothing', new Uint8Array(0)]
  ]
  for (const [what, other] of others) it(`does not hold for ${what}`, () => { assert.ok(!isSameProof(proof, other)) })

  it('follows from the secret, as the name of the invitation does, and neither shows it', () => {
    assert.match(id, /^[0-9a-f]{32}$/)
    assert.notEqual(id, Buffer.alloc(16, 7).toString('hex'))
    assert.notDeepEqual(Buffer.from(key).subarray(0, 16), Buffer.alloc(16, 7))
    assert.ok(!Buffer.from(key).toString('hex').includes(id))
  })
})
