import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { multiaddr } from '@multiformats/multiaddr'
import { MeshError } from '../../src/lib/errors.ts'
import { parsePeerId, parseRecipient, peerIdOfMultiaddr } from '../../src/lib/recipient.ts'
import { alice, aliceIdentity, bob } from '../support/peers.ts'

const { peerId, agentId } = aliceIdentity

describe('parseRecipient', () => {
  it('reads a peer ID', () => {
    const recipient = parseRecipient(`  ${peerId}\n`)
    assert.ok(recipient.kind === 'peer-id')
    assert.ok(recipient.peerId.equals(alice))
  })

  it('reads a peer ID in CID form as the same peer', () => {
    const recipient = parseRecipient(alice.toCID().toString())
    assert.ok(recipient.kind === 'peer-id')
    assert.ok(recipient.peerId.equals(alice))
  })

  it('reads a multiaddr that ends in a peer ID', () => {
    const recipient = parseRecipient(`/ip4/192.0.2.7/tcp/4001/p2p/${peerId}`)
    assert.ok(recipient.kind === 'multiaddr')
    assert.equal(recipient.multiaddr.toString(), `/ip4/192.0.2.7/tcp/4001/p2p/${peerId}`)
    assert.ok(recipient.peerId.equals(alice))
  })

  it('means the relayed peer by a relayed address, not the relay', () => {
    const recipient = parseRecipient(`/ip4/192.0.2.7/tcp/4001/p2p/${bob.toString()}/p2p-circuit/p2p/${peerId}`)
    assert.ok(recipient.kind === 'multiaddr')
    assert.ok(recipient.peerId.equals(alice))
  })

  it('reads an instance ID, an agent ID and a name', () => {
    assert.deepEqual(parseRecipient(`office-mac@${agentId}`), { kind: 'instance-id', instanceId: `office-mac@${agentId}`, agentId })
    assert.deepEqual(parseRecipient(agentId), { kind: 'agent-id', agentId })
    assert.deepEqual(parseRecipient(' Ünal-2 '), { kind: 'name', name: 'Ünal-2' })
    assert.deepEqual(parseRecipient('Büro 2.1_b'), { kind: 'name', name: 'Büro 2.1_b' })
  })

  const malformed = [
    '', '   ', '@', `office mac@${agentId}`, `Office@${agentId}`, 'office@abc', '/ip4/192.0.2.7/tcp/4001', '/ip4/999.0.2.7/tcp/1', '/nonsense',
    `/ip4/192.0.2.7/tcp/4001/p2p/${peerId}/p2p-circuit`, peerId.slice(0, -2), `${peerId}x`, '-name', 'a'.repeat(65), 'a'.repeat(10_000), 'a\u0007b', 'a\nb', 'x/y', '"; rm -rf /'
  ]
  for (const text of malformed) {
    it(`refuses ${JSON.stringify(text.slice(0, 60))} by naming it and the forms it takes`, () => {
      assert.throws(() => parseRecipient(text), (error: unknown) => {
        assert.ok(error instanceof MeshError)
        assert.deepEqual([error.code, error.reason], ['INVALID_ARGUMENT', 'malformed'])
        assert.match(error.message, /^"\P{Cc}*" is no recipient: expected a peer ID, a multiaddr/u)
        assert.ok(error.message.length < 400)
        return true
      })
    })
  }
})

describe('parsePeerId', () => {
  it('takes Ed25519 peer IDs only', () => {
    assert.ok(parsePeerId(peerId)?.equals(alice))
    assert.equal(parsePeerId('QmaCpDMGvV2BGHeYERUEnRQAwe3N8SzbUtfsmvsqQLuvuJ'), undefined)
    assert.equal(parsePeerId('16Uiu2HAkuWF9vHSC4hz5sDrmCpjtQTWVfYEuRbDSnFdcXTyYUqLS'), undefined)
    assert.equal(parsePeerId(''), undefined)
    assert.equal(parsePeerId(`12D3KooW${'1'.repeat(44)}`), undefined)
  })
})

describe('peerIdOfMultiaddr', () => {
  it('is that of the last component, where it is one', () => {
    assert.ok(peerIdOfMultiaddr(multiaddr(`/ip4/192.0.2.7/tcp/1/p2p/${peerId}`))?.equals(alice))
    assert.equal(peerIdOfMultiaddr(multiaddr('/ip4/192.0.2.7/tcp/1')), undefined)
    assert.equal(peerIdOfMultiaddr(multiaddr(`/ip4/192.0.2.7/tcp/1/p2p/${peerId}/p2p-circuit`)), undefined)
  })
})
