import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { inParallel } from '../../src/lib/in-parallel.ts'

describe('inParallel', () => {
  it('runs so many at a time and no more, and keeps the order of the results', async () => {
    let running = 0
    let most = 0
    const results = await inParallel([5, 1, 4, 2, 3], 2, async (turns) => {
      most = Math.max(most, running += 1)
      for (let turn = 0; turn < turns; turn++) await setImmediate()
      running -= 1
      return turns * 10
    })
    assert.deepEqual([results, most], [[50, 10, 40, 20, 30], 2])
  })

  it('has nothing to do with nothing', async () => {
    assert.deepEqual(await inParallel([], 8, async () => 1), [])
  })

  it('fails with the first task that fails', async () => {
    await assert.rejects(inParallel([1, 2], 1, async (item) => { throw new Error(`no ${String(item)}`) }), /no 1/)
  })
})
