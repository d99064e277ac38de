/** The table of calls, read as a table. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CALL_TABLE, type CallEvent, type CallOutcome, type CallPhase } from '../../src/sessions/call-machine.ts'

const PHASES = ['idle', 'calling', 'waiting', 'ringing', 'queued', 'active', 'ended'] as const satisfies CallPhase[]

/** Each event with what it leads to from each phase: `phase`, `phase<step told`, `reason` after a slash; `!` impossible, `-` nothing. */
const TABLE: Array<[CallEvent, string]> = [
  // .                 idle            calling                waiting                ringing                queued                 active                 ended
  ['dial', '           calling<invite  !                      !                      !                      !                      !                      !'],
  ['accept', '         !               !                      !                      active<accept          !                      !                      !'],
  ['reject', '         !               !                      !                      ended<reject/rejected  ended<reject/rejected  !                      !'],
  ['say', '            !               !                      !                      !                      !                      active<say             !'],
  ['escalate', '       !               !                      !                      !                      !                      active<escalate        !'],
  ['hang-up', '        !               ended<end/cancelled    ended<end/cancelled    ended<reject/rejected  ended<reject/rejected  ended<end/hung-up      !'],
  ['invited', '        ringing<ring    -                      -                      -                      -                      -                      -'],
  ['invited-waits', '  queued<busy     -                      -                      -                      -                      -                      -'],
  ['invited-wins', '   active<accept   -                      -                      -                      -                      -                      -'],
  ['invited-loses', '  ended/crossed   -                      -                      -                      -                      -                      -'],
  ['rings', '          -               calling                calling                -                      -                      -                      -'],
  ['waits', '          -               waiting                waiting                -                      -                      -                      -'],
  ['accepted', '       -               active                 active                 -                      -                      -                      -'],
  ['rejected', '       -               ended/rejected         ended/rejected         -                      -                      -                      -'],
  ['said', '           -               -                      -                      -                      -                      active                 -'],
  ['escalated', '      -               -                      -                      -                      -                      active                 -'],
  ['peer-ended', '     -               ended                  ended                  ended                  ended                  ended                  -'],
  ['crossed', '        -               ended/crossed          ended/crossed          -                      -                      -                      -'],
  ['line-free', '      -               -                      -                      -                      ringing<ring           -                      -'],
  ['ring-timeout', '   -               ended<end/no-answer    ended<end/busy         ended<end/no-answer    ended<end/busy         -                      -'],
  ['idle-timeout', '   -               -                      -                      -                      -                      ended<end/idle         -'],
  ['away-timeout', '   -               -                      -                      -                      -                      ended<end/peer-away    -'],
  ['refused', '        -               ended/refused          ended/refused          ended/broken           ended/broken           ended/broken           -'],
  ['no-room', '        -               ended/busy             ended/busy             -                      -                      -                      -'],
  ['unreachable', '    -               ended<end/unreachable  ended<end/unreachable  -                      -                      -                      -'],
  ['blocked', '        -               ended/cancelled        ended/cancelled        ended/refused          ended/refused          ended/hung-up          -']
]

function written(outcome: CallOutcome): string {
  if (outcome === 'impossible') return '!'
  if (outcome === 'nothing') return '-'
  const { to, tell, reason } = outcome
  return `${to}${tell === undefined ? '' : `<${tell}`}${reason === undefined ? '' : `/${reason}`}`
}

describe('a call', () => {
  for (const [event, row] of TABLE) {
    for (const [index, expected] of row.trim().split(/\s+/).entries()) {
      const phase = PHASES[index] ?? assert.fail('a column too many')
      it(`that is ${phase}, at "${event}": ${expected}`, () => { assert.equal(written(CALL_TABLE[phase][event]), expected) })
    }
  }

  it('has an answer to every event in every phase, and this table names each', () => {
    assert.deepEqual(Object.keys(CALL_TABLE).sort(), [...PHASES].sort())
    for (const phase of PHASES) assert.deepEqual(Object.keys(CALL_TABLE[phase]).sort(), TABLE.map(([event]) => event).sort())
    for (const [event, row] of TABLE) assert.equal(row.trim().split(/\s+/).length, PHASES.length, event)
  })
})
