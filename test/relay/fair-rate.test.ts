import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { FairRate } from '../../src/relay/fair-rate.ts'
import { FakeClock } from '../support/fake-clock.ts'

const RATE = 1_000

interface Sender {
  name: string
  pieceBytes: number
  sent: number
}

/** Sends piece after piece, each when it may. */
function sendForEver(rate: FairRate, name: string, pieceBytes: number): Sender {
  const sender: Sender = { name, pieceBytes, sent: 0 }
  const send = (): void => {
    sender.sent += pieceBytes
    rate.charge(name, pieceBytes)
    rate.wait(name, send)
  }
  send()
  return sender
}

function fairRate() {
  const clock = new FakeClock()
  return { clock, rate: new FairRate({ bytesPerSecond: RATE, burstMs: 100, clock }) }
}

describe('FairRate', () => {
  it('lets through what is within the rate', () => {
    const { clock, rate } = fairRate()
    for (let second = 0; second < 10; second++) {
      assert.equal(rate.charge('alice', 100), false)
      clock.advance(100)
    }
  })

  it('holds the rate however many send', () => {
    const { clock, rate } = fairRate()
    const senders = ['alice', 'bob', 'carol'].map(name => sendForEver(rate, name, 50))
    clock.advance(60_000)
    const total = senders.reduce((sum, { sent }) => sum + sent, 0)
    assert.ok(total >= 60 * RATE && total <= 60 * RATE + 500, String(total))
  })

  it('gives each the same, whatever the size of its pieces and however many ways it sends on', () => {
    const { clock, rate } = fairRate()
    const greedy = [1, 2, 3, 4, 5].map(() => sendForEver(rate, 'greedy', 200))
    const modest = sendForEver(rate, 'modest', 10)
    clock.advance(60_000)
    const greedyBytes = greedy.reduce((sum, { sent }) => sum + sent, 0)
    assert.ok(Math.abs(modest.sent - 30 * RATE) < 2 * RATE, String(modest.sent))
    assert.ok(Math.abs(greedyBytes - 30 * RATE) < 2 * RATE, String(greedyBytes))
  })

  it('lets who had least go first, and nobody save up while idle', () => {
    const { clock, rate } = fairRate()
    const greedy = sendForEver(rate, 'greedy', 200)
    clock.advance(60_000)
    const late = sendForEver(rate, 'late', 200)
    const before = greedy.sent
    clock.advance(10_000)
    assert.ok(late.sent >= 4_000 && greedy.sent - before >= 4_000, `${late.sent} and ${greedy.sent - before}`)
  })
})
