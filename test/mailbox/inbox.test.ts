import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { FINISHED_RETENTION_MS, MAX_REPLIES_PER_MESSAGE } from '../../src/config/limits.ts'
import { TestInbox } from '../support/inboxes.ts'
import { testId, testMessage } from '../support/messages.ts'
import { alice, bob } from '../support/peers.ts'

const upTo = (last: number, first = 1): number[] => Array.from({ length: last - first + 1 }, (_, index) => first + index)
const reply = (number: number, to: number) => testMessage(number, { kind: 'reply', inReplyTo: testId(to) })

describe('Inbox: an approved peer', () => {
  it('leaves a message that is received, unread and open for a turn', async () => {
    using box = new TestInbox()
    box.approve(alice)
    assert.deepEqual(await box.take(testMessage(1, { hops: 2 })), { id: testId(1), stage: 'received' })
    const now = box.clock.now()
    assert.deepEqual(box.store.get(testId(1)), {
      seq: 1, id: testId(1), peerId: alice.toString(), address: '192.0.2.7', kind: 'direct', text: 'text 1', inReplyTo: undefined,
      hops: 2, state: 'received', turn: 'open', isUnread: true, receivedAt: now, expiresAt: now + 60_000
    })
    assert.deepEqual([box.received.map(row => row.id), box.held, box.storing], [[testId(1)], [], [testId(1)]])
  })

  it('leaves a reply that starts no turn', async () => {
    using box = new TestInbox()
    box.approve(alice)
    await box.take(reply(1, 99))
    const { kind, turn, inReplyTo } = box.store.get(testId(1)) ?? assert.fail('not stored')
    assert.deepEqual([kind, turn, inReplyTo, box.replied], ['reply', 'none', testId(99), []])
  })

  it('is told only what is on disk', async () => {
    using box = new TestInbox()
    box.approve(alice)
    const other = box.db.other()
    const stored = (): unknown => other.prepare('SELECT count(*) AS n FROM inbox').get()?.['n']
    const seen: unknown[] = []
    const taking = box.take(testMessage(1)).then(() => { seen.push(stored()) })
    seen.push(stored())
    await taking
    assert.deepEqual(seen, [0, 1])
  })

  it('is told nothing when the message could not be stored', async () => {
    using box = new TestInbox()
    box.approve(alice)
    box.db.database.exec('PRAGMA max_page_count = 1')
    await assert.rejects(box.take(testMessage(1, { text: 'x'.repeat(60_000) })), { code: 'DISK_FULL' })
    assert.deepEqual([box.received, box.store.totals().messages], [[], 0])
  })
})

describe('Inbox: who may leave what', () => {
  const policies = [
    ['pairing', 'held'], ['open', 'received'], ['allowlist', 'NOT_APPROVED'], ['disabled', 'NOT_ALLOWED']
  ] as const
  for (const [dmPolicy, expected] of policies) {
    it(`under ${dmPolicy}, a stranger's message is ${expected}`, async () => {
      using box = new TestInbox({ dmPolicy })
      assert.deepEqual(await box.takeAll([1]), [expected])
      assert.equal(box.store.get(testId(1))?.state, expected === 'held' || expected === 'received' ? expected : undefined)
    })
  }

  it('a blocked peer nothing', async () => {
    using box = new TestInbox({ dmPolicy: 'open' })
    box.standing.set(alice.toString(), 'blocked')
    assert.deepEqual([await box.takeAll([1]), box.store.totals().messages], [['BLOCKED'], 0])
  })

  it('a stranger\'s message starts no turn, is shown to nobody, and is counted', async () => {
    using box = new TestInbox()
    await box.take(testMessage(1))
    assert.deepEqual([box.store.get(testId(1))?.turn, box.received, box.storing, box.held.map(row => row.id)], ['none', [], [], [testId(1)]])
    assert.deepEqual([...box.store.heldByPeer()], [[alice.toString(), 1]])
  })

  it('nobody messages of kinds that are no text for people', async () => {
    using box = new TestInbox()
    box.approve(alice)
    for (const kind of ['call', 'system'] as const) {
      const { stage, code } = await box.take(testMessage(1, { kind }))
      assert.deepEqual([stage, code], ['refused', 'INVALID_ARGUMENT'])
    }
  })
})

describe('Inbox: a message that comes again', () => {
  it('is acknowledged again and stored once', async () => {
    using box = new TestInbox()
    box.approve(alice)
    assert.deepEqual(await Promise.all([box.take(testMessage(1)), box.take(testMessage(1))]), [testId(1), testId(1)].map(id => ({ id, stage: 'received' })))
    box.reopen()
    assert.deepEqual(await box.takeAll([1]), ['received'])
    assert.deepEqual([box.store.totals().messages, box.received.length, box.storing.length], [1, 1, 1])
  })

  it('is acknowledged with the stage that it has by now', async () => {
    using box = new TestInbox()
    assert.deepEqual(await box.takeAll([1, 1]), ['held', 'held'])
    box.approve(alice)
    await box.inbox.release(alice.toString())
    assert.deepEqual(await box.takeAll([1]), ['received'])
    await box.turns.claim(testId(1))
    await box.turns.finish(testId(1), 'delivered')
    assert.deepEqual(await box.takeAll([1]), ['delivered'])
  })

  it('counts for no limit, and is acknowledged also when the peer may send no more', async () => {
    using box = new TestInbox({ rateLimit: { unapprovedPerHour: 1, approvedPerMinute: 1 } })
    assert.deepEqual(await box.takeAll([1, 1, 1, 2]), ['held', 'held', 'held', 'RATE_LIMITED'])
    box.standing.set(alice.toString(), 'blocked')
    assert.deepEqual(await box.takeAll([1]), ['held'])
  })

  it('from another peer is refused, and says nothing about the first', async () => {
    using box = new TestInbox()
    box.approve(alice, bob)
    await box.take(testMessage(1, { text: 'secret of alice' }))
    const ack = await box.take(testMessage(1, { text: 'text of bob' }), { peerId: bob })
    assert.deepEqual([ack.stage, ack.code, ack.retryAfterMs], ['refused', 'INVALID_ARGUMENT', undefined])
    assert.ok(!JSON.stringify(ack).includes(alice.toString()))
    assert.equal(box.store.get(testId(1))?.text, 'secret of alice')
  })
})

describe('Inbox: an awaited reply', () => {
  for (const dmPolicy of ['pairing', 'allowlist'] as const) {
    it(`of a stranger is taken under ${dmPolicy}`, async () => {
      using box = new TestInbox({ dmPolicy })
      await box.send(50)
      assert.equal((await box.take(reply(1, 50))).stage, 'received')
      assert.deepEqual([box.replied, box.store.get(testId(1))?.turn], [[`${testId(50)} by text 1`], 'none'])
    })
  }

  it('is taken from a stranger a few times, also when all come at once', async () => {
    using box = new TestInbox({ dmPolicy: 'allowlist' })
    await box.send(50)
    const acks = await Promise.all(upTo(50).map(number => box.take(reply(number, 50))))
    assert.equal(acks.filter(ack => ack.stage === 'received').length, MAX_REPLIES_PER_MESSAGE)
    assert.equal((await box.take(reply(60, 50))).code, 'NOT_APPROVED')
    await box.send(51)
    assert.equal((await box.take(reply(61, 51))).stage, 'received')
  })

  it('is no matter of rate limits, but those beyond the bound are held like any message', async () => {
    using box = new TestInbox({ rateLimit: { unapprovedPerHour: 2, approvedPerMinute: 600 } })
    await box.send(50)
    const stages: string[] = []
    for (const number of upTo(MAX_REPLIES_PER_MESSAGE + 3)) {
      const { stage, code } = await box.take(reply(number, 50))
      stages.push(code ?? stage)
    }
    assert.deepEqual(stages, [...upTo(MAX_REPLIES_PER_MESSAGE).map(() => 'received'), 'held', 'held', 'RATE_LIMITED'])
  })

  it('is not awaited from somebody else', async () => {
    using box = new TestInbox({ dmPolicy: 'allowlist' })
    await box.send(50, bob)
    assert.equal((await box.take(reply(1, 50))).code, 'NOT_APPROVED')
  })

  it('is not awaited to a message that we never sent, or by a message that names none', async () => {
    using box = new TestInbox({ dmPolicy: 'allowlist' })
    assert.equal((await box.take(reply(1, 50))).code, 'NOT_APPROVED')
    assert.equal((await box.take(testMessage(2, { kind: 'reply' }))).code, 'NOT_APPROVED')
  })

  it('is a reply, not a new message that names ours', async () => {
    using box = new TestInbox({ dmPolicy: 'allowlist' })
    await box.send(50)
    assert.equal((await box.take(testMessage(1, { inReplyTo: testId(50) }))).code, 'NOT_APPROVED')
  })

  it('is awaited for as long as our message lived', async () => {
    using box = new TestInbox({ dmPolicy: 'allowlist' })
    await box.send(50, alice, 1_000)
    box.clock.advance(1_000)
    assert.equal((await box.take(reply(1, 50))).code, 'NOT_APPROVED')
  })

  it('is refused from a blocked peer all the same', async () => {
    using box = new TestInbox()
    await box.send(50)
    box.standing.set(alice.toString(), 'blocked')
    assert.equal((await box.take(reply(1, 50))).code, 'BLOCKED')
  })
})

describe('Inbox: letting in', () => {
  it('gives out each held message once, in order, and opens it for a turn', async () => {
    using box = new TestInbox()
    await box.takeAll([1, 2, 3])
    await box.take(testMessage(4), { peerId: bob })
    const released = await Promise.all([box.inbox.release(alice.toString()), box.inbox.release(alice.toString())])
    assert.deepEqual(released.map(rows => rows.map(row => row.text)), [['text 1', 'text 2', 'text 3'], []])
    assert.deepEqual([box.received.map(row => row.text), box.storing.length], [['text 1', 'text 2', 'text 3'], 3])
    box.reopen()
    assert.deepEqual(await box.inbox.release(alice.toString()), [])
    assert.deepEqual(box.turns.open().map(row => row.text), ['text 1', 'text 2', 'text 3'])
    assert.equal(box.store.get(testId(4))?.state, 'held')
  })

  it('or dropping leaves nothing behind', async () => {
    using box = new TestInbox()
    await box.takeAll([1, 2])
    await box.take(testMessage(3), { peerId: bob })
    await box.inbox.discardHeld(alice.toString())
    assert.deepEqual([...box.store.heldByPeer()], [[bob.toString(), 1]])
    assert.deepEqual(await box.inbox.release(alice.toString()), [])
  })
})

describe('Inbox: housekeeping', () => {
  it('forgets read messages long after their time, and unread ones never', async () => {
    using box = new TestInbox()
    box.approve(alice)
    await box.takeAll([1, 2])
    box.store.markRead([testId(1)])
    for (const id of [testId(1), testId(2)]) box.store.moveTurn(id, { from: 'open', to: 'none' })
    box.clock.advance(60_000 + FINISHED_RETENTION_MS)
    await box.inbox.keepHouse()
    assert.equal(box.store.totals().messages, 2)
    box.clock.advance(1)
    await box.inbox.keepHouse()
    assert.deepEqual([box.store.get(testId(1)), box.store.get(testId(2))?.isUnread], [undefined, true])
  })
})
