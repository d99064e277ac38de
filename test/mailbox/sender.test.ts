import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MAX_TEXT_BYTES } from '../../src/config/limits.ts'
import { MeshError } from '../../src/lib/errors.ts'
import { testId } from '../support/messages.ts'
import { ALICE, createSender, ID, letter, unreachable } from '../support/senders.ts'

describe('Sender: a message', () => {
  it('is queued with an ID, a time to live, and as a chat', async () => {
    const { sender, posted, clock } = createSender()
    void sender.send(letter)
    assert.deepEqual(await posted.first(), { id: ID, peerId: ALICE, kind: 'chat', text: 'hello', hops: 0, expiresAt: clock.now() + 60_000 })
  })

  it('that answers another one is queued as a reply', async () => {
    const { sender, posted } = createSender()
    void sender.send({ ...letter, inReplyTo: testId(9), hops: 2 })
    const { kind, inReplyTo, hops } = await posted.first()
    assert.deepEqual([kind, inReplyTo, hops], ['reply', testId(9), 2])
  })

  it('may have an ID of the caller\'s choice', async () => {
    const { sender, posted } = createSender()
    void sender.send({ ...letter, messageId: testId(7) })
    assert.equal((await posted.first()).id, testId(7))
  })

  it('that was sent before under its ID is not sent again, and its state is told', async () => {
    const { sender, known } = createSender(async () => false)
    for (const [state, told] of [['queued', 'queued'], ['sent', 'queued'], ['received', 'received'], ['replied', 'replied']] as const) {
      known.state = state
      assert.deepEqual(await sender.send({ ...letter, messageId: ID }), { messageId: ID, peerId: ALICE, state: told })
    }
    known.state = 'failed'
    await assert.rejects(sender.send({ ...letter, messageId: ID }), { messageId: ID, state: 'failed', queued: false })
  })

  it('without text is refused', async () => {
    const { sender, posted } = createSender()
    for (const text of ['', '  \n\t']) await assert.rejects(sender.send({ ...letter, text }), { code: 'INVALID_ARGUMENT' })
    assert.deepEqual(posted.all, [])
  })

  it('that is too long is refused by bytes, and one that just fits is taken', async () => {
    const { sender, posted } = createSender()
    await assert.rejects(sender.send({ ...letter, text: 'ü'.repeat(MAX_TEXT_BYTES / 2 + 1) }), { code: 'TOO_LARGE', message: /65538 bytes, at most 65536/ })
    await assert.rejects(sender.sendToInstance({ ...letter, text: 'x'.repeat(MAX_TEXT_BYTES + 1) }), { code: 'TOO_LARGE' })
    void sender.send({ ...letter, text: 'ü'.repeat(MAX_TEXT_BYTES / 2) })
    assert.equal((await posted.count(1)).length, 1)
  })

  it('that cannot be queued is refused, and nobody waits for it any more', async () => {
    const { sender, clock } = createSender(async () => { throw new MeshError('QUEUE_FULL', 'full') })
    await assert.rejects(sender.send(letter), { code: 'QUEUE_FULL' })
    assert.deepEqual(clock.pending, [])
  })
})

describe('Sender: what it says', () => {
  for (const [state, said] of [['received', 'received'], ['held', 'held'], ['delivered', 'delivered'], ['uncertain', 'received']] as const) {
    it(`is ${said} when the message is ${state}`, async () => {
      const { sender, change, clock } = createSender()
      const sending = sender.send(letter)
      await change('sent')
      await change(state)
      assert.deepEqual([await sending, clock.pending], [{ messageId: ID, peerId: ALICE, state: said }, []])
    })
  }

  it('is that the message waits, and why, when the peer cannot be reached', async () => {
    const { sender, posted } = createSender()
    const sending = sender.send(letter)
    await posted.first()
    sender.handleUnreachable('bob', unreachable)
    sender.handleUnreachable(ALICE, unreachable)
    assert.deepEqual(await sending, { messageId: ID, peerId: ALICE, state: 'queued', cause: 'refused' })
  })

  it('is that the message waits when nothing is known in time', async () => {
    const { sender, change, clock } = createSender()
    const sending = sender.send(letter)
    await change('sent')
    clock.advance(15_000)
    assert.deepEqual(await sending, { messageId: ID, peerId: ALICE, state: 'queued', cause: 'timeout' })
  })

  it('is at once that the message waits when the recipient asked for a pause that is longer than the wait', async () => {
    const { sender, posted, clock } = createSender()
    const sending = sender.send(letter)
    await posted.first()
    sender.handlePaused(ID, 15_001)
    assert.deepEqual([await sending, clock.pending], [{ messageId: ID, peerId: ALICE, state: 'queued', cause: 'rate-limited', retryAfterMs: 15_001 }, []])
  })

  it('is what comes after a shorter pause', async () => {
    const { sender, posted, change } = createSender()
    const sending = sender.send(letter)
    await posted.first()
    sender.handlePaused(ID, 15_000)
    await change('received')
    assert.equal((await sending).state, 'received')
  })

  it('is that the message waits when the node stops meanwhile, without a timer left', async () => {
    const { sender, posted, clock } = createSender()
    const sending = sender.send({ ...letter, waitForReplyMs: 30_000 })
    await posted.first()
    sender.stop()
    assert.deepEqual([await sending, clock.pending], [{ messageId: ID, peerId: ALICE, state: 'queued', cause: 'stopped' }, []])
  })

  it('is an error when the recipient refuses for good: it is not sent again', async () => {
    const { sender, change } = createSender()
    const sending = assert.rejects(sender.send(letter), { code: 'BLOCKED', messageId: ID, state: 'failed', queued: false })
    await change('failed', { error: new MeshError('BLOCKED', 'no') })
    await sending
  })

  it('is an error with the time when the recipient refuses for now: it is sent again by itself', async () => {
    const { sender, change } = createSender()
    const sending = assert.rejects(sender.send(letter), { code: 'RATE_LIMITED', messageId: ID, state: 'queued', queued: true, retryAfterMs: 360_000 })
    await change('queued', { error: new MeshError('RATE_LIMITED', 'later', { retryAfterMs: 360_000 }) })
    await sending
  })
})

describe('Sender: a reply', () => {
  it('is waited for after the first word, for the time given', async () => {
    const { sender, change } = createSender()
    const sending = sender.send({ ...letter, waitForReplyMs: 30_000 })
    await change('received')
    sender.handleReply(ID, 'hello yourself')
    assert.deepEqual(await sending, { messageId: ID, peerId: ALICE, state: 'replied', reply: 'hello yourself' })
  })

  it('is taken also when it came before the acknowledgement', async () => {
    const { sender, change } = createSender()
    const sending = sender.send({ ...letter, waitForReplyMs: 30_000 })
    await change('sent')
    sender.handleReply(ID, 'quick')
    await change('replied')
    assert.deepEqual(await sending, { messageId: ID, peerId: ALICE, state: 'replied', reply: 'quick' })
  })

  it('that does not come leaves what is known', async () => {
    const { sender, change, clock } = createSender()
    const sending = sender.send({ ...letter, waitForReplyMs: 30_000 })
    await change('held')
    clock.advance(30_000)
    assert.deepEqual([await sending, clock.pending], [{ messageId: ID, peerId: ALICE, state: 'held' }, []])
  })

  it('is not waited for any more when the node stops', async () => {
    const { sender, change, clock } = createSender()
    const sending = sender.send({ ...letter, waitForReplyMs: 30_000 })
    await change('received')
    sender.stop()
    assert.deepEqual([(await sending).state, clock.pending], ['received', []])
  })

  it('is not waited for when the message waits itself', async () => {
    const { sender, posted } = createSender()
    const sending = sender.send({ ...letter, waitForReplyMs: 30_000 })
    await posted.first()
    sender.handleUnreachable(ALICE, unreachable)
    assert.equal((await sending).state, 'queued')
  })
})
