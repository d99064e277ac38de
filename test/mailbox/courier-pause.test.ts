import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { received, refused, testId } from '../support/messages.ts'
import { TestCourier } from '../support/outboxes.ts'
import { alice } from '../support/peers.ts'
import { settled } from '../support/turns.ts'

const KEY = alice.toString()
const HOUR = 3_600_000

const later = (number: number, retryAfterMs: number) => refused(number, { code: 'RATE_LIMITED', retryAfterMs })
const texts = (...numbers: number[]): string[] => numbers.map(number => `text ${number}`)

describe('Courier: a peer that wants messages later', () => {
  it('gets a second of patience at least, whatever it asks for', async () => {
    using post = new TestCourier()
    post.linked.add(KEY)
    await post.post(1)
    post.take()
    post.courier.handleAcks(alice, [later(1, 0)])
    post.clock.advance(999)
    assert.deepEqual(post.take(), [])
    post.clock.advance(2)
    assert.deepEqual(post.take(), texts(1))
  })

  it('gets them exactly when it said', async () => {
    using post = new TestCourier()
    post.linked.add(KEY)
    await post.post(1)
    post.courier.handleAcks(alice, [later(1, 360_000)])
    post.take()
    await post.advance(359_999)
    post.courier.handlePeerConnected(alice)
    assert.deepEqual(post.take(), [])
    await post.advance(2)
    assert.deepEqual(post.take(), texts(1))
    post.courier.handleAcks(alice, [received(1)])
    assert.deepEqual([(await post.row(1)).state, post.outbox.waiting], ['received', 0])
  })

  it('gets them in order, new ones last, one first and then more', async () => {
    using post = new TestCourier()
    post.linked.add(KEY)
    await post.post(1, 2, 3)
    post.courier.handleAcks(alice, [later(1, 1_000), later(2, 1_000), later(3, 1_000)])
    post.take()
    await post.post(4)
    assert.deepEqual(post.take(), [])
    await post.advance(1_001)
    assert.deepEqual(post.take(), texts(1))
    post.courier.handleAcks(alice, [received(1)])
    assert.deepEqual(post.take(), texts(2, 3))
    post.courier.handleAcks(alice, [received(2), received(3)])
    assert.deepEqual(post.take(), texts(4))
  })

  it('is named for each message that waits behind, with the time that is left', async () => {
    using post = new TestCourier()
    post.linked.add(KEY)
    await post.post(1)
    assert.deepEqual(post.paused, [])
    post.courier.handleAcks(alice, [later(1, 60_000)])
    await post.advance(20_000)
    await post.post(2)
    assert.deepEqual(post.paused, [{ messageId: testId(2), retryAfterMs: 40_000 }])
    await post.advance(40_001)
    post.courier.handleAcks(alice, [received(1)])
    await post.post(3)
    assert.equal(post.paused.length, 1)
  })

  it('is waited for until the last of its times', async () => {
    using post = new TestCourier()
    post.linked.add(KEY)
    await post.post(1, 2)
    post.courier.handleAcks(alice, [later(1, 5_000), later(2, 1_000)])
    post.take()
    await post.advance(4_999)
    assert.deepEqual(post.take(), [])
    await post.advance(2)
    assert.deepEqual(post.take(), texts(1))
  })

  it('is waited for after a restart too, also where other messages were not refused', async () => {
    using post = new TestCourier()
    post.linked.add(KEY)
    await post.post(1, 2)
    post.courier.handleAcks(alice, [later(1, HOUR)])
    await post.restart()
    post.linked.add(KEY)
    post.take()
    await post.advance(HOUR - 1)
    post.courier.handlePeerConnected(alice)
    assert.deepEqual(post.take(), [])
    await post.advance(2)
    post.courier.handleAcks(alice, [received(1)])
    assert.deepEqual(post.take(), texts(1, 2))
  })

  it('that asks for no pause at all is not flooded with the same message', async () => {
    using post = new TestCourier()
    post.linked.add(KEY)
    await post.post(1)
    for (let attempt = 0; attempt < 100; attempt++) post.courier.handleAcks(alice, [later(1, 0)])
    await settled()
    assert.ok(post.take().length <= 2)
  })

  it('does not keep the timer once nothing waits', async () => {
    using post = new TestCourier()
    post.linked.add(KEY)
    await post.post(1)
    post.courier.handleAcks(alice, [later(1, HOUR)])
    await post.outbox.applyStage(KEY, received(1))
    assert.deepEqual(post.clock.pending, [])
  })

  it('does not keep it after stop either', async () => {
    using post = new TestCourier()
    post.linked.add(KEY)
    await post.post(1)
    post.courier.handleAcks(alice, [later(1, HOUR)])
    post.courier.stop()
    post.courier.stop()
    assert.deepEqual(post.clock.pending, [])
  })
})
