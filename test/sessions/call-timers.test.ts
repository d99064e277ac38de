/** When calls end by themselves, and when they do not. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CALL_AWAY_MS } from '../../src/config/call-limits.ts'
import type { CallRow } from '../../src/sessions/call-store.ts'
import { CallTimers } from '../../src/sessions/call-timers.ts'
import { FakeClock } from '../support/fake-clock.ts'

const PEER = 'bob'
const LATER_MS = 10 * CALL_AWAY_MS

interface Stage {
  clock: FakeClock
  timers: CallTimers
  /** What time did, in order. */
  events: string[]
  /** Follows a call whose deadline is that far away. */
  follow: (phase: CallRow['phase'], inMs: number) => void
}

function stage({ isConnected = true } = {}): Stage {
  const clock = new FakeClock()
  const events: string[] = []
  const timers = new CallTimers({ clock, isConnected: () => isConnected, onTime: (callId, event) => { events.push(`${callId} ${event}`) } })
  const row: CallRow = {
    id: 'call', peerId: PEER, role: 'caller', topic: 'lunch', phase: 'active', speaker: 'agent', hops: 0, outSeq: 1, inSeq: 1, clock: 2, deadline: 0,
    startedAt: 0, endedAt: null, endReason: null, endText: null
  }
  return { clock, timers, events, follow: (phase, inMs) => { timers.follow({ ...row, phase, deadline: clock.now() + inMs }) } }
}

describe('a call that nothing happens in', () => {
  for (const phase of ['calling', 'waiting', 'ringing', 'queued'] as const) {
    it(`stops ringing at its deadline while it is ${phase}`, () => {
      const { clock, events, follow } = stage()
      follow(phase, 1_000)
      clock.advance(999)
      assert.deepEqual(events, [])
      clock.advance(1)
      assert.deepEqual(events, ['call ring-timeout'])
    })
  }

  it('is forgotten at its deadline, which everything that happens moves', () => {
    const { clock, events, follow } = stage()
    follow('active', 1_000)
    clock.advance(900)
    follow('active', 1_000)
    clock.advance(999)
    assert.deepEqual(events, [])
    clock.advance(1)
    assert.deepEqual(events, ['call idle-timeout'])
  })

  it('has its timeout again when it is looked at again, in case the first could not be stored', () => {
    const { clock, events, follow } = stage({ isConnected: false })
    follow('ringing', 0)
    clock.advance(0)
    follow('ringing', -1)
    clock.advance(0)
    assert.deepEqual(events, ['call ring-timeout', 'call ring-timeout'])
    for (const times of [3, 4]) {
      follow('active', LATER_MS)
      clock.advance(CALL_AWAY_MS)
      assert.deepEqual([events.length, events.at(-1)], [times, 'call away-timeout'])
    }
  })

  it('that ended, or is not followed any more, has no time', () => {
    const { clock, timers, events, follow } = stage()
    follow('ringing', 1_000)
    follow('ended', 1_000)
    clock.advance(LATER_MS)
    follow('active', 1_000)
    timers.stop()
    follow('active', 1_000)
    clock.advance(LATER_MS)
    assert.deepEqual(events, [])
  })
})

describe('a peer that goes away', () => {
  it('in a call has its time to come back, and each time anew', () => {
    const { clock, timers, events, follow } = stage()
    follow('active', LATER_MS)
    const goAndReturn = (): void => {
      timers.handlePeerDisconnected(PEER)
      clock.advance(CALL_AWAY_MS - 1)
      timers.handlePeerConnected(PEER)
      clock.advance(1)
    }
    goAndReturn()
    goAndReturn()
    assert.deepEqual(events, [])
    timers.handlePeerDisconnected(PEER)
    clock.advance(CALL_AWAY_MS)
    assert.deepEqual(events, ['call away-timeout'])
  })

  it('gains no time by what we say meanwhile', () => {
    const { clock, timers, events, follow } = stage({ isConnected: false })
    follow('active', LATER_MS)
    timers.handlePeerDisconnected(PEER)
    clock.advance(CALL_AWAY_MS - 1)
    follow('active', LATER_MS)
    clock.advance(1)
    assert.deepEqual(events, ['call away-timeout'])
  })

  it('before a restart of ours has its time from then on', () => {
    const { clock, events, follow } = stage({ isConnected: false })
    follow('active', LATER_MS)
    clock.advance(CALL_AWAY_MS)
    assert.deepEqual(events, ['call away-timeout'])
  })

  it('while it rings only rings as long as ever, and others are none of its business', () => {
    const { clock, timers, events, follow } = stage()
    follow('ringing', LATER_MS)
    timers.handlePeerDisconnected(PEER)
    clock.advance(CALL_AWAY_MS)
    follow('active', LATER_MS)
    timers.handlePeerDisconnected('carol')
    clock.advance(CALL_AWAY_MS)
    assert.deepEqual(events, [])
  })
})
