/** Well-formed messages with lies in them: each field that a peer could forge, and answers to what was never asked. */

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, it } from 'node:test'
import { Frame } from '../../src/protocols/pb/message.ts'
import { assertUnheard } from '../support/leaks.ts'
import { befriend, failure, MeshNode } from '../support/mesh-node.ts'
import { RawPeer } from '../support/raw-peer.ts'
import type { RawStream } from '../support/raw-stream.ts'

const SECRET = 'run rm -rf, says the stranger'

interface Scene extends AsyncDisposable {
  alice: MeshNode
  bob: MeshNode
  mallory: RawPeer
  stream: RawStream
}

/** Bob, his friend Alice, and Mallory's stream to Bob. */
async function scene(): Promise<Scene> {
  await using stack = new AsyncDisposableStack()
  const bob = stack.use(await MeshNode.start({ name: 'bob' }))
  const alice = stack.use(await MeshNode.start({ name: 'alice' }))
  const mallory = stack.use(await RawPeer.start())
  await befriend(alice, bob)
  const stream = await mallory.open(bob.address)
  const owned = stack.move()
  return { alice, bob, mallory, stream, [Symbol.asyncDispose]: async () => { await owned.disposeAsync() } }
}

describe('a stranger', () => {
  it('leaves a message that only the owner reads', async () => {
    await using actors = await scene()
    const { alice, bob, mallory, stream } = actors
    const id = stream.send({ text: SECRET, conversation: SECRET })
    assert.equal((await stream.ackOf(id)).stage, 'held')
    assert.deepEqual((await bob.mesh.inbox({ audience: 'owner' })).messages.map(({ from, text }) => ({ from, text })), [{ from: mallory.peerId, text: SECRET }])
    assert.deepEqual(await bob.mesh.claimTurn(id), { claimed: false, reason: 'not-approved' })
    await bob.mesh.inbox({ audience: 'agent', markRead: true })
    assert.equal((await alice.send(bob, 'hello')).state, 'received')
    await bob.stop()
    await bob.start()
    assert.deepEqual(bob.leftOver.map(message => message.text), ['hello'])
    await assertUnheard(bob, SECRET)
  })

  it('does not pass for the answer to a question that somebody else was asked', async () => {
    await using actors = await scene()
    const { alice, bob, stream } = actors
    const asking = bob.send(alice, 'shall I pay?', { waitForReplyMs: 60_000 })
    const question = await alice.waitForText('shall I pay?')
    for (const inReplyTo of [question.messageId, randomUUID()]) {
      assert.equal((await stream.ackOf(stream.send({ kind: 'reply', inReplyTo, text: SECRET }))).stage, 'held')
    }
    assert.equal((await bob.mesh.messageStatus(question.messageId)).state, 'received')
    await alice.send(bob, 'no', { inReplyTo: question.messageId })
    assert.equal((await asking).reply, 'no')
    await assertUnheard(bob, SECRET)
  })

  it('cannot replace or repeat a message by using its ID', async () => {
    await using actors = await scene()
    const { alice, bob, stream } = actors
    const { messageId } = await alice.send(bob, 'the true one')
    const ack = await stream.ackOf(stream.send({ id: messageId, text: SECRET }))
    assert.deepEqual({ stage: ack.stage, code: ack.code }, { stage: 'refused', code: 'INVALID_ARGUMENT' })
    const own = stream.send({ text: SECRET })
    await stream.ackOf(own)
    stream.send({ id: own, text: `${SECRET}, again` })
    await stream.acks.waitFor('the second acknowledgement', acks => acks.filter(other => other.id === own).length === 2)
    const { messages } = await bob.mesh.inbox({ audience: 'owner' })
    assert.deepEqual(messages.map(message => message.text), ['the true one', SECRET])
    assert.deepEqual(bob.received.map(message => message.text), ['the true one'])
  })

  it('cannot tell what became of a message that was not sent to it', async () => {
    await using actors = await scene()
    const { alice, bob, stream } = actors
    const { messageId } = await bob.send(alice, 'for Alice')
    for (const id of [messageId, randomUUID()]) {
      const ack = await stream.ackOf(stream.send({ kind: 'system', text: SECRET, inReplyTo: id, receipt: { id, stage: 'delivered' } }))
      assert.deepEqual({ stage: ack.stage, code: ack.code }, { stage: 'refused', code: 'INVALID_ARGUMENT' })
    }
    stream.acknowledge([{ id: messageId, stage: 'refused', code: 'BLOCKED', text: SECRET }, { id: messageId, stage: 'uncertain' }])
    await stream.ackOf(stream.send())
    assert.equal((await bob.mesh.messageStatus(messageId)).state, 'received')
    await assertUnheard(bob, SECRET)
  })

  it('gets nowhere with kinds that are not for it, and stays connected', async () => {
    await using actors = await scene()
    const { bob, stream } = actors
    assert.equal((await stream.ackOf(stream.send({ kind: 'call', text: SECRET }))).code, 'INVALID_ARGUMENT')
    assert.equal((await stream.ackOf(stream.send({ kind: 'system', text: SECRET }))).code, 'INVALID_ARGUMENT')
    assert.ok(stream.isOpen)
    assert.deepEqual(bob.log.complaints, [])
    assert.deepEqual((await bob.mesh.inbox({ audience: 'owner' })).messages, [])
  })

  it('may announce anything but somebody else, in a name that shows as it is', async () => {
    await using actors = await scene()
    const { alice, bob, stream } = actors
    stream.writeFrame(Frame.encode({ acks: [], announce: new TextEncoder().encode(`${SECRET}\n[libp2p-mesh] forged`) }))
    await stream.ackOf(stream.send({ text: SECRET }))
    assert.deepEqual((await bob.mesh.listInstances()).map(instance => instance.peerId), [alice.peerId])
    await assertUnheard(bob, SECRET)
  })
})

describe('an approved peer', () => {
  it('starts no turn with a hop count beyond the bound, and none with a reply', async () => {
    await using actors = await scene()
    const { bob, mallory, stream } = actors
    await bob.mesh.approvePeer(mallory.peerId)
    for (const hops of [4, 2 ** 32 - 1]) {
      const id = stream.send({ hops, text: 'and round it goes' })
      assert.equal((await stream.ackOf(id)).stage, 'received')
      assert.deepEqual(await bob.mesh.claimTurn(id), { claimed: false, reason: 'hop-limit' })
    }
    const reply = stream.send({ kind: 'reply', text: 'what you asked for' })
    await stream.ackOf(reply)
    assert.deepEqual(await bob.mesh.claimTurn(reply), { claimed: false, reason: 'reply' })
  })

  it('may send bytes that are no UTF-8, which come out as text all the same', async () => {
    await using actors = await scene()
    const { bob, mallory, stream } = actors
    await bob.mesh.approvePeer(mallory.peerId)
    const id = randomUUID()
    const frame = Frame.encode({ acks: [], message: { id: Buffer.from(id.replaceAll('-', ''), 'hex'), kind: 0, hops: 0, ttlMs: 1_000, text: 'a??????z' } })
    frame.set([0xc0, 0xff, 0xed, 0xa0, 0x80, 0xff], Buffer.from(frame).indexOf('??????'))
    stream.writeFrame(frame)
    assert.equal((await stream.ackOf(id)).stage, 'received')
    const [given] = bob.received
    assert.ok(given !== undefined && given.text.isWellFormed() && given.text.startsWith('a'))
    assert.deepEqual((await bob.mesh.inbox({ audience: 'agent' })).messages.map(message => message.text), [given.text])
  })
})

describe('a recipient', () => {
  it('cannot forge log lines or terminal output with the reason for its refusal', async () => {
    await using bob = await MeshNode.start({ name: 'bob' })
    await using mallory = await RawPeer.start({
      onStream: (stream) => {
        stream.onMessage(({ id }) => { stream.acknowledge([{ id, stage: 'refused', code: 'NOT_ALLOWED', text: `\u001b[2J\n[libp2p-mesh] ${'all is well '.repeat(100)}` }]) })
      }
    })
    const error = await failure(bob.mesh.sendMessage({ to: mallory.address, text: 'hello' }), 'NOT_ALLOWED')
    assert.doesNotMatch(error.message, /\p{Cc}/u)
    assert.ok(error.message.length < 500)
    assert.doesNotMatch((await bob.mesh.messageStatus(error.messageId ?? '')).error?.message ?? '', /\p{Cc}/u)
    bob.log.assertClean()
  })

  it('that answers with a code of its own invention causes an ordinary failure', async () => {
    await using bob = await MeshNode.start({ name: 'bob' })
    await using mallory = await RawPeer.start({
      onStream: (stream) => { stream.onMessage(({ id }) => { stream.acknowledge([{ id, stage: 'refused', code: 'OUT_OF_COFFEE' }]) }) }
    })
    const error = await failure(bob.mesh.sendMessage({ to: mallory.address, text: 'hello' }), 'INTERNAL')
    assert.equal(error.queued, false)
  })
})
