import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BRIEF_CONNECTION_MS } from '../../src/config/connection-limits.ts'
import { createKeeper } from '../support/keepers.ts'
import { alice } from '../support/peers.ts'

describe('PeerKeeper: a peer that has no room', () => {
  it('goes on backing off where a bootstrap node closes each connection at once, and no further once one lasted', async () => {
    const { keeper, clock, last, disconnect } = createKeeper()
    keeper.start()
    keeper.want(alice, 'bootstrap')
    const seen: number[] = []
    for (let attempt = 0; attempt < 4; attempt++) {
      await last().succeed()
      clock.advance(attempt === 3 ? BRIEF_CONNECTION_MS : BRIEF_CONNECTION_MS - 1)
      disconnect(alice)
      const [pause = assert.fail('it gave up')] = clock.pending
      seen.push(pause)
      clock.advance(pause)
    }
    assert.deepEqual(seen, [1_000, 2_000, 4_000, 1_000])
  })

  it('is soon where an approved peer closes connections, whatever else it is', async () => {
    const { keeper, clock, last, disconnect } = createKeeper()
    keeper.start()
    keeper.want(alice, 'bootstrap')
    keeper.want(alice, 'approved')
    for (let attempt = 0; attempt < 4; attempt++) {
      await last().succeed()
      disconnect(alice)
      assert.deepEqual(clock.pending, [1_000])
      clock.advance(1_000)
    }
  })
})
