import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { FINISHED_RETENTION_MS } from '../../src/config/limits.ts'
import { received, refused, testId } from '../support/messages.ts'
import { DAY_MS, TestOutbox } from '../support/outboxes.ts'
import { aliceIdentity } from '../support/peers.ts'

const ALICE = aliceIdentity.peerId

/** The answer to a message that was written just now. */
const flight = (box: TestOutbox, ack = received(1)) => ({ peerId: ALICE, kind: 'chat' as const, sentAt: box.clock.now(), ack })

describe('Outbox: housekeeping', () => {
  it('ends what waited for too long, and nothing else', async () => {
    using box = new TestOutbox()
    await Promise.all([box.queue(1, { expiresAt: box.clock.now() + 1_000 }), box.queue(2), box.queue(3, { expiresAt: box.clock.now() + 1_000 })])
    await box.outbox.applyStage(ALICE, { id: testId(3), stage: 'held' })
    box.clock.advance(999)
    await box.outbox.keepHouse()
    assert.equal((await box.row(1)).state, 'queued')
    box.clock.advance(1)
    assert.deepEqual(box.outbox.due(ALICE, 0, 10).map(row => row.id), [testId(2)])
    await box.outbox.keepHouse()
    assert.deepEqual([(await box.row(1)).error?.code, box.told(1), box.told(3), box.outbox.waiting], ['EXPIRED', ['queued', 'expired EXPIRED'], ['queued', 'held'], 1])
    assert.deepEqual(box.dropped, [testId(3), testId(1)])
  })

  it('forgets what ended long ago, and never what waits', async () => {
    using box = new TestOutbox()
    await Promise.all([box.queue(1), box.queue(2, { expiresAt: box.clock.now() + 100 * DAY_MS })])
    await box.outbox.applyStage(ALICE, received(1))
    box.clock.advance(DAY_MS + FINISHED_RETENTION_MS)
    await box.outbox.keepHouse()
    assert.equal((await box.row(1)).state, 'received')
    box.clock.advance(1)
    await box.outbox.keepHouse()
    assert.deepEqual([box.outbox.get(testId(1)), (await box.row(2)).state], [undefined, 'queued'])
  })

  it('lets a message that arrived after all be what the recipient says', async () => {
    using box = new TestOutbox()
    await box.queue(1, { expiresAt: box.clock.now() + 1 })
    box.clock.advance(1)
    await box.outbox.keepHouse()
    await box.outbox.applyStage(ALICE, received(1))
    const { state, error } = await box.row(1)
    assert.deepEqual([state, error, box.outbox.waiting], ['received', null, 0])
  })

  it('and a stream that ends at the same time let the message be over', async () => {
    using box = new TestOutbox()
    await box.queue(1, { expiresAt: box.clock.now() + 1 })
    box.clock.advance(1)
    const keeping = box.outbox.keepHouse()
    box.outbox.lose(ALICE, { id: testId(1), kind: 'chat', sentAt: box.clock.now() })
    box.outbox.postpone(flight(box, refused(1, { retryAfterMs: 1 })), box.clock.now() + 1)
    await keeping
    assert.deepEqual([(await box.row(1)).state, box.outbox.waiting], ['expired', 0])
    box.reopen()
    assert.equal(box.outbox.waiting, 0)
  })

  it('and an answer that come at the same time count the message once', async () => {
    using box = new TestOutbox()
    await box.queue(1, { expiresAt: box.clock.now() + 1 })
    await box.queue(2)
    const answer = flight(box)
    box.clock.advance(1)
    const keeping = box.outbox.keepHouse()
    box.outbox.settle(answer, { kind: 'stage', stage: 'received' })
    await keeping
    assert.deepEqual([(await box.row(1)).state, box.outbox.waiting, box.outbox.waitingFor(ALICE)], ['received', 1, 1])
  })
})
