import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { RelayMeter } from '../../src/relay/relay-meter.ts'
import { FakeClock } from '../support/fake-clock.ts'

const LIMITS = { reservations: 1, perPeerBytes: 10_000, perPeerSeconds: 100, bytesPerSecond: 1_000_000 }
const never = (): void => { assert.fail('nobody has to wait') }

describe('RelayMeter', () => {
  it('lets a peer use its budget at any pace', () => {
    const meter = new RelayMeter(LIMITS, new FakeClock())
    assert.equal(meter.charge('alice', 10_000, never), false)
    assert.deepEqual([meter.bytes, meter.isSpent('alice')], [10_000, false])
  })

  it('slows a peer over its budget down to the refill, and nobody else', () => {
    const clock = new FakeClock()
    const meter = new RelayMeter(LIMITS, clock)
    let turns = 0
    assert.equal(meter.charge('alice', 10_500, () => { turns++ }), true)
    assert.deepEqual([meter.isSpent('alice'), meter.isSpent('bob')], [true, false])
    assert.equal(meter.charge('bob', 1_000, never), false)
    clock.advance(4_999)
    assert.deepEqual([turns, meter.isSpent('alice')], [0, true])
    clock.advance(1)
    assert.deepEqual([turns, meter.isSpent('alice')], [1, false])
  })

  it('gives the whole budget back over its period', () => {
    const clock = new FakeClock()
    const meter = new RelayMeter(LIMITS, clock)
    meter.charge('alice', 10_000, never)
    clock.advance(100_000)
    assert.equal(meter.charge('alice', 10_000, never), false)
  })

  it('makes all wait when the rate is used up', () => {
    const clock = new FakeClock()
    const meter = new RelayMeter({ ...LIMITS, bytesPerSecond: 1_000 }, clock)
    const turns: string[] = []
    assert.equal(meter.charge('alice', 5_000, () => { turns.push('alice') }), true)
    assert.equal(meter.charge('bob', 100, () => { turns.push('bob') }), true)
    clock.advance(5_000)
    assert.deepEqual(turns, ['bob', 'alice'])
  })
})
