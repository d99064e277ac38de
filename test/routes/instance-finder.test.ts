import assert from 'node:assert/strict'
import { once } from 'node:events'
import { describe, it } from 'node:test'
import { LOOK_UPS_PER_MINUTE, LOOK_UP_ANSWERS, LOOK_UP_PAUSE_MS, LOOK_UP_SETTLE_MS, MOVED_MAX_PAUSE_MS, MOVED_PAUSE_MS } from '../../src/config/dht-limits.ts'
import { agentIdOf } from '../../src/lib/agent-id.ts'
import { InstanceFinder, type InstanceFinderInit } from '../../src/routes/instance-finder.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { LogRecorder } from '../support/log-recorder.ts'
import { alice, bob, testPeerId } from '../support/peers.ts'
import { settled } from '../support/turns.ts'

const AGENT = agentIdOf(alice)
const ALICES = { agentId: AGENT }

/** Records are texts: "alice" and "bob" are theirs, others are worth nothing. */
function finding(records: string[], more: Partial<InstanceFinderInit> = {}) {
  const clock = new FakeClock()
  const log = new LogRecorder()
  const asked: string[] = []
  const learned: string[] = []
  const finder = new InstanceFinder({
    hasNodes: async () => true, clock, log,
    records: async function* (agentId) {
      asked.push(agentId)
      for (const record of records) yield new TextEncoder().encode(record)
    },
    learn: async (_agentId, record) => {
      const name = new TextDecoder().decode(record)
      learned.push(name)
      return { alice, bob }[name]
    },
    locate: async () => false,
    ...more
  })
  return { finder, clock, log, asked, learned }
}

describe('a look-up', () => {
  it('finds whoever signed a record', async () => {
    const { finder, asked } = finding(['nonsense', 'alice'])
    assert.deepEqual([await finder.find(ALICES), asked], [true, [AGENT]])
  })

  it('of a peer takes its own record only, or the word of others about where it is', async () => {
    assert.equal(await finding(['bob']).finder.find({ peerId: alice }), false)
    assert.equal(await finding(['bob', 'alice']).finder.find({ peerId: alice }), true)
    assert.equal(await finding([], { locate: async peerId => peerId.equals(alice) }).finder.find({ peerId: alice }), true)
    assert.equal(await finding([], { locate: async () => { throw new Error('no answer') } }).finder.find({ peerId: alice }), false)
  })

  it('hears some answers and no more, for one of them could be old', async () => {
    const { finder, learned } = finding(Array.from({ length: 10 * LOOK_UP_ANSWERS }, () => 'alice'))
    await finder.find(ALICES)
    assert.equal(learned.length, LOOK_UP_ANSWERS)
  })

  it('waits for others no longer than a moment after the first answer', async () => {
    const { finder, clock } = finding([], {
      records: async function* (_agentId, { signal }) {
        yield new TextEncoder().encode('alice')
        await once(signal, 'abort')
      }
    })
    const search = finder.find(ALICES)
    await settled()
    clock.advance(LOOK_UP_SETTLE_MS)
    assert.equal(await search, true)
  })

  it('that missed is not done again so soon, and one that found may be', async () => {
    const { finder, clock, asked } = finding([])
    assert.deepEqual([await finder.find(ALICES), await finder.find(ALICES), asked.length], [false, false, 1])
    clock.advance(LOOK_UP_PAUSE_MS)
    await finder.find(ALICES)
    assert.equal(asked.length, 2)
    const lucky = finding(['alice'])
    assert.deepEqual([await lucky.finder.find(ALICES), await lucky.finder.find(ALICES), lucky.asked.length], [true, true, 2])
  })

  it('is one for all who ask at the same time', async () => {
    const { finder, asked } = finding(['alice'])
    assert.deepEqual([await Promise.all([finder.find(ALICES), finder.find(ALICES)]), asked.length], [[true, true], 1])
  })

  it('asks nobody about most of thousands', async () => {
    const { finder, clock, asked } = finding([])
    for (let number = 0; number < 1_000; number++) await finder.find({ agentId: number.toString(16).padStart(16, '0') })
    assert.equal(asked.length, LOOK_UPS_PER_MINUTE)
    clock.advance(60_000)
    await finder.find(ALICES)
    assert.equal(asked.at(-1), AGENT)
  })

  it('that could ask nobody is not remembered', async () => {
    let nodes = false
    const { finder, asked } = finding(['alice'], { hasNodes: async () => nodes })
    assert.equal(await finder.find(ALICES), false)
    nodes = true
    assert.deepEqual([await finder.find(ALICES), asked.length], [true, 1])
  })

  it('of a peer that is known and may have moved is rare, found or not', async () => {
    const { finder, clock, asked } = finding(['alice'])
    assert.deepEqual([await finder.findAgain(alice), await finder.findAgain(alice), asked.length], [true, false, 1])
    clock.advance(MOVED_PAUSE_MS)
    assert.equal(await finder.findAgain(alice), true)
  })

  it('of a peer that stays away is rarer each time, up to a bound, and as at first once it was there', async () => {
    const { finder, clock, asked } = finding([])
    for (const pauseMs of [MOVED_PAUSE_MS, 2 * MOVED_PAUSE_MS, 4 * MOVED_PAUSE_MS, MOVED_MAX_PAUSE_MS, MOVED_MAX_PAUSE_MS]) {
      await finder.findAgain(alice)
      const before = asked.length
      clock.advance(pauseMs - 1)
      await finder.findAgain(alice)
      assert.equal(asked.length, before)
      clock.advance(1)
    }
    clock.advance(MOVED_PAUSE_MS + 1)
    await finder.findAgain(alice)
    clock.advance(MOVED_PAUSE_MS)
    const before = asked.length
    await finder.findAgain(alice)
    assert.equal(asked.length, before + 1)
  })

  it('that somebody waits for is done, however many peers are away', async () => {
    const { finder, asked } = finding([])
    const away = await Promise.all(Array.from({ length: 2 * LOOK_UPS_PER_MINUTE }, async (_, index) => await testPeerId(200 + index)))
    for (const peerId of away) await finder.findAgain(peerId)
    assert.equal(asked.length, LOOK_UPS_PER_MINUTE)
    await finder.find(ALICES)
    assert.equal(asked.at(-1), AGENT)
  })

  it('that fails is a miss with a line for the curious, and after a stop there is none', async () => {
    const failing = finding([], { records: () => ({ [Symbol.asyncIterator]: () => ({ next: async () => await Promise.reject(new Error('the network is gone')) }) }) })
    assert.equal(await failing.finder.find(ALICES), false)
    assert.equal(failing.log.matching(/ended early: the network is gone/, 'debug').length, 1)
    const stopped = finding(['alice'])
    stopped.finder.stop()
    assert.deepEqual([await stopped.finder.find(ALICES), stopped.asked], [false, []])
  })
})
