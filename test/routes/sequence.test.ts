import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SEQUENCE_RESERVE } from '../../src/config/limits.ts'
import { Sequence } from '../../src/routes/sequence.ts'
import { FakeClock } from '../support/fake-clock.ts'

function sequence(clock = new FakeClock()) {
  /** What was stored, each time it was to be written. */
  const written: number[] = []
  const numbers: Sequence = new Sequence({ now: clock.now, onReserve: () => { written.push(numbers.stored) } })
  return { clock, numbers, written }
}

describe('sequence numbers', () => {
  it('grow with every record, and with the time', () => {
    const { clock, numbers } = sequence()
    const first = numbers.next()
    assert.deepEqual([numbers.next(), numbers.next()], [first + 1, first + 2])
    clock.advance(1_000)
    assert.equal(numbers.next(), first + 1_000)
  })

  it('are written now and then, always above those given out', () => {
    const { clock, numbers, written } = sequence()
    for (let count = 0; count < 1_000; count++) {
      assert.ok(numbers.next() <= (written.at(-1) ?? 0))
      clock.advance(SEQUENCE_RESERVE / 100)
    }
    assert.ok(written.length >= 9 && written.length <= 11, String(written.length))
  })

  it('never go back: not after a crash with the clock set back, nor after a stop', () => {
    const before = sequence()
    const last = [before.numbers.next(), before.numbers.next()].at(-1) ?? 0
    const crashed = sequence(new FakeClock(0))
    crashed.numbers.restore(before.written.at(-1) ?? 0)
    assert.ok(crashed.numbers.next() > last)
    before.numbers.settle()
    assert.equal(before.numbers.stored, last)
    const stopped = sequence(new FakeClock(0))
    stopped.numbers.restore(before.numbers.stored)
    assert.equal(stopped.numbers.next(), last + 1)
  })
})
