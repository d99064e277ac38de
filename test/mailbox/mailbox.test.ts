import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { testConnection } from '../support/links.ts'
import { testId, testMessage } from '../support/messages.ts'
import { MemoryWire } from '../support/memory-mailbox.ts'
import { alice, bob, carol } from '../support/peers.ts'
import { settled } from '../support/turns.ts'

const toBob = { peerId: bob.toString(), text: 'hello bob' }

describe('Mailbox: a message', () => {
  it('is received when the other side has it on disk, and both sides know', async () => {
    using wire = new MemoryWire()
    const { messageId, state } = await wire.alice.mailbox.outgoing.send(toBob)
    assert.deepEqual([state, wire.bob.texts, wire.alice.told(messageId)], ['received', ['hello bob'], ['queued', 'sent', 'received']])
    const status = await wire.alice.mailbox.outgoing.status(messageId)
    assert.deepEqual([status.state, status.peerId, status.history.map(step => step.state)], ['received', bob.toString(), ['queued', 'sent', 'received']])
    assert.equal(wire.alice.mailbox.outgoing.waiting, 0)
  })

  it('is delivered when an agent took it', async () => {
    using wire = new MemoryWire()
    const { messageId } = await wire.alice.mailbox.outgoing.send(toBob)
    const claim = await wire.bob.mailbox.incoming.claimTurn(messageId)
    assert.ok(claim.claimed)
    await wire.bob.mailbox.incoming.finishTurn(messageId, 'delivered')
    await settled()
    assert.equal((await wire.alice.mailbox.outgoing.status(messageId)).state, 'delivered')
    assert.deepEqual([wire.alice.texts, wire.alice.mailbox.incoming.unread, wire.bob.mailbox.outgoing.waiting], [[], 0, 0])
  })

  it('is delivered when its reader was shown it, and told once', async () => {
    using wire = new MemoryWire()
    const { messageId } = await wire.alice.mailbox.outgoing.send(toBob)
    const rows = wire.bob.mailbox.incoming.list({ limit: 10 })
    await wire.bob.mailbox.incoming.markShown(rows)
    await wire.bob.mailbox.incoming.markShown(wire.bob.mailbox.incoming.list({ limit: 10 }))
    await settled()
    assert.deepEqual(wire.alice.told(messageId), ['queued', 'sent', 'received', 'delivered'])
    assert.equal(wire.bob.mailbox.incoming.unread, 0)
  })

  it('is held by an owner who has not decided, and received once he has', async () => {
    using wire = new MemoryWire()
    wire.bob.status = 'unknown'
    const { messageId, state } = await wire.alice.mailbox.outgoing.send(toBob)
    assert.deepEqual([state, wire.bob.texts, [...wire.bob.mailbox.incoming.heldByPeer().values()]], ['held', [], [1]])
    wire.bob.status = 'approved'
    assert.deepEqual([await wire.bob.mailbox.incoming.release(alice.toString()), await wire.bob.mailbox.incoming.release(alice.toString())], [1, 0])
    await settled()
    assert.deepEqual([wire.bob.texts, wire.alice.told(messageId).at(-1)], [['hello bob'], 'received'])
  })

  it('is answered', async () => {
    using wire = new MemoryWire()
    const sending = wire.alice.mailbox.outgoing.send({ ...toBob, waitForReplyMs: 60_000 })
    await settled(20)
    const [question] = wire.bob.received
    await wire.bob.mailbox.outgoing.send({ peerId: alice.toString(), text: 'hello alice', inReplyTo: question?.id, hops: 1 })
    const { messageId, state, reply } = await sending
    assert.deepEqual([state, reply, wire.alice.received[0]?.kind], ['replied', 'hello alice', 'reply'])
    assert.equal((await wire.alice.mailbox.outgoing.status(messageId)).state, 'replied')
  })

  it('is answered by a peer that its sender has not approved', async () => {
    using wire = new MemoryWire()
    wire.alice.status = 'unknown'
    const { messageId } = await wire.alice.mailbox.outgoing.send(toBob)
    assert.equal((await wire.bob.mailbox.outgoing.send({ peerId: alice.toString(), text: 'yes?', inReplyTo: messageId })).state, 'received')
    assert.equal((await wire.bob.mailbox.outgoing.send({ peerId: alice.toString(), text: 'by the way' })).state, 'held')
  })
})

describe('Mailbox: a peer that is offline', () => {
  it('gets its messages in order when it is back, also after a crash here', async () => {
    using wire = new MemoryWire()
    wire.cut()
    const first = await wire.alice.mailbox.outgoing.send(toBob)
    assert.deepEqual([first.state, first.cause], ['queued', 'refused'])
    await wire.alice.mailbox.outgoing.send({ ...toBob, text: 'second' })
    await wire.alice.crash()
    assert.equal(wire.alice.mailbox.outgoing.waiting, 2)
    await wire.join()
    await settled()
    assert.deepEqual([wire.bob.texts, (await wire.alice.mailbox.outgoing.status(first.messageId)).state], [['hello bob', 'second'], 'received'])
  })

  it('gets a message once whose acknowledgement was lost', async () => {
    using wire = new MemoryWire()
    wire.losesAcks = true
    const sending = wire.alice.mailbox.outgoing.send(toBob)
    await settled(20)
    assert.deepEqual(wire.bob.texts, ['hello bob'])
    wire.losesAcks = false
    wire.cut()
    await wire.join()
    await wire.join()
    assert.equal((await sending).messageId, wire.bob.received[0]?.id)
    await settled()
    assert.deepEqual([wire.bob.texts, wire.alice.mailbox.outgoing.waiting], [['hello bob'], 0])
  })

  it('gets a message once that it had not stored when it crashed', async () => {
    using wire = new MemoryWire()
    wire.alice.swallows = () => true
    const sending = wire.alice.mailbox.outgoing.send(toBob)
    await settled()
    wire.alice.swallows = () => false
    wire.cut()
    await wire.bob.crash()
    await wire.join()
    assert.deepEqual([(await sending).state, wire.bob.texts], ['queued', ['hello bob']])
  })
})

describe('Mailbox: a crash in the middle of a turn', () => {
  it('leaves the message uncertain, which its sender is told and the log says', async () => {
    using wire = new MemoryWire()
    const { messageId } = await wire.alice.mailbox.outgoing.send(toBob)
    await wire.bob.mailbox.incoming.claimTurn(messageId)
    await wire.bob.crash()
    await settled()
    assert.equal((await wire.alice.mailbox.outgoing.status(messageId)).state, 'uncertain')
    assert.match(wire.bob.logged.join('\n'), new RegExp(`interrupted the agent turn of message ${messageId}.*not repeated`))
    assert.deepEqual(await wire.bob.mailbox.incoming.claimTurn(messageId), { claimed: false, reason: 'already-taken' })
  })
})

describe('Mailbox: receipts', () => {
  const receiptOf = (number: number) => testMessage(900, { kind: 'system', text: '', inReplyTo: testId(number), receipt: { id: testId(number), stage: 'delivered' } })

  it('of messages that we never sent are refused', async () => {
    using wire = new MemoryWire()
    const { stage, code } = await wire.alice.mailbox.handleMessage(bob, receiptOf(1), testConnection(bob))
    assert.deepEqual([stage, code], ['refused', 'INVALID_ARGUMENT'])
  })

  it('of somebody else than the recipient are refused', async () => {
    using wire = new MemoryWire()
    const { messageId } = await wire.alice.mailbox.outgoing.send(toBob)
    const forged = testMessage(900, { kind: 'system', receipt: { id: messageId, stage: 'delivered' } })
    assert.equal((await wire.alice.mailbox.handleMessage(carol, forged, testConnection(carol))).stage, 'refused')
    assert.equal((await wire.alice.mailbox.outgoing.status(messageId)).state, 'received')
  })

  it('without content are refused', async () => {
    using wire = new MemoryWire()
    assert.equal((await wire.alice.mailbox.handleMessage(bob, testMessage(1, { kind: 'system' }), testConnection(bob))).stage, 'refused')
  })

  it('wait for a sender that is offline', async () => {
    using wire = new MemoryWire()
    const { messageId } = await wire.alice.mailbox.outgoing.send(toBob)
    wire.cut()
    await wire.bob.mailbox.incoming.claimTurn(messageId)
    await wire.bob.mailbox.incoming.finishTurn(messageId, 'delivered')
    await wire.bob.crash()
    await wire.join()
    await settled()
    assert.equal((await wire.alice.mailbox.outgoing.status(messageId)).state, 'delivered')
  })

  it('are not told to whoever watches the deliveries', async () => {
    using wire = new MemoryWire()
    const { messageId } = await wire.alice.mailbox.outgoing.send(toBob)
    await wire.bob.mailbox.incoming.claimTurn(messageId)
    await wire.bob.mailbox.incoming.finishTurn(messageId, 'delivered')
    await settled()
    assert.deepEqual(wire.bob.deliveries, [])
  })
})

describe('Mailbox: the status of a message', () => {
  it('is not found for what we never sent', async () => {
    using wire = new MemoryWire()
    await assert.rejects(wire.alice.mailbox.outgoing.status(testId(1)), { code: 'NOT_FOUND' })
  })

  it('is sent while it is written and unanswered, and says why it waits', async () => {
    using wire = new MemoryWire()
    wire.alice.swallows = () => true
    const sending = wire.alice.mailbox.outgoing.send(toBob)
    await settled()
    const messageId = wire.alice.deliveries[0]?.messageId ?? assert.fail('nothing was told')
    const { state, history } = await wire.alice.mailbox.outgoing.status(messageId)
    assert.deepEqual([state, history.map(step => step.state)], ['sent', ['queued', 'sent']])
    wire.alice.mailbox.handleAcks(bob, [{ id: messageId, stage: 'refused', code: 'RATE_LIMITED', text: 'later', retryAfterMs: 60_000 }])
    await assert.rejects(sending, { code: 'RATE_LIMITED', retryAfterMs: 60_000 })
    wire.clock.advance(20_000)
    const refused = await wire.alice.mailbox.outgoing.status(messageId)
    assert.deepEqual([refused.state, refused.error?.code, refused.error?.retryAfterMs], ['queued', 'RATE_LIMITED', 40_000])
  })
})
