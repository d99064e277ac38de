/** Naming a recipient: aliases stay with their peer, and what nobody knows is an error, never a guess. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { failure, MeshNode } from '../support/mesh-node.ts'

const NOBODY = '12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp'

describe('a recipient', () => {
  it('can be named by each of its names', async () => {
    await using alice = await MeshNode.start({ name: 'alice' })
    await using bob = await MeshNode.start({ name: 'bob' })
    const { agentId, instanceId } = await bob.mesh.identity()
    assert.deepEqual(await alice.mesh.addPeer({ recipient: bob.address, alias: 'Bobby' }),
      { peerId: bob.peerId, agentId, alias: 'Bobby', agentMayMessage: true, reachable: true, path: 'direct' })
    for (const to of [bob.address, bob.peerId, agentId, instanceId, 'bobby']) {
      assert.equal((await alice.mesh.sendMessage({ to, text: `to ${to}` })).peerId, bob.peerId)
    }
    assert.deepEqual((await bob.mesh.inbox({ audience: 'owner' })).messages.map(message => message.approved), Array(5).fill(false))
  })

  it('is unknown when nobody announced it, and malformed when it is no name at all', async () => {
    await using alice = await MeshNode.start({ name: 'alice' })
    for (const to of [NOBODY, 'nobody-here', 'nobody@0123456789abcdef', '0123456789abcdef']) {
      await failure(alice.mesh.sendMessage({ to, text: 'hello' }), 'UNKNOWN_RECIPIENT')
      await failure(alice.mesh.ping(to), 'UNKNOWN_RECIPIENT')
    }
    for (const to of ['', '\u001b[31m', '12D3KooWnonsense', '/ip4/127.0.0.1/tcp/1', `/p2p/${NOBODY}/p2p-circuit`]) {
      const { message } = await failure(alice.mesh.sendMessage({ to, text: 'hello' }), 'INVALID_ARGUMENT')
      assert.doesNotMatch(message, /\p{Cc}/u)
    }
    await failure(alice.mesh.sendMessage({ to: alice.peerId, text: 'hello me' }), 'INVALID_ARGUMENT')
    assert.equal((await alice.mesh.status()).queued, 0)
    assert.deepEqual(await alice.mesh.listPeers(), [])
  })

  it('keeps its alias until the owner replaces it', async () => {
    await using alice = await MeshNode.start({ name: 'alice' })
    await using bob = await MeshNode.start({ name: 'bob' })
    await using carol = await MeshNode.start({ name: 'carol' })
    await alice.mesh.addPeer({ recipient: bob.address, alias: 'office' })
    const { message } = await failure(alice.mesh.addPeer({ recipient: carol.address, alias: 'OFFICE' }), 'PIN_MISMATCH')
    assert.match(message, new RegExp(bob.peerId))
    assert.equal((await alice.mesh.sendMessage({ to: 'office', text: 'to bob' })).peerId, bob.peerId)
    await alice.mesh.addPeer({ recipient: carol.address, alias: 'office', replace: true })
    assert.equal((await alice.mesh.sendMessage({ to: 'office', text: 'to carol' })).peerId, carol.peerId)
    await alice.stop()
    await alice.start()
    assert.equal((await alice.mesh.sendMessage({ to: 'office', text: 'to carol again' })).peerId, carol.peerId)
  })

  it('that another key answers for gets nothing, and the sender is told why', async () => {
    await using alice = await MeshNode.start({ name: 'alice' })
    await using impostor = await MeshNode.start({ name: 'impostor', channel: { dmPolicy: 'open' } })
    const claimed = impostor.address.replace(impostor.peerId, NOBODY)
    const sent = await alice.mesh.sendMessage({ to: claimed, text: 'for your eyes only' })
    assert.equal(sent.state, 'queued')
    assert.equal(sent.cause, 'wrong-key')
    assert.equal((await alice.mesh.addPeer({ recipient: claimed })).reachable, false)
    assert.equal((await failure(alice.mesh.ping(NOBODY), 'UNREACHABLE')).reason, 'wrong-key')
    assert.deepEqual(impostor.received, [])
    assert.equal((await impostor.mesh.inbox({ audience: 'owner' })).messages.length, 0)
  })

  it('is forgotten when it is removed, with what it left', async () => {
    await using alice = await MeshNode.start({ name: 'alice' })
    await using bob = await MeshNode.start({ name: 'bob' })
    await alice.mesh.sendMessage({ to: bob.address, text: 'hello' })
    await bob.mesh.addPeer({ recipient: alice.peerId, alias: 'ally' })
    await bob.mesh.removePeer('ally')
    assert.deepEqual((await bob.mesh.status()).pendingApprovals, [])
    assert.deepEqual((await bob.mesh.inbox({ audience: 'owner' })).messages, [])
    await failure(bob.mesh.sendMessage({ to: 'ally', text: 'hello' }), 'UNKNOWN_RECIPIENT')
  })
})
