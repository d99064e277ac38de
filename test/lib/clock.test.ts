import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { systemClock } from '../../src/lib/clock.ts'
import { settled } from '../support/turns.ts'

describe('systemClock', () => {
  it('calls back once the time is over', async () => {
    const before = performance.now()
    const alive = setInterval(() => undefined, 1_000) // the clock's own timers keep no process alive
    const { promise, resolve } = Promise.withResolvers<undefined>()
    systemClock.after(20, () => { resolve(undefined) })
    await promise
    clearInterval(alive)
    assert.ok(performance.now() - before >= 19)
  })

  it('takes longer times than a timer of the platform can, which would ring at once', async () => {
    const warnings: string[] = []
    const note = (warning: Error): void => { warnings.push(warning.name) }
    process.on('warning', note)
    const timer = systemClock.after(2 ** 40, () => { warnings.push('too early') })
    await settled()
    timer.cancel()
    process.off('warning', note)
    assert.deepEqual(warnings, [])
  })

  it('does not call back after cancel, which may be called twice', (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const calls: string[] = []
    const timer = systemClock.after(10, () => { calls.push('cancelled') })
    systemClock.after(10, () => { calls.push('kept') })
    timer.cancel()
    timer.cancel()
    t.mock.timers.tick(20)
    assert.deepEqual(calls, ['kept'])
  })
})
