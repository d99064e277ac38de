import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { DHT_BUCKET_SIZE, PUBLICATION_PAUSE_MS, PUBLICATION_SOON_MS, RENDEZVOUS_INTERVAL_MS } from '../../src/config/dht-limits.ts'
import { RelayEntry, RELAYS_NAME } from '../../src/node/relay-entry.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { FakeDht } from '../support/fake-dht.ts'
import { LogRecorder } from '../support/log-recorder.ts'
import { settled } from '../support/turns.ts'

/** A relay in its first round, which so many nodes took. */
async function entered(holders: number) {
  const clock = new FakeClock()
  const log = new LogRecorder()
  const dht = new FakeDht()
  dht.holders = holders
  const entry = new RelayEntry(dht, { clock, random: () => 0.5, log })
  const wait = async (ms: number): Promise<void> => {
    clock.advance(ms)
    await settled()
  }
  entry.start()
  await wait(PUBLICATION_SOON_MS)
  return { entry, clock, log, dht, wait }
}

describe('a relay', () => {
  it('enters itself where those look who need one, soon after the start and now and then', async () => {
    const { dht, log, wait } = await entered(DHT_BUCKET_SIZE)
    assert.deepEqual(dht.provided, [RELAYS_NAME])
    assert.equal(log.matching(/^10 nodes hold the entry of this relay$/).length, 1)
    await wait(RENDEZVOUS_INTERVAL_MS)
    assert.deepEqual(dht.provided, [RELAYS_NAME, RELAYS_NAME])
  })

  it('has further nodes hold its entry while they are few, and not where they are enough', async () => {
    for (const [holders, times] of [[1, 2], [DHT_BUCKET_SIZE, 1]] as const) {
      const { dht, wait } = await entered(holders)
      dht.meetNode()
      await wait(PUBLICATION_PAUSE_MS)
      assert.equal(dht.provided.length, times)
    }
  })

  it('enters itself anew where its addresses changed', async () => {
    const { entry, dht, wait } = await entered(DHT_BUCKET_SIZE)
    entry.publication.handleChange()
    await wait(PUBLICATION_PAUSE_MS)
    assert.equal(dht.provided.length, 2)
  })

  it('does nothing more after a stop', async () => {
    const { entry, dht, clock } = await entered(1)
    entry.stop()
    dht.meetNode()
    assert.deepEqual([dht.listening, clock.pending, dht.provided.length], [0, [], 1])
  })
})
