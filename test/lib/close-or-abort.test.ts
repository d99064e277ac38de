import assert from 'node:assert/strict'
import { it } from 'node:test'
import { closeOrAbort } from '../../src/lib/close-or-abort.ts'

it('ends in order where that works, and cuts with the reason where it does not', async () => {
  const cut: string[] = []
  const abort = (error: Error): void => { cut.push(error.message) }
  await closeOrAbort({ close: async () => undefined, abort }, 1_000)
  assert.deepEqual(cut, [])
  await closeOrAbort({ close: async () => { throw new Error('the muxer is gone') }, abort }, 1_000)
  assert.deepEqual(cut, ['the muxer is gone'])
})
