import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MeshError } from '../../src/lib/errors.ts'
import type { PeerIdentity } from '../../src/trust/peer-record.ts'
import { resolveRecipient, type RecipientIndex } from '../../src/trust/recipients.ts'
import { alice, aliceIdentity, bobIdentity, carolIdentity } from '../support/peers.ts'

/** Names as a test knows them. */
function indexOf(names: Record<string, PeerIdentity[]>, peers: PeerIdentity[] = [aliceIdentity, bobIdentity]): RecipientIndex {
  return { withAgentId: agentId => peers.filter(peer => peer.agentId === agentId), withName: name => names[name] ?? [] }
}

describe('resolveRecipient', () => {
  const index = indexOf({ office: [aliceIdentity], twice: [aliceIdentity, aliceIdentity], shared: [aliceIdentity, bobIdentity] })
  const { peerId, agentId } = aliceIdentity

  for (const text of [peerId, agentId, `some-name@${agentId}`, 'office', 'twice', `/ip4/192.0.2.7/tcp/4001/p2p/${peerId}`]) {
    it(`finds the peer by ${text}`, () => {
      const resolved = resolveRecipient(text, index)
      assert.ok(resolved.peerId.equals(alice))
      assert.equal(resolved.agentId, agentId)
    })
  }

  it('passes on the address, where one was given', () => {
    const address = `/ip4/192.0.2.7/tcp/4001/p2p/${peerId}`
    assert.deepEqual(resolveRecipient(address, index).addresses.map(String), [address])
    assert.deepEqual(resolveRecipient(peerId, index).addresses, [])
  })

  it('takes a peer ID at its word: it may name a peer that nobody has heard of', () => {
    assert.equal(resolveRecipient(carolIdentity.peerId, indexOf({}, [])).agentId, carolIdentity.agentId)
  })

  for (const text of ['home', carolIdentity.agentId, `office@${carolIdentity.agentId}`]) {
    it(`does not know ${text}, and says what to do`, () => {
      assert.throws(() => resolveRecipient(text, index), { code: 'UNKNOWN_RECIPIENT', message: /openclaw p2p peers/ })
    })
  }

  it('never guesses: two peers of one name are an error with both of them', () => {
    assert.throws(() => resolveRecipient('shared', index), (error: unknown) => {
      assert.ok(error instanceof MeshError)
      assert.deepEqual([error.code, error.candidates], ['AMBIGUOUS_RECIPIENT', [aliceIdentity.peerId, bobIdentity.peerId]])
      return true
    })
    const twins = indexOf({}, [aliceIdentity, { ...bobIdentity, agentId }])
    assert.throws(() => resolveRecipient(agentId, twins), { code: 'AMBIGUOUS_RECIPIENT' })
  })

  it('refuses what is no recipient', () => {
    assert.throws(() => resolveRecipient('/ip4/192.0.2.7/tcp/4001', index), { code: 'INVALID_ARGUMENT' })
  })
})
