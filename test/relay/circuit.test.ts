import assert from 'node:assert/strict'
import { once } from 'node:events'
import { describe, it } from 'node:test'
import type { Stream } from '@libp2p/interface'
import { CIRCUIT_CLOSE_TIMEOUT_MS } from '../../src/config/relay-limits.ts'
import { Circuit, type CircuitInit } from '../../src/relay/circuit.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { Seen } from '../support/seen.ts'
import { yamuxPair } from '../support/streams.ts'
import { until } from '../support/until.ts'

const MAX_AGE_MS = 60_000
const MEGABYTE = 1_000_000
/** The muxer's window twice: what was told before a pause, and what the sender may send during it. */
const HELD_BYTES = 2 * 262_144
const free: CircuitInit['meter'] = { charge: () => false }

async function circuit(meter: CircuitInit['meter'] = free) {
  const [alice, nearEnd] = await yamuxPair()
  const [farEnd, bob] = await yamuxPair()
  const clock = new FakeClock()
  const closed = new Seen<true>()
  const joined = new Circuit({
    source: { stream: nearEnd, peerId: 'alice' }, destination: { stream: farEnd, peerId: 'bob' },
    meter, maxAgeMs: MAX_AGE_MS, clock, onClosed: () => { closed.add(true) }
  })
  return { alice, bob, nearEnd, farEnd, clock, closed, circuit: joined }
}

/** Bytes whose order shows. */
function pattern(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => index % 251)
}

function collect(stream: Stream) {
  const chunks: Uint8Array[] = []
  const ended = once(stream, 'end')
  stream.addEventListener('message', ({ data }) => { chunks.push(data.subarray()) })
  return {
    bytes: async () => {
      await ended
      return Buffer.concat(chunks)
    }
  }
}

/** What the relay keeps in memory. */
function held({ nearEnd, farEnd }: { nearEnd: Stream, farEnd: Stream }): number {
  return nearEnd.readBufferLength + farEnd.writeBufferLength
}

describe('Circuit', () => {
  it('passes everything on in order, both ways, and then the end', async () => {
    const { alice, bob, closed, circuit: joined } = await circuit()
    const [atBob, atAlice] = [collect(bob), collect(alice)]
    joined.open()
    alice.send(pattern(MEGABYTE))
    bob.send(pattern(1_000))
    await Promise.all([alice.close(), bob.close()])
    assert.ok(Buffer.from(pattern(MEGABYTE)).equals(await atBob.bytes()))
    assert.ok(Buffer.from(pattern(1_000)).equals(await atAlice.bytes()))
    await closed.first()
    assert.equal(closed.all.length, 1)
  })

  it('passes on what came before it was joined', async () => {
    const { alice, bob, nearEnd, circuit: joined } = await circuit()
    alice.send(pattern(10))
    await until(() => nearEnd.readBufferLength === 10, { what: 'the bytes to reach the relay', timeoutMs: 60_000, intervalMs: 5 })
    const atBob = collect(bob)
    joined.open()
    await alice.close()
    assert.equal((await atBob.bytes()).byteLength, 10)
  })

  it('holds a sender back whose receiver does not read, with little in memory', async () => {
    const parts = await circuit()
    const { alice, bob } = parts
    bob.pause()
    parts.circuit.open()
    alice.send(pattern(8 * MEGABYTE))
    const sent = alice.close()
    for (let turn = 0; turn < 200; turn++) await new Promise(setImmediate)
    assert.ok(held(parts) <= HELD_BYTES, String(held(parts)))
    assert.ok(alice.writeBufferLength > 6 * MEGABYTE, String(alice.writeBufferLength))
    const atBob = collect(bob)
    bob.resume()
    await sent
    assert.ok(Buffer.from(pattern(8 * MEGABYTE)).equals(await atBob.bytes()))
  })

  it('holds a sender back whose turn it is not, with little in memory', async () => {
    const worst = { bytes: 0 }
    const parts = await circuit({
      charge: (_, __, go) => {
        worst.bytes = Math.max(worst.bytes, held(parts))
        setImmediate(go)
        return true
      }
    })
    const atBob = collect(parts.bob)
    parts.circuit.open()
    parts.alice.send(pattern(8 * MEGABYTE))
    await parts.alice.close()
    assert.ok(Buffer.from(pattern(8 * MEGABYTE)).equals(await atBob.bytes()))
    assert.ok(worst.bytes <= HELD_BYTES, String(worst.bytes))
  })

  it('resets the other end when one is reset', async () => {
    const { alice, bob, closed, circuit: joined } = await circuit()
    joined.open()
    alice.abort(new Error('gone'))
    await once(bob, 'close')
    assert.equal(bob.status, 'reset')
    await closed.first()
  })

  it('is cut when it is too old', async () => {
    const { bob, clock, closed, circuit: joined } = await circuit()
    joined.open()
    clock.advance(MAX_AGE_MS)
    await closed.first()
    await once(bob, 'close')
    assert.deepEqual([bob.status, clock.pending], ['reset', []])
  })

  it('does not wait for ever for an end that does not close', async () => {
    const { clock, closed, circuit: joined } = await circuit()
    joined.open()
    const ended = joined.close()
    clock.advance(CIRCUIT_CLOSE_TIMEOUT_MS)
    await ended
    assert.equal(closed.all.length, 1)
  })
})
