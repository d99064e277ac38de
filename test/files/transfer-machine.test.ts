import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isOpen, nextTransferState, type TransferEvent } from '../../src/files/transfer-machine.ts'
import type { TransferState } from '../../src/mesh-api.ts'

const EVENTS: TransferEvent[] = ['ask', 'accept', 'begin', 'interrupt', 'complete', 'reject', 'cancel', 'fail', 'expire']
const ENDS: TransferState[] = ['received', 'rejected', 'cancelled', 'failed', 'expired']

describe('a file transfer', () => {
  it('goes on from its end by no event', () => {
    for (const end of ENDS) {
      assert.equal(isOpen(end), false)
      for (const event of EVENTS) assert.equal(nextTransferState(end, event), end)
    }
  })

  const steps: Array<[TransferState, TransferEvent, TransferState]> = [
    ['queued', 'begin', 'moving'], ['moving', 'interrupt', 'queued'], ['queued', 'ask', 'asking'], ['asking', 'accept', 'queued'],
    ['asking', 'begin', 'moving'], ['asking', 'interrupt', 'asking'], ['moving', 'complete', 'received'], ['queued', 'complete', 'received'],
    ['moving', 'expire', 'moving'], ['queued', 'expire', 'expired'], ['asking', 'expire', 'expired']
  ]
  for (const [from, event, to] of steps) it(`that is ${from} is ${to} after "${event}"`, () => { assert.equal(nextTransferState(from, event), to) })

  it('can be ended by either side while it is under way', () => {
    for (const state of ['asking', 'queued', 'moving'] as const) {
      assert.deepEqual([nextTransferState(state, 'reject'), nextTransferState(state, 'cancel'), nextTransferState(state, 'fail')], ['rejected', 'cancelled', 'failed'])
    }
  })
})
