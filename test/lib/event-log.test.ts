import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { EventLog } from '../../src/lib/event-log.ts'
import { FakeClock } from '../support/fake-clock.ts'

interface Event {
  type: string
}

function createLog(maxEvents = 100) {
  const clock = new FakeClock()
  const log = new EventLog<Event>({ maxEvents, clock })
  const append = (...types: string[]): void => { for (const type of types) log.append({ type }) }
  const ofType = (wanted: string) => ({ type }: Event): boolean => type === wanted
  return { clock, log, append, ofType }
}

const any = (): boolean => true

describe('EventLog', () => {
  it('counts its events from 1', async () => {
    const { log, append } = createLog()
    append('a', 'b')
    assert.equal(log.lastSeq, 2)
    assert.deepEqual(await log.wait({ after: 0, matches: any, timeoutMs: 0 }), { events: [{ type: 'a', seq: 1 }, { type: 'b', seq: 2 }], cursor: 2 })
  })

  it('answers at once with what came after the cursor, and the next cursor misses nothing', async () => {
    const { log, append } = createLog()
    append('a', 'b', 'c')
    const first = await log.wait({ after: 1, matches: any, timeoutMs: 1_000 })
    assert.deepEqual(first.events.map(event => event.type), ['b', 'c'])
    append('d')
    const second = await log.wait({ after: first.cursor, matches: any, timeoutMs: 1_000 })
    assert.deepEqual(second.events.map(event => event.type), ['d'])
  })

  it('waits for the first event that matches', async () => {
    const { log, append, ofType, clock } = createLog()
    append('old')
    const waiting = log.wait({ matches: ofType('wanted'), timeoutMs: 1_000 })
    append('other', 'wanted', 'later')
    assert.deepEqual(await waiting, { events: [{ type: 'wanted', seq: 3 }], cursor: 3 })
    assert.deepEqual(clock.pending, [])
  })

  it('gives up after the time given, and no sooner', async () => {
    const { log, append, ofType, clock } = createLog()
    const waiting = log.wait({ matches: ofType('wanted'), timeoutMs: 1_000 })
    clock.advance(999)
    append('other')
    assert.deepEqual(clock.pending, [1])
    clock.advance(1)
    assert.deepEqual(await waiting, { events: [], cursor: 1 })
  })

  it('from now on is meant where no cursor is given', async () => {
    const { log, append } = createLog()
    append('old')
    const waiting = log.wait({ matches: any, timeoutMs: 1_000 })
    append('new')
    assert.deepEqual((await waiting).events, [{ type: 'new', seq: 2 }])
  })

  it('keeps at least the newest events, and not all of them for good', async () => {
    const { log, append } = createLog(10)
    for (let count = 1; count <= 1_000; count++) append('x')
    const { events, cursor } = await log.wait({ after: 0, matches: any, timeoutMs: 0 })
    assert.ok(events.length >= 10 && events.length <= 20, String(events.length))
    assert.deepEqual([events.at(-1)?.seq, cursor], [1_000, 1_000])
  })

  it('tells a listener of each event until it stops listening', () => {
    const { log, append } = createLog()
    append('before')
    const heard: string[] = []
    const stop = log.subscribe((event) => { heard.push(`${event.seq} ${event.type}`) })
    append('a', 'b')
    stop()
    stop()
    append('after')
    assert.deepEqual(heard, ['2 a', '3 b'])
  })

  it('lets a listener stop listening while it is told', () => {
    const { log, append } = createLog()
    const heard: string[] = []
    const stop = log.subscribe(() => {
      heard.push('first')
      stop()
    })
    log.subscribe(() => { heard.push('second') })
    append('a', 'b')
    assert.deepEqual(heard, ['first', 'second', 'second'])
  })
})
