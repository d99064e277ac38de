import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { DHT_REFRESH_MS } from '../../src/config/dht-limits.ts'
import { DhtRefresh } from '../../src/node/dht-refresh.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { alice } from '../support/peers.ts'
import { settled } from '../support/turns.ts'

function refreshing(random = 0.5) {
  const clock = new FakeClock()
  const visits: Array<{ key: string, signal: AbortSignal }> = []
  const refresh = new DhtRefresh({
    self: alice, clock, random: () => random, visit: async (key, { signal }) => { visits.push({ key: Buffer.from(key).toString('hex'), signal }) }
  })
  refresh.start()
  const wait = async (ms: number): Promise<void> => {
    clock.advance(ms)
    await settled()
  }
  return { refresh, clock, visits, wait }
}

describe('DhtRefresh', () => {
  it('looks at the own neighbourhood and somewhere else, again and again', async () => {
    const { visits, wait } = refreshing()
    await wait(DHT_REFRESH_MS)
    await wait(DHT_REFRESH_MS)
    const own = Buffer.from(alice.toMultihash().bytes).toString('hex')
    assert.deepEqual(visits.map(({ key }) => key === own), [true, false, true, false])
    assert.notEqual(visits[1]?.key, visits[3]?.key)
  })

  it('keeps its own time, so that a network does not look all at once', () => {
    assert.deepEqual([...refreshing(0).clock.pending, ...refreshing(0.999_999).clock.pending].map(ms => Math.round(ms / DHT_REFRESH_MS * 100)), [75, 125])
  })

  it('ends at a stop', async () => {
    const { refresh, clock, visits, wait } = refreshing()
    await wait(DHT_REFRESH_MS)
    refresh.stop()
    assert.deepEqual([clock.pending, visits.every(({ signal }) => signal.aborted)], [[], true])
  })
})
