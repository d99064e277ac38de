import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { backoffDelay, jittered } from '../../src/lib/backoff.ts'

const init = { firstMs: 1_000, maxMs: 60_000 }

describe('backoffDelay', () => {
  it('doubles after each failure, up to the longest delay', () => {
    const longest = [1, 2, 3, 4, 5, 6, 7, 8].map(failures => backoffDelay(init, failures, () => 0.999_999))
    assert.deepEqual(longest, [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000])
  })

  it('is never shorter than half a step', () => {
    assert.deepEqual([1, 2, 7].map(failures => backoffDelay(init, failures, () => 0)), [500, 1_000, 30_000])
  })

  it('spreads over the upper half of the step', () => {
    assert.equal(backoffDelay(init, 3, () => 0.5), 3_000)
  })

  it('stays at the longest delay after a year of failures', () => {
    assert.equal(backoffDelay(init, 1_000_000, () => 0.999_999), 60_000)
  })
})

describe('an interval with jitter', () => {
  it('lasts between three and five quarters of it', () => {
    assert.deepEqual([0, 0.5, 1].map(random => jittered(1_000, () => random)), [750, 1_000, 1_250])
  })
})
