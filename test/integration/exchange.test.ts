/** Two nodes that can reach each other: from the first message of a stranger to replies between friends. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { befriend, failure, MeshNode } from '../support/mesh-node.ts'

describe('a message of a stranger', () => {
  it('is held until the owner approves its code, then given out once, and the sender is told', async () => {
    await using alice = await MeshNode.start({ name: 'alice' })
    await using bob = await MeshNode.start({ name: 'bob' })
    const sent = await alice.mesh.sendMessage({ to: bob.address, text: 'may I come in?' })
    assert.equal(sent.state, 'held')
    assert.equal((await alice.mesh.messageStatus(sent.messageId)).state, 'held')

    const held = await bob.events.waitFor('the held message', events => events.find(event => event.type === 'held'))
    assert.deepEqual((await bob.mesh.status()).pendingApprovals, [{ peerId: alice.peerId, code: held.code, held: 1 }])
    assert.deepEqual(bob.received, [])

    const approved = await bob.mesh.approvePeer(held.code.toLowerCase())
    assert.equal(approved.peerId, alice.peerId)
    assert.equal(approved.released, 1)
    await alice.waitForState(sent.messageId, 'received')
    assert.equal((await bob.mesh.approvePeer(alice.peerId)).released, 0)
    assert.deepEqual(bob.received.map(({ messageId, text, from }) => ({ messageId, text, from })),
      [{ messageId: sent.messageId, text: 'may I come in?', from: alice.peerId }])
    const { history, state } = await alice.mesh.messageStatus(sent.messageId)
    assert.equal(state, 'received')
    assert.deepEqual(history.map(entry => entry.state), ['queued', 'sent', 'held', 'received'])
  })

  it('shows its text to the owner only, and counts as unread', async () => {
    await using alice = await MeshNode.start({ name: 'alice' })
    await using bob = await MeshNode.start({ name: 'bob' })
    await alice.mesh.sendMessage({ to: bob.address, text: 'the secret of a stranger' })
    const forAgent = await bob.mesh.inbox({ audience: 'agent', markRead: true })
    assert.deepEqual(forAgent.messages.map(({ from, state, text, approved, unread }) => ({ from, state, text, approved, unread })),
      [{ from: alice.peerId, state: 'held', text: undefined, approved: false, unread: true }])
    const forOwner = await bob.mesh.inbox({ audience: 'owner' })
    assert.deepEqual(forOwner.messages.map(message => message.text), ['the secret of a stranger'])
    assert.equal(forOwner.unread, 1)
    assert.deepEqual(await bob.mesh.claimTurn(forOwner.messages[0]?.messageId ?? ''), { claimed: false, reason: 'not-approved' })
    bob.log.assertClean('the secret of a stranger')
  })

  it('is refused where only approved peers may write, and accepted where everyone may', async () => {
    await using alice = await MeshNode.start({ name: 'alice' })
    await using closed = await MeshNode.start({ name: 'closed', channel: { dmPolicy: 'allowlist' } })
    await using off = await MeshNode.start({ name: 'off', channel: { dmPolicy: 'disabled' } })
    await using open = await MeshNode.start({ name: 'open', channel: { dmPolicy: 'open' } })
    await using listed = await MeshNode.start({ name: 'listed', channel: { dmPolicy: 'allowlist', allowFrom: [alice.peerId] } })
    const refused = await failure(alice.mesh.sendMessage({ to: closed.address, text: 'hello' }), 'NOT_APPROVED')
    assert.equal(refused.queued, false)
    assert.equal((await alice.mesh.messageStatus(refused.messageId ?? '')).state, 'failed')
    await failure(alice.mesh.sendMessage({ to: off.address, text: 'hello' }), 'NOT_ALLOWED')
    assert.equal((await alice.mesh.sendMessage({ to: open.address, text: 'hello' })).state, 'received')
    assert.equal((await alice.mesh.sendMessage({ to: listed.address, text: 'hello' })).state, 'received')
  })

  it('may be the answer to a question of ours: that needs no approval, for a few answers', async () => {
    await using alice = await MeshNode.start({ name: 'alice' })
    await using bob = await MeshNode.start({ name: 'bob' })
    await bob.mesh.approvePeer(alice.peerId)
    const question = await alice.mesh.sendMessage({ to: bob.address, text: 'who are you?' })
    const answers: string[] = []
    for (let index = 0; index < 5; index++) answers.push((await bob.send(alice, `answer ${index}`, { inReplyTo: question.messageId })).state)
    assert.deepEqual(answers, ['received', 'received', 'received', 'received', 'held'])
    assert.equal((await bob.send(alice, 'and something else')).state, 'held')
    assert.deepEqual(alice.received.map(({ text, kind }) => ({ text, kind })), [0, 1, 2, 3].map(index => ({ text: `answer ${index}`, kind: 'reply' })))
  })
})

describe('friends', () => {
  it('exchange messages each way, whatever the text', async () => {
    await using alice = await MeshNode.start({ name: 'alice' })
    await using bob = await MeshNode.start({ name: 'bob' })
    await befriend(alice, bob)
    const texts = ['hello', 'zwei\nZeilen', '\u0000 \u001b[31m \u202e', '🦞'.repeat(16_384), 'ÿ'.repeat(32_768)]
    for (const text of texts) {
      assert.equal((await alice.send(bob, text)).state, 'received')
      assert.equal((await bob.send(alice, text)).state, 'received')
    }
    assert.deepEqual(bob.received.map(message => message.text), texts)
    assert.deepEqual(alice.received.map(message => message.text), texts)
    assert.equal((await bob.mesh.inbox({ audience: 'owner', limit: 1 })).messages[0]?.text, texts.at(-1))
    assert.equal((await failure(alice.send(bob, `${'ÿ'.repeat(32_768)}!`), 'TOO_LARGE')).messageId, undefined)
    await failure(alice.send(bob, ' \n '), 'INVALID_ARGUMENT')
    assert.equal((await alice.mesh.networkInfo()).connections.length, 1)
    assert.deepEqual([...alice.log.complaints, ...bob.log.complaints], [])
    alice.log.assertClean()
  })

  it('answer while the asker waits, and the question counts as replied', async () => {
    await using alice = await MeshNode.start({ name: 'alice' })
    await using bob = await MeshNode.start({ name: 'bob' })
    await befriend(alice, bob)
    const asking = alice.send(bob, 'what time is it?', { waitForReplyMs: 30_000 })
    const question = await bob.waitForText('what time is it?')
    await bob.send(alice, 'late', { inReplyTo: question.messageId, hops: question.hops + 1 })
    const answered = await asking
    assert.equal(answered.state, 'replied')
    assert.equal(answered.reply, 'late')
    assert.equal((await alice.mesh.messageStatus(answered.messageId)).state, 'replied')
    const [reply] = alice.received
    assert.deepEqual({ kind: reply?.kind, inReplyTo: reply?.inReplyTo, hops: reply?.hops }, { kind: 'reply', inReplyTo: answered.messageId, hops: 1 })
    assert.deepEqual(await alice.mesh.claimTurn(reply?.messageId ?? ''), { claimed: false, reason: 'reply' })
    assert.equal((await alice.send(bob, 'nobody answers this', { waitForReplyMs: 1 })).state, 'received')
  })

  it('learn that a message was read, and that an agent took it', async () => {
    await using alice = await MeshNode.start({ name: 'alice' })
    await using bob = await MeshNode.start({ name: 'bob' })
    await befriend(alice, bob)
    const forOwner = await alice.send(bob, 'for the owner')
    await bob.mesh.inbox({ audience: 'owner', markRead: true })
    await alice.waitForState(forOwner.messageId, 'delivered')
    const forAgent = await alice.send(bob, 'for the agent')
    assert.equal((await bob.mesh.claimTurn(forAgent.messageId)).claimed, true)
    assert.deepEqual(await bob.mesh.claimTurn(forAgent.messageId), { claimed: false, reason: 'already-taken' })
    await bob.mesh.finishTurn(forAgent.messageId, 'delivered')
    await alice.waitForState(forAgent.messageId, 'delivered')
    assert.equal((await bob.mesh.status()).unread, 0)
    assert.equal((await bob.mesh.inbox({ audience: 'agent', from: alice.peerId })).messages.at(-1)?.state, 'delivered')
  })

  it('see each other in the list, and ping', async () => {
    await using alice = await MeshNode.start({ name: 'alice' })
    await using bob = await MeshNode.start({ name: 'bob' })
    await befriend(alice, bob)
    const ping = await alice.mesh.ping(bob.peerId)
    const { since, ...facts } = ping
    assert.ok(since <= Date.now())
    assert.deepEqual({ ...facts, rttMs: facts.rttMs > 0 }, { peerId: bob.peerId, rttMs: true, path: 'direct', transport: 'tcp', remoteAddr: bob.address })
    const atOnce = await Promise.all(Array.from({ length: 4 }, async () => await alice.mesh.ping(bob.peerId)))
    assert.deepEqual(atOnce.map(({ path }) => path), Array(4).fill('direct'))
    const [listed] = await alice.mesh.listPeers({ online: true })
    assert.ok(listed?.connected)
    assert.deepEqual({ peerId: listed.peerId, approved: listed.approved, path: listed.path, held: listed.held }, { peerId: bob.peerId, approved: true, path: 'direct', held: 0 })
    await bob.stop()
    await alice.waitForPeer('peer-disconnected', bob.peerId)
    assert.deepEqual(await alice.mesh.listPeers({ online: true }), [])
    assert.equal((await failure(alice.mesh.ping(bob.peerId), 'UNREACHABLE')).reason, 'refused')
  })
})

describe('a blocked peer', () => {
  it('is cut off, loses what was held, and is told BLOCKED', async () => {
    await using alice = await MeshNode.start({ name: 'alice' })
    await using bob = await MeshNode.start({ name: 'bob' })
    await alice.mesh.sendMessage({ to: bob.address, text: 'buy my things' })
    await bob.mesh.blockPeer(alice.peerId)
    await alice.waitForPeer('peer-disconnected', bob.peerId)
    assert.deepEqual((await bob.mesh.inbox({ audience: 'owner' })).messages, [])
    await failure(alice.send(bob, 'buy more'), 'BLOCKED')
    await failure(bob.send(alice, 'no'), 'BLOCKED')
    assert.equal((await bob.mesh.approvePeer(alice.peerId)).released, 0)
    assert.equal((await alice.send(bob, 'sorry')).state, 'received')
    assert.deepEqual(bob.received.map(message => message.text), ['sorry'])
  })
})
