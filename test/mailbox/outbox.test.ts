import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MAX_QUEUED_PER_PEER, MAX_QUEUED_TOTAL } from '../../src/config/limits.ts'
import { MeshError } from '../../src/lib/errors.ts'
import { received, refused, testId } from '../support/messages.ts'
import { TestOutbox } from '../support/outboxes.ts'
import { aliceIdentity, bobIdentity } from '../support/peers.ts'

const ALICE = aliceIdentity.peerId
const BOB = bobIdentity.peerId

/** The answer to a message that was written just now. */
const flight = (box: TestOutbox, ack = received(1)) => ({ peerId: ALICE, kind: 'chat' as const, sentAt: box.clock.now(), ack })

/** Stores many waiting messages without going through the outbox. */
function fill(box: TestOutbox, peerIds: string[]): void {
  box.db.database.exec('BEGIN')
  for (const [index, peerId] of peerIds.entries()) box.store.insert(box.draft(1_000 + index, { peerId }), box.clock.now())
  box.db.database.exec('COMMIT')
  box.reopen()
}

describe('Outbox: queueing', () => {
  it('has the message on disk when it says queued', async () => {
    using box = new TestOutbox()
    const other = box.db.other()
    const row = await box.queue(1)
    assert.deepEqual({ ...other.prepare('SELECT id, state FROM outbox').get() }, { id: testId(1), state: 'queued' })
    assert.deepEqual([row.state, row.times, box.told(1)], ['queued', { queued: box.clock.now() }, ['queued']])
    assert.deepEqual(await box.row(1), row)
  })

  it('keeps the order, and what a message says', async () => {
    using box = new TestOutbox()
    const receipt = { id: testId(9), stage: 'delivered' } as const
    await Promise.all([box.queue(1), box.queue(2, { kind: 'system', receipt, inReplyTo: testId(9) }), box.queue(3, { hops: 3 })])
    const due = box.outbox.due(ALICE, 0, 10)
    assert.deepEqual(due.map(row => row.id), [testId(1), testId(2), testId(3)])
    assert.deepEqual([due[1]?.receipt, due[1]?.inReplyTo, due[1]?.kind, due[2]?.hops], [receipt, testId(9), 'system', 3])
    assert.deepEqual(box.outbox.due(ALICE, due[0]?.seq ?? 0, 1).map(row => row.id), [testId(2)])
  })

  it('counts what waits, for each peer and across a restart', async () => {
    using box = new TestOutbox()
    await Promise.all([box.queue(1), box.queue(2), box.queue(3, { peerId: BOB })])
    for (const restart of [false, true]) {
      if (restart) box.reopen()
      assert.deepEqual([box.outbox.waiting, box.outbox.waitingFor(ALICE), box.outbox.waitingFor(BOB)], [3, 2, 1])
      assert.deepEqual(box.outbox.waitingPeers().sort(), [ALICE, BOB].sort())
    }
  })

  it('refuses a message more to a peer for whom too many wait, and takes one to another', async () => {
    using box = new TestOutbox()
    fill(box, Array.from({ length: MAX_QUEUED_PER_PEER - 1 }, () => ALICE))
    await box.queue(1)
    await assert.rejects(box.queue(2), { code: 'QUEUE_FULL', message: new RegExp(`2000 messages already wait for ${ALICE}`) })
    await box.queue(3, { peerId: BOB })
  })

  it('counts those that are being stored', async () => {
    using box = new TestOutbox()
    fill(box, Array.from({ length: MAX_QUEUED_PER_PEER - 1 }, () => ALICE))
    const results = await Promise.allSettled([box.queue(1), box.queue(2)])
    assert.deepEqual(results.map(result => result.status), ['fulfilled', 'rejected'])
  })

  it('refuses a message more when too many wait in total', async () => {
    using box = new TestOutbox()
    fill(box, Array.from({ length: MAX_QUEUED_TOTAL }, (_, index) => `peer ${index % 20}`))
    await assert.rejects(box.queue(1), { code: 'QUEUE_FULL', message: /20000 in total/ })
  })

  it('does not count a message that could not be stored', async () => {
    using box = new TestOutbox()
    await box.queue(1)
    await assert.rejects(box.queue(2, { hops: 0.5 }), /hops/)
    assert.deepEqual([box.outbox.waiting, box.told(1)], [1, ['queued']])
  })

  it('takes a message that has the ID of another one for a repetition of that one', async () => {
    using box = new TestOutbox()
    const [first, again] = await Promise.all([box.queue(1), box.outbox.queue(box.draft(1, { text: 'again' }))])
    assert.deepEqual([first.text, again, box.outbox.waiting], ['text 1', undefined, 1])
    assert.deepEqual([box.told(1), (await box.row(1)).text], [['queued'], 'text 1'])
  })
})

describe('Outbox: an answer in flight', () => {
  it('settles the message, with when it was sent', async () => {
    using box = new TestOutbox()
    await box.queue(1)
    box.clock.advance(10)
    const answer = flight(box)
    box.clock.advance(5)
    box.outbox.settle(answer, { kind: 'stage', stage: 'received' })
    const { state, times } = await box.row(1)
    const now = box.clock.now()
    assert.deepEqual([state, times], ['received', { queued: now - 15, sent: now - 5, received: now }])
    assert.deepEqual([box.told(1), box.outbox.waiting, box.outbox.due(ALICE, 0, 10)], [['queued', 'received'], 0, []])
  })

  it('that refuses for good fails the message, with the code', async () => {
    using box = new TestOutbox()
    await box.queue(1)
    box.outbox.settle(flight(box, refused(1, { code: 'BLOCKED', text: 'no' })), { kind: 'refused' })
    const { state, error } = await box.row(1)
    assert.deepEqual([state, error], ['failed', { code: 'BLOCKED', text: 'the recipient refused the message: no' }])
    assert.deepEqual([box.told(1), box.outbox.waiting], [['queued', 'failed BLOCKED'], 0])
  })

  it('that refuses for now keeps the message until then', async () => {
    using box = new TestOutbox()
    await box.queue(1)
    const retryAt = box.clock.now() + 60_000
    box.outbox.postpone(flight(box, refused(1, { code: 'RATE_LIMITED', retryAfterMs: 60_000 })), retryAt)
    assert.equal((await box.row(1)).error?.code, 'RATE_LIMITED')
    assert.deepEqual([box.told(1), box.outbox.waiting], [['queued', 'queued RATE_LIMITED'], 1])
    box.clock.advance(59_999)
    assert.deepEqual(box.outbox.due(ALICE, 0, 10), [])
    box.clock.advance(1)
    assert.equal(box.outbox.due(ALICE, 0, 10).length, 1)
  })

  it('that is lost with its stream leaves the message waiting, and notes that it was sent', async () => {
    using box = new TestOutbox()
    await box.queue(1)
    box.outbox.lose(ALICE, { id: testId(1), kind: 'chat', sentAt: box.clock.now() + 7 })
    const { state, times } = await box.row(1)
    assert.deepEqual([state, times.sent, box.outbox.waiting, box.told(1)], ['queued', box.clock.now() + 7, 1, ['queued', 'queued']])
  })

  it('that cannot be noted is reported', async () => {
    using box = new TestOutbox()
    await box.queue(1)
    box.db.database.exec("CREATE TRIGGER broken BEFORE UPDATE ON outbox BEGIN SELECT RAISE(ABORT, 'broken'); END")
    box.outbox.settle(flight(box), { kind: 'stage', stage: 'received' })
    box.outbox.postpone(flight(box), 1)
    box.outbox.lose(ALICE, { id: testId(1), kind: 'chat', sentAt: 1 })
    await box.db.flush()
    assert.equal(box.writeErrors.length, 3)
  })
})

describe('Outbox: a stage that is told later', () => {
  it('moves the message, once', async () => {
    using box = new TestOutbox()
    await box.queue(1)
    assert.equal(await box.outbox.applyStage(ALICE, received(1)), true)
    assert.equal(await box.outbox.applyStage(ALICE, received(1)), true)
    assert.deepEqual([box.told(1), box.outbox.waiting, box.dropped], [['queued', 'received'], 0, [testId(1)]])
    await box.outbox.applyStage(ALICE, { id: testId(1), stage: 'delivered' })
    assert.deepEqual([(await box.row(1)).state, box.outbox.waiting], ['delivered', 0])
  })

  it('is nobody\'s to tell but the recipient\'s', async () => {
    using box = new TestOutbox()
    await box.queue(1)
    assert.equal(await box.outbox.applyStage(BOB, received(1)), false)
    assert.equal(await box.outbox.applyStage(ALICE, received(2)), false)
    assert.deepEqual([(await box.row(1)).state, box.outbox.waiting], ['queued', 1])
  })

  it('that refuses for now changes nothing', async () => {
    using box = new TestOutbox()
    await box.queue(1)
    assert.equal(await box.outbox.applyStage(ALICE, refused(1, { retryAfterMs: 60_000 })), true)
    assert.deepEqual([box.told(1), (await box.row(1)).retryAt], [['queued'], 0])
  })

  it('brings what became of it at each channel', async () => {
    using box = new TestOutbox()
    await box.queue(1)
    const deliveries = [{ channel: 'feishu', target: 'chat:1', ok: false, error: 'no' }]
    await box.outbox.applyStage(ALICE, received(1))
    await box.outbox.applyStage(ALICE, { ...received(1), deliveries })
    const row = await box.row(1)
    assert.deepEqual([row.state, row.error?.code, row.deliveries, box.told(1)], ['received', 'NOT_FORWARDED', deliveries, ['queued', 'received', 'received NOT_FORWARDED']])
    const shown = [{ channel: 'feishu', target: 'chat:1', ok: true }]
    await box.outbox.applyStage(ALICE, { id: testId(1), stage: 'delivered', deliveries: shown })
    const after = await box.row(1)
    assert.deepEqual([after.state, after.error, after.deliveries], ['delivered', null, shown])
  })

  it('is that it was answered', async () => {
    using box = new TestOutbox()
    await box.queue(1)
    const answered = async (): Promise<boolean> => await box.outbox.apply({ peerId: ALICE, messageId: testId(1), event: { kind: 'replied' } })
    assert.deepEqual([await answered(), await answered()], [true, true])
    assert.deepEqual([(await box.row(1)).state, box.told(1), box.outbox.waiting], ['replied', ['queued', 'replied'], 0])
  })

  it('is also that it was delivered when the answer came first', async () => {
    using box = new TestOutbox()
    await box.queue(1)
    await box.outbox.apply({ peerId: ALICE, messageId: testId(1), event: { kind: 'replied' } })
    await box.outbox.applyStage(ALICE, { id: testId(1), stage: 'delivered' })
    assert.deepEqual([(await box.row(1)).state, box.told(1)], ['replied', ['queued', 'replied', 'delivered']])
  })
})

describe('Outbox: errors', () => {
  it('are told with the state that they led to', async () => {
    using box = new TestOutbox()
    await box.queue(1)
    await box.outbox.apply({ peerId: ALICE, messageId: testId(1), event: { kind: 'refused' }, error: new MeshError('NOT_ALLOWED', 'no') })
    assert.deepEqual([box.told(1), (await box.row(1)).error], [['queued', 'failed NOT_ALLOWED'], { code: 'NOT_ALLOWED', text: 'no' }])
  })
})
