import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'
import { peerIdFromCID, peerIdFromString } from '@libp2p/peer-id'
import { agentIdOf } from '../../src/lib/agent-id.ts'
import { MeshError } from '../../src/lib/errors.ts'
import { alice, bob } from '../support/peers.ts'

describe('agentIdOf', () => {
  it('is the first 8 bytes of SHA-256 of the raw public key, in lowercase hex', () => {
    const digest = createHash('sha256').update(alice.publicKey.raw).digest()
    assert.equal(agentIdOf(alice), digest.subarray(0, 8).toString('hex'))
    assert.match(agentIdOf(alice), /^[0-9a-f]{16}$/)
  })

  it('is the same for every form of a peer ID, and another one for another peer', () => {
    assert.equal(agentIdOf(peerIdFromString(alice.toString())), agentIdOf(alice))
    assert.equal(agentIdOf(peerIdFromCID(alice.toCID())), agentIdOf(alice))
    assert.notEqual(agentIdOf(bob), agentIdOf(alice))
  })

  it('is refused to a peer ID without a public key', () => {
    const rsa = peerIdFromString('QmaCpDMGvV2BGHeYERUEnRQAwe3N8SzbUtfsmvsqQLuvuJ')
    assert.throws(() => agentIdOf(rsa), (error: unknown) => error instanceof MeshError && error.code === 'INVALID_ARGUMENT' && /Ed25519/.test(error.message))
  })
})
