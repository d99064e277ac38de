import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { DHT_BUCKET_SIZE, PUBLICATION_PAUSE_MS, PUBLICATION_SOON_MS } from '../../src/config/dht-limits.ts'
import { Publication } from '../../src/node/publication.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { LogRecorder } from '../support/log-recorder.ts'
import { settled } from '../support/turns.ts'

const INTERVAL_MS = 3_600_000

/** A publication that the test answers: with how many hold it, or with an error. */
function publishing() {
  const clock = new FakeClock()
  const log = new LogRecorder()
  const rounds: Array<{ signal: AbortSignal, end: (answer: number | Error) => Promise<void> }> = []
  const publication = new Publication({
    what: 'the record', intervalMs: INTERVAL_MS, clock, random: () => 0.5, log,
    publish: async ({ signal }) => {
      const { promise, resolve, reject } = Promise.withResolvers<number>()
      rounds.push({
        signal,
        end: async (answer) => {
          if (typeof answer === 'number') resolve(answer)
          else reject(answer)
          await settled()
        }
      })
      return await promise
    }
  })
  return { publication, clock, log, rounds }
}

/** The same, after a first round that so many nodes answered. */
async function published(holders: number) {
  const fixture = publishing()
  fixture.publication.start()
  fixture.clock.advance(PUBLICATION_SOON_MS)
  await fixture.rounds[0]?.end(holders)
  return fixture
}

describe('Publication', () => {
  it('publishes soon after the start, and then in its interval', async () => {
    const { rounds, clock, log } = await published(DHT_BUCKET_SIZE)
    assert.deepEqual(log.matching(/^10 nodes hold the record$/).length, 1)
    clock.advance(INTERVAL_MS - 1)
    assert.equal(rounds.length, 1)
    clock.advance(1)
    assert.equal(rounds.length, 2)
  })

  it('publishes what changed soon, but not without end', async () => {
    const { publication, rounds, clock } = await published(DHT_BUCKET_SIZE)
    for (let change = 0; change < 100; change++) publication.handleChange()
    clock.advance(PUBLICATION_PAUSE_MS)
    assert.equal(rounds.length, 2)
    await rounds[1]?.end(DHT_BUCKET_SIZE)
    publication.handleChange()
    clock.advance(PUBLICATION_PAUSE_MS - 1)
    assert.equal(rounds.length, 2)
    clock.advance(1)
    assert.equal(rounds.length, 3)
  })

  it('publishes once more what changed during a round', async () => {
    const { publication, rounds, clock } = publishing()
    publication.start()
    clock.advance(PUBLICATION_SOON_MS)
    publication.handleChange()
    clock.advance(INTERVAL_MS)
    assert.equal(rounds.length, 1)
    await rounds[0]?.end(DHT_BUCKET_SIZE)
    clock.advance(PUBLICATION_PAUSE_MS)
    assert.equal(rounds.length, 2)
  })

  it('has every node of a small network hold it, and in a large one only as many as are needed', async () => {
    const few = await published(DHT_BUCKET_SIZE - 1)
    few.publication.handleNode()
    few.clock.advance(PUBLICATION_PAUSE_MS)
    const enough = await published(DHT_BUCKET_SIZE)
    enough.publication.handleNode()
    enough.clock.advance(PUBLICATION_PAUSE_MS)
    assert.deepEqual([few.rounds.length, enough.rounds.length], [2, 1])
  })

  it('gives new nodes of a small network what they could hold, the later the more often one comes', async () => {
    const { publication, rounds, clock } = await published(1)
    for (const pauseMs of [PUBLICATION_PAUSE_MS, 2 * PUBLICATION_PAUSE_MS, 4 * PUBLICATION_PAUSE_MS]) {
      const before = rounds.length
      for (let time = 0; time < 9; time++) publication.handleNode()
      clock.advance(pauseMs - 1)
      assert.equal(rounds.length, before)
      clock.advance(1)
      assert.equal(rounds.length, before + 1)
      await rounds.at(-1)?.end(1)
    }
  })

  it('gives a node that came during a round what it could hold, too', async () => {
    const { publication, rounds, clock } = publishing()
    publication.start()
    clock.advance(PUBLICATION_SOON_MS)
    publication.handleNode()
    await rounds[0]?.end(1)
    clock.advance(PUBLICATION_PAUSE_MS)
    assert.equal(rounds.length, 2)
  })

  it('goes on after a failure', async () => {
    const { publication, rounds, clock, log } = publishing()
    publication.start()
    clock.advance(PUBLICATION_SOON_MS)
    await rounds[0]?.end(new Error('nobody there'))
    assert.equal(log.matching(/No node took the record: nobody there/, 'debug').length, 1)
    clock.advance(INTERVAL_MS)
    assert.equal(rounds.length, 2)
  })

  it('ends at a stop, a round under way included', async () => {
    const { publication, rounds, clock } = publishing()
    publication.start()
    clock.advance(PUBLICATION_SOON_MS)
    publication.stop()
    const [round] = rounds
    assert.equal(round?.signal.aborted, true)
    await round.end(3)
    publication.handleChange()
    assert.deepEqual(clock.pending, [])
  })
})
