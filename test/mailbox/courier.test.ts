import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ACK_DEADLINE_MS, MAX_IN_FLIGHT } from '../../src/config/limits.ts'
import { received, refused, testId } from '../support/messages.ts'
import { DAY_MS, TestCourier } from '../support/outboxes.ts'
import { alice, bob } from '../support/peers.ts'
import { settled } from '../support/turns.ts'

const KEY = alice.toString()
const SHORT = KEY.slice(-4)

const texts = (...numbers: number[]): string[] => numbers.map(number => `text ${number}`)

describe('Courier: a peer with a stream', () => {
  it('gets messages in order, and each answer settles one', async () => {
    using post = new TestCourier()
    post.linked.add(KEY)
    await post.post(1, 2, 3)
    assert.deepEqual([post.take(), post.sentTold], [texts(1, 2, 3), texts(1, 2, 3)])
    post.courier.handleAcks(alice, [received(1), { id: testId(2), stage: 'held' }, refused(3)])
    assert.deepEqual([(await post.row(1)).state, (await post.row(2)).state, (await post.row(3)).state], ['received', 'held', 'failed'])
    assert.deepEqual([post.outbox.waiting, post.reaches], [0, 0])
  })

  it('is told the time to live that is left, and a receipt as it is', async () => {
    using post = new TestCourier()
    const receipt = { id: testId(9), stage: 'delivered' } as const
    const rows = [await post.queue(1), await post.queue(2, { kind: 'system', text: '', receipt, inReplyTo: testId(9), expiresAt: post.clock.now() + 60_000 })]
    post.clock.advance(59_000)
    post.linked.add(KEY)
    for (const row of rows) post.courier.carry(row)
    assert.deepEqual(post.sent, [
      { id: testId(1), kind: 'chat', text: 'text 1', hops: 0, ttlMs: DAY_MS - 59_000 },
      { id: testId(2), kind: 'system', text: '', hops: 0, ttlMs: 1_000, inReplyTo: testId(9), receipt }
    ])
  })

  it('gets no more than it may leave unanswered', async () => {
    using post = new TestCourier()
    post.linked.add(KEY)
    await post.post(...Array.from({ length: MAX_IN_FLIGHT + 5 }, (_, index) => index + 1))
    assert.equal(post.take().length, MAX_IN_FLIGHT)
    post.courier.handleAcks(alice, [received(1), received(2)])
    assert.deepEqual(post.take(), texts(MAX_IN_FLIGHT + 1, MAX_IN_FLIGHT + 2))
  })

  it('is wanted while messages wait for it', async () => {
    using post = new TestCourier()
    post.linked.add(KEY)
    await post.post(1, 2)
    post.courier.handleAcks(alice, [received(1)])
    assert.deepEqual(post.waiting, [`${SHORT} yes`])
    post.courier.handleAcks(alice, [received(2)])
    assert.deepEqual(post.waiting, [`${SHORT} yes`, `${SHORT} no`])
    post.courier.keepHouse(() => true)
    await post.post(3)
    assert.deepEqual([post.waiting.at(-1), post.take()], [`${SHORT} yes`, texts(1, 2, 3)])
  })
})

describe('Courier: a peer without a stream', () => {
  it('is reached first, once for all messages', async () => {
    using post = new TestCourier()
    await post.post(1, 2)
    assert.deepEqual([post.reaches, post.take()], [1, texts(1, 2)])
  })

  it('that cannot be reached keeps its messages until it connects', async () => {
    using post = new TestCourier()
    post.reach = async () => { throw new Error('refused') }
    await post.post(1)
    assert.deepEqual([post.unreachable, post.take(), post.outbox.waiting], [[`${SHORT} refused`], [], 1])
    post.reach = async () => { post.linked.add(KEY) }
    post.courier.handlePeerConnected(bob)
    post.courier.handlePeerConnected(alice)
    await settled()
    assert.deepEqual(post.take(), texts(1))
  })

  it('that connects while we dial it in vain gets its messages at once', async () => {
    using post = new TestCourier()
    const dialling = Promise.withResolvers<undefined>()
    post.reach = async () => { await dialling.promise }
    await post.post(1)
    post.reach = async () => { post.linked.add(KEY) }
    post.courier.handlePeerConnected(alice)
    dialling.reject(new Error('refused: it is behind a NAT'))
    await settled()
    assert.deepEqual([post.take(), post.unreachable], [texts(1), []])
  })

  it('that is connected is tried again by housekeeping', async () => {
    using post = new TestCourier()
    post.reach = async () => { throw new Error('no stream') }
    await post.post(1)
    post.courier.keepHouse(() => false)
    assert.equal(post.reaches, 1)
    post.reach = async () => { post.linked.add(KEY) }
    post.courier.keepHouse(() => true)
    await settled()
    assert.deepEqual(post.take(), texts(1))
  })

  it('gets after a restart what waited before', async () => {
    using post = new TestCourier()
    post.linked.add(KEY)
    await post.post(1, 2, 3)
    post.courier.handleAcks(alice, [received(2)])
    post.take()
    await post.restart()
    assert.deepEqual(post.waiting.at(-1), `${SHORT} yes`)
    post.linked.add(KEY)
    post.courier.handlePeerConnected(alice)
    assert.deepEqual(post.take(), texts(1, 3))
  })
})

describe('Courier: housekeeping', () => {
  it('replaces a stream on which nothing is acknowledged, after the deadline', async () => {
    using post = new TestCourier()
    post.linked.add(KEY)
    await post.post(1)
    await post.advance(ACK_DEADLINE_MS)
    post.courier.keepHouse(() => true)
    assert.deepEqual(post.aborted, [])
    post.take()
    await post.advance(1)
    post.courier.keepHouse(() => true)
    await settled()
    assert.deepEqual([post.aborted.length, post.reaches, post.take()], [1, 1, texts(1)])
  })

  it('leaves a stream alone that answers', async () => {
    using post = new TestCourier()
    post.linked.add(KEY)
    await post.post(1)
    await post.advance(ACK_DEADLINE_MS)
    post.courier.handleAcks(alice, [received(1)])
    await post.post(2)
    await post.advance(ACK_DEADLINE_MS)
    post.courier.keepHouse(() => true)
    assert.deepEqual(post.aborted, [])
  })
})
