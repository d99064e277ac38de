import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MAX_TEXT_BYTES } from '../../src/config/limits.ts'
import { MeshError } from '../../src/lib/errors.ts'
import type { OutboxDraft } from '../../src/mailbox/outbox-store.ts'
import { Sender } from '../../src/mailbox/sender.ts'
import type { DeliveryChange } from '../../src/mailbox/outbox.ts'
import type { DeliveryState } from '../../src/mesh-api.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { testId } from '../support/messages.ts'
import { Seen } from '../support/seen.ts'
import { settled } from '../support/turns.ts'

const ALICE = 'alice'
const ID = testId(1)

function createSender(post: (draft: OutboxDraft) => Promise<boolean> = async () => true) {
  const clock = new FakeClock()
  const posted = new Seen<OutboxDraft>()
  const known: { state: DeliveryState } = { state: 'queued' }
  let ids = 0
  const sender = new Sender({
    config: { messageTtlMs: 60_000, deliveryAckTimeoutMs: 15_000 },
    clock,
    newId: () => testId(++ids),
    stateOf: () => known.state,
    post: async (draft) => {
      posted.add(draft)
      return await post(draft)
    }
  })
  const change = async (state: DeliveryState, more: Partial<DeliveryChange> = {}): Promise<void> => {
    await posted.first()
    await settled()
    sender.handleChange({ messageId: ID, peerId: ALICE, kind: 'chat', state, ...more })
    await settled()
  }
  return { clock, posted, sender, change, known }
}

const unreachable = new MeshError('UNREACHABLE', 'peer alice cannot be reached', { reason: 'refused' })
const letter = { peerId: ALICE, text: 'hello' }

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

  it('is not waited for when the message waits itself', async () => {
    const { sender, posted } = createSender()
    const sending = sender.send({ ...letter, waitForReplyMs: 30_000 })
    await posted.first()
    sender.handleUnreachable(ALICE, unreachable)
    assert.equal((await sending).state, 'queued')
  })
})

describe('Sender: to an instance', () => {
  const deliveries = [{ channel: 'feishu', target: 'chat:1', ok: true }]

  it('succeeds when the message was delivered, not when it was received', async () => {
    const { sender, change } = createSender()
    const sending = sender.sendToInstance(letter)
    await change('received')
    await change('delivered', { deliveries })
    const { state, deliveries: reported } = await sending
    assert.deepEqual([state, reported], ['delivered', deliveries])
  })

  it('is UNREACHABLE and queued when the peer is offline', async () => {
    const { sender, posted } = createSender()
    const sending = assert.rejects(sender.sendToInstance(letter), { code: 'UNREACHABLE', reason: 'refused', messageId: ID, state: 'queued', queued: true })
    await posted.first()
    await settled()
    sender.handleUnreachable(ALICE, unreachable)
    await sending
  })

  it('is HELD_FOR_APPROVAL when the owner over there has not approved this node', async () => {
    const { sender, change } = createSender()
    const sending = assert.rejects(sender.sendToInstance(letter), { code: 'HELD_FOR_APPROVAL', messageId: ID, state: 'held', queued: false })
    await change('held')
    await sending
  })

  it('is NOT_FORWARDED with what each channel said', async () => {
    const { sender, change } = createSender()
    const failed = [{ channel: 'feishu', target: 'chat:1', ok: false, error: 'no' }]
    const sending = assert.rejects(sender.sendToInstance(letter), { code: 'NOT_FORWARDED', messageId: ID, state: 'received', queued: false, deliveries: failed })
    await change('received', { error: new MeshError('NOT_FORWARDED', 'no', { deliveries: failed }), deliveries: failed })
    await sending
  })

  for (const [state, queued, text] of [['sent', true, /stays queued/], ['received', false, /has the message/]] as const) {
    it(`is ACK_TIMEOUT when the message is only ${state} in time, and says so`, async () => {
      const { sender, posted, clock, known } = createSender()
      const sending = assert.rejects(sender.sendToInstance(letter), { code: 'ACK_TIMEOUT', reason: 'timeout', messageId: ID, state, queued, message: text })
      await posted.first()
      await settled()
      known.state = state
      clock.advance(15_000)
      await sending
    })
  }

  it('is ACK_TIMEOUT when nobody will ever know', async () => {
    const { sender, change } = createSender()
    const sending = assert.rejects(sender.sendToInstance(letter), { code: 'ACK_TIMEOUT', reason: 'uncertain', state: 'uncertain', queued: false })
    await change('uncertain')
    await sending
  })
})
