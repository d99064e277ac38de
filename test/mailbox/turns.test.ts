import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MAX_HOPS, TURN_DAY_MS, TURN_MAX_AGE_MS, TURN_WINDOW_MS } from '../../src/config/limits.ts'
import type { TurnOutcome } from '../../src/mesh-api.ts'
import { TestInbox } from '../support/inboxes.ts'
import { testId, testMessage } from '../support/messages.ts'
import { alice, bob, testPeerId } from '../support/peers.ts'

const upTo = (last: number, first = 1): number[] => Array.from({ length: last - first + 1 }, (_, index) => first + index)

/** An inbox with messages of approved alice. */
async function inboxWith(numbers: number[], turnBudget: { perPeerPerHour?: number, perHour?: number, perDay?: number } = {}): Promise<TestInbox> {
  const box = new TestInbox({ turnBudget: { perPeerPerHour: 12, perHour: 60, perDay: 500, ...turnBudget } })
  box.approve(alice, bob)
  await box.takeAll(numbers)
  return box
}

/** What claiming each of these messages, one after the other, led to. */
async function claims(box: TestInbox, numbers: number[]): Promise<string[]> {
  const outcomes: string[] = []
  for (const number of numbers) {
    const claim = await box.turns.claim(testId(number))
    outcomes.push(claim.claimed ? 'claimed' : claim.reason)
  }
  return outcomes
}

describe('Turns: claiming', () => {
  it('takes an open message, once, and marks it on disk first', async () => {
    using box = await inboxWith([1])
    const claim = await box.turns.claim(testId(1))
    assert.ok(claim.claimed)
    assert.equal(claim.row.text, 'text 1')
    assert.deepEqual({ ...box.db.other().prepare('SELECT turn FROM inbox').get() }, { turn: 'claimed' })
    assert.deepEqual([await claims(box, [1]), box.turns.open()], [['already-taken'], []])
  })

  it('gives a message to one of two who claim it at the same time', async () => {
    using box = await inboxWith([1])
    const both = await Promise.all([box.turns.claim(testId(1)), box.turns.claim(testId(1))])
    assert.deepEqual(both.map(claim => claim.claimed), [true, false])
  })

  it('knows no message that never came', async () => {
    using box = await inboxWith([])
    assert.deepEqual(await claims(box, [9]), ['unknown-message'])
  })

  it('takes no reply: answers start no turn', async () => {
    using box = await inboxWith([])
    await box.take(testMessage(1, { kind: 'reply', inReplyTo: testId(9) }))
    assert.deepEqual(await claims(box, [1]), ['reply'])
  })

  it('takes nothing of a stranger, nor what a peer left before it was blocked', async () => {
    using box = await inboxWith([1])
    box.standing.clear()
    await box.takeAll([2])
    assert.deepEqual(await claims(box, [2]), ['not-approved'])
    box.standing.set(alice.toString(), 'blocked')
    assert.deepEqual(await claims(box, [1]), ['not-approved'])
    box.approve(alice)
    assert.deepEqual(await claims(box, [1]), ['already-taken'])
  })

  it('takes nothing that a peer left before its owner removed it', async () => {
    using box = await inboxWith([1])
    box.standing.clear()
    assert.deepEqual(await claims(box, [1]), ['not-approved'])
  })

  it('takes a conversation that passed through few agents, and no other', async () => {
    using box = await inboxWith([])
    for (const hops of [MAX_HOPS - 1, MAX_HOPS, 0xffff_ffff]) await box.take(testMessage(1 + hops, { hops }))
    assert.deepEqual(await claims(box, [MAX_HOPS, MAX_HOPS + 1, 0x1_0000_0000]), ['claimed', 'hop-limit', 'hop-limit'])
  })

  it('is final where it is refused', async () => {
    using box = await inboxWith([1, 2], { perPeerPerHour: 1, perHour: 60 })
    assert.deepEqual(await claims(box, [1, 2]), ['claimed', 'peer-budget'])
    box.clock.advance(2 * TURN_WINDOW_MS)
    assert.deepEqual([await claims(box, [2]), box.turns.open()], [['already-taken'], []])
  })
})

describe('Turns: budgets', () => {
  it('of all peers are for a day, too', async () => {
    using box = await inboxWith(upTo(3), { perHour: 2, perDay: 3 })
    assert.deepEqual(await claims(box, [1, 2, 3]), ['claimed', 'claimed', 'global-budget'])
    box.clock.advance(TURN_WINDOW_MS + 1)
    await box.takeAll([4, 5])
    assert.deepEqual(await claims(box, [4, 5]), ['claimed', 'global-budget'])
    box.clock.advance(TURN_DAY_MS + 1)
    await box.takeAll([6])
    assert.deepEqual(await claims(box, [6]), ['claimed'])
  })

  it('are left in part to approved peers, however many strangers there are', async () => {
    using box = new TestInbox({ dmPolicy: 'open', turnBudget: { perPeerPerHour: 12, perHour: 4, perDay: 500 } })
    for (const number of upTo(4)) await box.takeAll([number], { peerId: await testPeerId(900 + number), address: `192.0.2.${number}` })
    box.approve(alice)
    await box.takeAll([11, 12])
    assert.deepEqual(await claims(box, [1, 2, 3, 4, 11, 12]), ['claimed', 'claimed', 'claimed', 'global-budget', 'claimed', 'global-budget'])
  })

  it('of a peer count over a sliding hour', async () => {
    using box = await inboxWith(upTo(8), { perPeerPerHour: 2, perHour: 60 })
    assert.deepEqual(await claims(box, [1]), ['claimed'])
    box.clock.advance(TURN_WINDOW_MS / 2)
    assert.deepEqual(await claims(box, [2, 3]), ['claimed', 'peer-budget'])
    box.clock.advance(TURN_WINDOW_MS / 2)
    assert.deepEqual(await claims(box, [4]), ['peer-budget'])
    box.clock.advance(1)
    assert.deepEqual(await claims(box, [5, 6]), ['claimed', 'peer-budget'])
    box.clock.advance(TURN_WINDOW_MS / 2)
    assert.deepEqual(await claims(box, [7, 8]), ['claimed', 'peer-budget'])
  })

  it('of all peers together bound them all', async () => {
    using box = await inboxWith(upTo(3), { perPeerPerHour: 12, perHour: 3 })
    await box.takeAll([11, 12], { peerId: bob })
    assert.deepEqual(await claims(box, [1, 11, 2, 12, 3]), ['claimed', 'claimed', 'claimed', 'global-budget', 'global-budget'])
  })

  it('of one peer leave the others theirs', async () => {
    using box = await inboxWith([1, 2], { perPeerPerHour: 1, perHour: 60 })
    await box.takeAll([11], { peerId: bob })
    assert.deepEqual(await claims(box, [1, 2, 11]), ['claimed', 'peer-budget', 'claimed'])
  })

  it('outlast a restart and the end of the turns', async () => {
    using box = await inboxWith([1, 2], { perPeerPerHour: 1, perHour: 60 })
    await claims(box, [1])
    await box.turns.finish(testId(1), 'delivered')
    box.reopen()
    assert.deepEqual(await claims(box, [2]), ['peer-budget'])
  })

  it('of 0 start none', async () => {
    using box = await inboxWith([1], { perPeerPerHour: 0, perHour: 60 })
    assert.deepEqual(await claims(box, [1]), ['peer-budget'])
  })
})

describe('Turns: finishing', () => {
  const outcomes: Array<[TurnOutcome, string, isUnread: boolean, isTold: boolean]> = [
    ['delivered', 'delivered', false, true], ['uncertain', 'uncertain', false, true], ['received', 'received', true, false]
  ]
  for (const [outcome, state, isUnread, isTold] of outcomes) {
    it(`as ${outcome} leaves the message ${state}${isTold ? ', which its sender is told' : ''}`, async () => {
      using box = await inboxWith([1])
      await claims(box, [1])
      assert.equal((await box.turns.finish(testId(1), outcome))?.state, isTold ? state : undefined)
      const row = box.store.get(testId(1))
      assert.deepEqual([row?.state, row?.isUnread, row?.turn], [state, isUnread, 'done'])
    })
  }

  it('happens once, and only to what was claimed', async () => {
    using box = await inboxWith([1, 2])
    await claims(box, [1])
    await box.turns.finish(testId(1), 'delivered')
    for (const number of [1, 2, 9]) assert.equal(await box.turns.finish(testId(number), 'uncertain'), undefined)
    assert.deepEqual([box.store.get(testId(1))?.state, box.store.get(testId(2))?.turn], ['delivered', 'open'])
  })
})

describe('Turns: after a crash', () => {
  it('what was under way is uncertain, is told once, and is not repeated', async () => {
    using box = await inboxWith([1, 2, 3])
    await claims(box, [1, 2])
    await box.turns.finish(testId(2), 'delivered')
    box.reopen()
    assert.deepEqual((await box.turns.recover()).map(row => [row.id, row.state]), [[testId(1), 'uncertain']])
    assert.deepEqual(await box.turns.recover(), [])
    assert.deepEqual(await claims(box, [1]), ['already-taken'])
    assert.deepEqual(box.turns.open().map(row => row.id), [testId(3)])
  })
})

describe('Turns: messages that nobody took', () => {
  it('are offered in order while they are fresh', async () => {
    using box = await inboxWith([1])
    box.clock.advance(TURN_MAX_AGE_MS)
    await box.takeAll([2, 3])
    assert.deepEqual(box.turns.open().map(row => row.text), ['text 1', 'text 2', 'text 3'])
    box.clock.advance(1)
    assert.deepEqual(box.turns.open().map(row => row.text), ['text 2', 'text 3'])
    await box.inbox.keepHouse()
    assert.deepEqual(await claims(box, [1, 2]), ['already-taken', 'claimed'])
  })
})
