import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { takeInTurns } from '../../src/routes/hints.ts'
import { testPeerId } from '../support/peers.ts'

const peers = await Promise.all(Array.from({ length: 40 }, (_, index) => testPeerId(100 + index)))
const hints = (from: number, to: number) => peers.slice(from, to).map(peerId => ({ peerId, addresses: [] }))
const names = (taken: ReturnType<typeof takeInTurns>) => taken.map(({ from, peerId }) => `${from}${peers.findIndex(peer => peer.equals(peerId))}`)

describe('takeInTurns', () => {
  it('takes one of each answer at a time, so that a long answer crowds out nobody', () => {
    assert.deepEqual(names(takeInTurns([{ from: 'a', hints: hints(0, 32) }, { from: 'b', hints: hints(32, 34) }], 6)), ['a0', 'b32', 'a1', 'b33', 'a2', 'a3'])
  })

  it('takes each peer once, from whoever named it first', () => {
    assert.deepEqual(names(takeInTurns([{ from: 'a', hints: hints(0, 2) }, { from: 'b', hints: hints(0, 3) }], 10)), ['a0', 'a1', 'b2'])
  })

  it('takes nothing where there is nothing, or no room', () => {
    assert.deepEqual(takeInTurns([], 10), [])
    assert.deepEqual(takeInTurns([{ from: 'a', hints: [] }], 10), [])
    assert.deepEqual(takeInTurns([{ from: 'a', hints: hints(0, 2) }], 0), [])
  })
})
