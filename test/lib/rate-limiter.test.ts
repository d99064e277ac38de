import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { RateLimiter } from '../../src/lib/rate-limiter.ts'
import { FakeClock } from '../support/fake-clock.ts'

const HOUR = 3_600_000

function createLimiter(limit: number, windowMs = HOUR, maxKeys = 100) {
  const clock = new FakeClock()
  const limiter = new RateLimiter({ limit, windowMs, maxKeys, now: clock.now })
  const take = (key = 'alice'): number => limiter.take(key)
  const takeAll = (count: number, key?: string): number => Array.from({ length: count }, () => take(key)).filter(wait => wait === 0).length
  return { clock, take, takeAll }
}

describe('RateLimiter', () => {
  it('allows the limit at once and tells exactly how long the next one has to wait', () => {
    const { clock, take, takeAll } = createLimiter(10)
    assert.equal(takeAll(10), 10)
    assert.equal(take(), HOUR / 10)
    clock.advance(HOUR / 10 - 1)
    assert.equal(take(), 1)
    clock.advance(1)
    assert.deepEqual([take(), take()], [0, HOUR / 10])
  })

  it('takes nothing from those it refuses', () => {
    const { clock, take, takeAll } = createLimiter(10)
    takeAll(10)
    for (let attempt = 0; attempt < 1_000; attempt++) take()
    clock.advance(HOUR / 10)
    assert.equal(take(), 0)
  })

  it('allows the limit in each window and no more, however the attempts are spread', () => {
    const { clock, take } = createLimiter(10)
    const allowed: number[] = []
    for (let minute = 0; minute < 24 * 60; minute++) {
      if (take() === 0) allowed.push(minute)
      clock.advance(60_000)
    }
    const most = Math.max(...allowed.map(start => allowed.filter(minute => minute >= start && minute < start + 60).length))
    assert.ok(allowed.length >= 240 && allowed.length <= 250, String(allowed.length))
    assert.ok(most <= 19, String(most)) // a full bucket, and what flows in while it is emptied
  })

  it('is full again after a quiet window', () => {
    const { clock, takeAll } = createLimiter(10)
    takeAll(10)
    clock.advance(HOUR)
    assert.equal(takeAll(20), 10)
  })

  it('counts each key for itself', () => {
    const { takeAll } = createLimiter(3)
    assert.deepEqual([takeAll(5, 'alice'), takeAll(5, 'bob')], [3, 3])
  })

  it('refuses all at a limit of 0', () => {
    assert.equal(createLimiter(0).take(), HOUR)
  })

  it('allows one that returns after exactly the time it was told, at odd rates too', () => {
    for (const [limit, windowMs] of [[7, HOUR], [600, 60_000], [7, 1_000], [1, 1], [999_983, 60_000]] as const) {
      const { clock, take, takeAll } = createLimiter(limit, windowMs)
      takeAll(limit)
      for (let round = 0; round < 20; round++) {
        const wait = take()
        clock.advance(wait)
        assert.equal(take(), 0, `limit ${limit} in ${windowMs} ms, round ${round}`)
      }
    }
  })

  it('does not let time that goes backwards lock a key out', () => {
    const { clock, take, takeAll } = createLimiter(10)
    takeAll(10)
    clock.advance(-24 * HOUR)
    assert.equal(take(), HOUR / 10)
  })

  it('forgets the key that was not used for longest', () => {
    const { takeAll } = createLimiter(1, HOUR, 2)
    takeAll(1, 'a')
    takeAll(1, 'b')
    takeAll(1, 'a')
    takeAll(1, 'c')
    assert.deepEqual([takeAll(1, 'a'), takeAll(1, 'b')], [0, 1])
  })
})
