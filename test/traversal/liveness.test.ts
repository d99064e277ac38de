import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Connection } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { LIVENESS_INTERVAL_MS, OTHERS_LIVENESS_INTERVAL_MS, UDX_LIVENESS_INTERVAL_MS } from '../../src/config/nat-limits.ts'
import { Liveness } from '../../src/nat/liveness.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { settled } from '../support/turns.ts'

const TCP = '/ip4/45.33.0.7/tcp/1'
const UDP = '/ip4/45.33.0.7/udp/1'

/** Connections whose pings are answered as the test says. */
function createLiveness(addresses: string[], { isKept = true }: { isKept?: boolean } = {}) {
  const clock = new FakeClock()
  const connections = addresses.map(address => ({ remoteAddr: multiaddr(address), status: 'open' }) as Connection)
  const [pinged, silent, trips]: [string[], string[], number[]] = [[], [], []]
  const answered = { count: 0 }
  const line = { answer: async (): Promise<number> => await Promise.resolve(7) }
  const liveness = new Liveness({
    clock, connections: () => connections, isKept: () => isKept,
    ping: async ({ remoteAddr }) => {
      pinged.push(remoteAddr.toString())
      return await line.answer()
    },
    onAnswer: () => { answered.count += 1 },
    onRoundTrip: (_connection, rttMs) => { trips.push(rttMs) },
    onSilent: async ({ remoteAddr }) => { silent.push(remoteAddr.toString()) }
  })
  const advance = async (ms: number): Promise<void> => {
    for (let left = ms; left > 0; left -= UDX_LIVENESS_INTERVAL_MS) {
      clock.advance(Math.min(left, UDX_LIVENESS_INTERVAL_MS))
      await settled()
    }
  }
  liveness.start()
  return { liveness, connections, pinged, silent, trips, answered, line, advance, clock }
}

describe('Liveness', () => {
  it('pings every connection in turn, those that could move more often, and notes the round trip', async () => {
    const { pinged, advance, trips, connections } = createLiveness([TCP, UDP])
    await advance(4 * UDX_LIVENESS_INTERVAL_MS)
    assert.deepEqual(pinged, [TCP, UDP, UDP, UDP, TCP, UDP])
    assert.equal(trips[0], 7)
    assert.equal(connections[0]?.rtt, 7)
  })

  it('tells of a connection that does not answer', async () => {
    const { advance, silent, line } = createLiveness([TCP])
    line.answer = async () => { throw new Error('timeout') }
    await advance(LIVENESS_INTERVAL_MS + UDX_LIVENESS_INTERVAL_MS)
    assert.deepEqual(silent, [TCP])
  })

  it('takes the refusal of the protocol for a sign of life', async () => {
    const { advance, silent, answered, line } = createLiveness([TCP])
    line.answer = async () => { throw Object.assign(new Error('no ping here'), { name: 'UnsupportedProtocolError' }) }
    await advance(LIVENESS_INTERVAL_MS + UDX_LIVENESS_INTERVAL_MS)
    assert.deepEqual([silent, answered.count], [[], 1])
  })

  it('leaves those alone for a minute whom nobody here waits for', async () => {
    const { advance, pinged, answered } = createLiveness([TCP], { isKept: false })
    await advance(OTHERS_LIVENESS_INTERVAL_MS)
    assert.equal(pinged.length, 1)
    await advance(UDX_LIVENESS_INTERVAL_MS)
    assert.deepEqual([pinged.length, answered.count], [2, 2])
  })

  it('does not ask again while an answer is waited for', async () => {
    const { advance, pinged, line, liveness } = createLiveness([UDP])
    const { promise, resolve } = Promise.withResolvers<number>()
    line.answer = async () => await promise
    await advance(3 * UDX_LIVENESS_INTERVAL_MS)
    liveness.checkAll()
    assert.equal(pinged.length, 1)
    resolve(3)
    await settled()
    liveness.checkAll()
    assert.equal(pinged.length, 2)
  })

  it('says nothing about connections that closed meanwhile, and nothing after stop', async () => {
    const { advance, silent, line, connections, liveness, clock, pinged } = createLiveness([UDP])
    line.answer = async () => {
      Object.assign(connections[0] ?? {}, { status: 'closed' })
      throw new Error('closed')
    }
    await advance(UDX_LIVENESS_INTERVAL_MS)
    assert.deepEqual([silent, pinged.length], [[], 1])
    liveness.stop()
    assert.deepEqual(clock.pending, [])
  })
})
