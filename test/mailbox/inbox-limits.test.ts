import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import {
  HELD_RETRY_MS, MAX_HELD_PER_ADDRESS, MAX_HELD_PER_PEER, MAX_HELD_TOTAL, MAX_INBOX_MESSAGES, MAX_INBOX_TEXT_BYTES, STRANGERS_PER_ADDRESS
} from '../../src/config/limits.ts'
import { InboxStore, type InboxTotals } from '../../src/mailbox/inbox-store.ts'
import { TestInbox } from '../support/inboxes.ts'
import { testMessage } from '../support/messages.ts'
import { alice, bob, testPeerId } from '../support/peers.ts'

const HOUR = 3_600_000
const NO_RATE_LIMIT = { unapprovedPerHour: 1_000_000, approvedPerMinute: 1_000_000 }
const upTo = (last: number, first = 1): number[] => Array.from({ length: last - first + 1 }, (_, index) => first + index)
const count = (outcomes: string[], wanted: string): number => outcomes.filter(outcome => outcome === wanted).length

describe('Inbox: rate limits', () => {
  it('let a stranger leave some messages an hour, and tell exactly when the next one is taken', async () => {
    using box = new TestInbox()
    assert.equal(count(await box.takeAll(upTo(10)), 'held'), 10)
    const refused = await box.take(testMessage(11))
    assert.deepEqual([refused.stage, refused.code, refused.retryAfterMs], ['refused', 'RATE_LIMITED', HOUR / 10])
    box.clock.advance(HOUR / 10 - 1)
    assert.equal((await box.take(testMessage(11))).retryAfterMs, 1)
    box.clock.advance(1)
    assert.deepEqual(await box.takeAll([11, 12]), ['held', 'RATE_LIMITED'])
  })

  it('let an approved peer leave many more, and tell exactly when the next one is taken', async () => {
    using box = new TestInbox()
    box.approve(alice)
    const acks = await Promise.all(upTo(601).map(number => box.take(testMessage(number))))
    assert.deepEqual([acks.filter(ack => ack.stage === 'received').length, acks[600]?.code, acks[600]?.retryAfterMs], [600, 'RATE_LIMITED', 100])
    box.clock.advance(100)
    assert.deepEqual(await box.takeAll([601]), ['received'])
  })

  it('count each peer for itself', async () => {
    using box = new TestInbox({ rateLimit: { unapprovedPerHour: 1, approvedPerMinute: 1 } })
    assert.deepEqual([await box.takeAll([1, 2]), await box.takeAll([3, 4], { peerId: bob })], [['held', 'RATE_LIMITED'], ['held', 'RATE_LIMITED']])
  })

  it('are those of strangers under the open policy too', async () => {
    using box = new TestInbox({ dmPolicy: 'open' })
    assert.equal(count(await box.takeAll(upTo(20)), 'received'), 10)
  })

  it('of strangers under the open policy are for their address, too: identities cost nothing', async () => {
    using box = new TestInbox({ dmPolicy: 'open' })
    let taken = 0
    for (const number of upTo(10)) {
      const from = { peerId: await testPeerId(700 + number), address: '192.0.2.7' }
      taken += count(await box.takeAll(upTo(number * 10 + 9, number * 10), from), 'received')
    }
    assert.equal(taken, 10 * STRANGERS_PER_ADDRESS)
    const last = await box.take(testMessage(500), { peerId: bob, address: '192.0.2.7' })
    assert.deepEqual([last.code, last.retryAfterMs], ['RATE_LIMITED', HOUR / (10 * STRANGERS_PER_ADDRESS)])
    box.approve(alice)
    assert.equal((await box.take(testMessage(501), { peerId: alice, address: '192.0.2.7' })).stage, 'received')
    assert.equal((await box.take(testMessage(502), { peerId: bob, address: '192.0.2.8' })).stage, 'received')
  })

  it('are those of approved peers from the approval on', async () => {
    using box = new TestInbox({ rateLimit: { unapprovedPerHour: 1, approvedPerMinute: 5 } })
    await box.takeAll([1, 2])
    box.approve(alice)
    assert.deepEqual(await box.takeAll([2, 3]), ['received', 'received'])
  })

  it('of 0 take nothing', async () => {
    using box = new TestInbox({ rateLimit: { unapprovedPerHour: 0, approvedPerMinute: 0 } })
    assert.deepEqual(await box.takeAll([1]), ['RATE_LIMITED'])
  })
})

describe('Inbox: caps on held messages', () => {
  it('for each peer', async () => {
    using box = new TestInbox({ rateLimit: NO_RATE_LIMIT })
    assert.equal(count(await box.takeAll(upTo(MAX_HELD_PER_PEER)), 'held'), MAX_HELD_PER_PEER)
    const refused = await box.take(testMessage(99))
    assert.deepEqual([refused.code, refused.retryAfterMs], ['QUEUE_FULL', HELD_RETRY_MS])
    assert.deepEqual(await box.takeAll([100], { peerId: bob }), ['held'])
  })

  it('for each address, however many peers come from it', async () => {
    using box = new TestInbox({ rateLimit: NO_RATE_LIMIT })
    const outcomes: string[] = []
    for (const seed of upTo(4)) outcomes.push(...await box.takeAll(upTo(seed * 100 + 19, seed * 100), { peerId: await testPeerId(100 + seed), address: '198.51.100.1' }))
    assert.deepEqual([count(outcomes, 'held'), count(outcomes, 'QUEUE_FULL')], [MAX_HELD_PER_ADDRESS, 80 - MAX_HELD_PER_ADDRESS])
    assert.deepEqual(await box.takeAll([999], { address: '198.51.100.2' }), ['held'])
  })

  it('in total, and approved peers are not touched by it', async () => {
    using box = new TestInbox({ rateLimit: NO_RATE_LIMIT })
    const peers = await Promise.all(upTo(26).map(seed => testPeerId(200 + seed)))
    const acks = await Promise.all(peers.flatMap((peerId, index) => upTo(20).map(number =>
      box.take(testMessage(index * 100 + number), { peerId, address: `198.51.100.${index}` }))))
    assert.equal(acks.filter(ack => ack.stage === 'held').length, MAX_HELD_TOTAL)
    box.approve(bob)
    assert.deepEqual(await box.takeAll([9_999], { peerId: bob }), ['received'])
  })

  it('make room again when the owner decides', async () => {
    using box = new TestInbox({ rateLimit: NO_RATE_LIMIT })
    await box.takeAll(upTo(MAX_HELD_PER_PEER))
    await box.inbox.discardHeld(alice.toString())
    assert.deepEqual(await box.takeAll([50]), ['held'])
  })
})

describe('Inbox: full', () => {
  /** An inbox with eight read messages of one byte, which believes that it holds this much. */
  function fullInbox(t: TestContext, totals: InboxTotals): TestInbox {
    const box = new TestInbox({ rateLimit: NO_RATE_LIMIT })
    box.approve(alice)
    const row = { peerId: 'somebody', address: 'a', kind: 'direct', text: 'x', inReplyTo: undefined, hops: 0, state: 'delivered', turn: 'done' } as const
    for (const number of upTo(8)) box.store.insert({ ...row, id: `old ${number}`, receivedAt: 0, expiresAt: Number.MAX_SAFE_INTEGER })
    t.mock.method(InboxStore.prototype, 'totals', () => totals)
    box.reopen()
    return box
  }

  const limits: Array<[string, InboxTotals]> = [
    ['of messages', { messages: MAX_INBOX_MESSAGES, textBytes: 8 }],
    ['of text', { messages: 8, textBytes: MAX_INBOX_TEXT_BYTES }]
  ]
  for (const [name, totals] of limits) {
    it(`${name}, takes nothing until read messages make room, and drops no unread ones`, async (t) => {
      using box = fullInbox(t, totals)
      const { code, retryAfterMs } = await box.take(testMessage(1))
      assert.deepEqual([code, retryAfterMs], ['QUEUE_FULL', HELD_RETRY_MS])
      await box.inbox.keepHouse()
      assert.deepEqual([await box.takeAll([2]), box.store.get('old 1')?.isUnread], [['QUEUE_FULL'], true])
      box.store.markRead(upTo(8, 2).map(number => `old ${number}`))
      await box.inbox.keepHouse()
      assert.deepEqual(await box.takeAll([3]), ['received'])
      assert.deepEqual([box.store.get('old 1')?.isUnread, box.store.get('old 2')], [true, undefined])
    })
  }
})
