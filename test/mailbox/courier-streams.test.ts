import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { RELINK_FIRST_MS, RELINK_MAX_MS } from '../../src/config/limits.ts'
import { received, refused, testId } from '../support/messages.ts'
import { TestCourier } from '../support/outboxes.ts'
import { alice, bob } from '../support/peers.ts'
import { settled } from '../support/turns.ts'

const KEY = alice.toString()

const texts = (...numbers: number[]): string[] => numbers.map(number => `text ${number}`)

/** The stream to alice ends. */
async function lose(post: TestCourier): Promise<void> {
  post.linked.delete(KEY)
  post.courier.handleLinkClosed(alice)
  await settled()
}

describe('Courier: a lost stream', () => {
  it('is replaced at once, and what it carried unanswered goes out again in order', async () => {
    using post = new TestCourier()
    post.linked.add(KEY)
    await post.post(1, 2, 3)
    post.take()
    post.courier.handleAcks(alice, [received(2)])
    await lose(post)
    assert.deepEqual([post.take(), post.reaches], [texts(1, 3), 1])
    assert.deepEqual(post.told(1), ['queued', 'queued'])
  })

  it('does not bring a message back whose answer came with its end', async () => {
    using post = new TestCourier()
    post.linked.add(KEY)
    await post.post(1, 2)
    post.take()
    post.courier.handleAcks(alice, [received(1)])
    post.courier.handleLinkClosed(alice) // another stream is there
    post.courier.handlePeerConnected(alice)
    assert.deepEqual(post.take(), texts(2))
  })

  it('is replaced more and more slowly when the new ones lead to nothing', async () => {
    using post = new TestCourier()
    await post.post(1)
    const pauses: number[] = []
    for (let attempt = 0; attempt < 10; attempt++) {
      const before = post.reaches
      await lose(post)
      if (post.reaches > before) {
        pauses.push(0)
        continue
      }
      const [pause = assert.fail('it gave up')] = post.clock.pending
      pauses.push(pause - 1)
      await post.advance(pause)
    }
    assert.deepEqual(pauses, [0, 1, 2, 4, 8, 16, 32, 60, 60, 60].map(steps => Math.min(steps * RELINK_FIRST_MS, RELINK_MAX_MS)))
  })

  it('is replaced at once again after an answer', async () => {
    using post = new TestCourier()
    await post.post(1, 2)
    await lose(post)
    await lose(post)
    const [pause = assert.fail('it gave up')] = post.clock.pending
    await post.advance(pause)
    post.courier.handleAcks(alice, [received(1)])
    const before = post.reaches
    await lose(post)
    assert.equal(post.reaches, before + 1)
  })

  it('does not shorten the time for which the peer asked', async () => {
    using post = new TestCourier()
    await post.post(1, 2)
    post.courier.handleAcks(alice, [refused(1, { code: 'RATE_LIMITED', retryAfterMs: 3_600_000 })])
    post.take()
    for (let round = 0; round < 3; round++) {
      await lose(post)
      await post.advance(RELINK_MAX_MS)
    }
    assert.deepEqual(post.take(), [])
    await post.advance(3_600_000)
    assert.deepEqual(post.take().slice(0, 1), texts(1))
  })

  it('of a peer that nothing waits for is not replaced', async () => {
    using post = new TestCourier()
    await post.post(1)
    post.courier.handleAcks(alice, [received(1)])
    await lose(post)
    post.courier.handleLinkClosed(bob)
    assert.deepEqual([post.reaches, post.clock.pending], [1, []])
  })
})

describe('Courier: acknowledgements out of turn', () => {
  it('late ones count, after the stream was lost', async () => {
    using post = new TestCourier()
    await post.post(1)
    post.reach = async () => { throw new Error('gone') }
    await lose(post)
    post.courier.handleAcks(alice, [received(1)])
    await settled()
    assert.deepEqual([(await post.row(1)).state, post.outbox.waiting, post.waiting.at(-1)?.endsWith('no')], ['received', 0, true])
  })

  it('of another peer count for nothing', async () => {
    using post = new TestCourier()
    await post.post(1)
    post.courier.handleAcks(bob, [received(1)])
    await settled()
    assert.deepEqual([(await post.row(1)).state, post.outbox.waiting], ['queued', 1])
    assert.equal(post.courier.sentAt(KEY, testId(1)), post.clock.now())
  })

  it('of messages that were never sent cost a bounded number of looks at the disk', async (t) => {
    using post = new TestCourier()
    const looks = t.mock.method(post.outbox, 'applyStage')
    const flood = Array.from({ length: 1_000 }, (_, index) => received(5_000 + index))
    post.courier.handleAcks(alice, flood)
    assert.equal(looks.mock.callCount(), 120)
    post.courier.handleAcks(bob, flood.slice(0, 1))
    await post.advance(60_000)
    post.courier.handleAcks(alice, flood)
    assert.equal(looks.mock.callCount(), 241)
    await post.db.flush()
  })

  it('repeated in one frame count once', async () => {
    using post = new TestCourier()
    await post.post(1, 2)
    post.courier.handleAcks(alice, [received(1), received(1), refused(1)])
    await settled()
    assert.deepEqual([(await post.row(1)).state, post.outbox.waiting], ['received', 1])
  })
})

describe('Courier: a message that ends otherwise', () => {
  it('is not sent any more, and the next one is', async () => {
    using post = new TestCourier()
    post.reach = async () => { throw new Error('offline') }
    await post.post(1, 2)
    await post.outbox.apply({ peerId: KEY, messageId: testId(1), event: { kind: 'expired' } })
    post.linked.add(KEY)
    post.courier.handlePeerConnected(alice)
    assert.deepEqual(post.take(), texts(2))
  })

  it('leaves nothing to be wanted when it was the last', async () => {
    using post = new TestCourier()
    await post.post(1)
    await post.outbox.apply({ peerId: KEY, messageId: testId(1), event: { kind: 'expired' } })
    assert.equal(post.waiting.at(-1)?.endsWith('no'), true)
  })
})
