import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { FILE_ANSWER_MS, FILE_HASH_BYTES, FILE_STALL_MS, FILE_WINDOW_BYTES, MIN_FILE_PROGRESS_BYTES } from '../../src/config/file-limits.ts'
import type { OpenFile } from '../../src/files/disk.ts'
import { BrokenOffError, Receiving } from '../../src/files/receiving.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { failure } from '../support/mesh-node.ts'
import { Recorder } from '../support/recorder.ts'
import { plainPair } from '../support/streams.ts'

/** A disk in memory that takes what it is allowed to, and waits before each write until it is let on. */
class MemoryFile implements OpenFile {
  content = Buffer.alloc(0)
  room = Infinity
  gate: Promise<unknown> = Promise.resolve()

  async writev(pieces: Uint8Array[], position: number): Promise<{ bytesWritten: number }> {
    await this.gate
    assert.equal(position, this.content.length)
    const bytes = Buffer.concat(pieces)
    if (this.content.length + bytes.length > this.room) throw Object.assign(new Error('no space left'), { code: 'ENOSPC' })
    const taken = bytes.subarray(0, Math.max(1, Math.ceil(bytes.length / 2))) // never all at once, as a disk may
    this.content = Buffer.concat([this.content, taken])
    return { bytesWritten: taken.length }
  }

  sync = async (): Promise<void> => Promise.resolve()
  close = async (): Promise<void> => Promise.resolve()
}

const NEVER = new AbortController().signal

interface Scene {
  file: MemoryFile
  clock: FakeClock
  receiving: Receiving
  running: Promise<string>
  /** Offsets that were told as written. */
  reports: number[]
  /** Sizes of what came in. */
  arrived: Recorder<number>
  send: (data: Uint8Array) => void
  end: () => Promise<void>
}

async function scene(bytes: number): Promise<Scene> {
  const [near, far] = await plainPair()
  const file = new MemoryFile()
  const clock = new FakeClock()
  const reports: number[] = []
  const arrived = new Recorder<number>()
  const receiving = new Receiving({ stream: far, file, offset: 0, bytes, clock, onWritten: (offset) => { reports.push(offset) } })
  const running = receiving.run(NEVER)
  void Promise.allSettled([running]) // each test looks itself
  far.addEventListener('message', ({ data }) => { arrived.add(data.byteLength) })
  const send = (data: Uint8Array): void => { near.send(data) }
  return { file, clock, receiving, running, reports, arrived, send, end: async () => { await near.close() } }
}

const HASH = randomBytes(FILE_HASH_BYTES)

describe('the bytes of a file that come in', () => {
  it('are written in order, told as written at the end, and followed by the hash of the whole', async () => {
    const { file, running, send, reports } = await scene(10)
    send(Buffer.from('01234'))
    send(Buffer.concat([Buffer.from('56789'), HASH.subarray(0, 3)]))
    send(HASH.subarray(3))
    assert.equal(await running, HASH.toString('hex'))
    assert.deepEqual([file.content.toString(), reports.at(-1)], ['0123456789', 10])
  })

  it('that stop coming, or trickle, are given up, and what came is written', async () => {
    const { file, clock, running, send, arrived } = await scene(2 * MIN_FILE_PROGRESS_BYTES)
    send(Buffer.alloc(MIN_FILE_PROGRESS_BYTES - 1))
    const ended = assert.rejects(running, (error: unknown) => error instanceof BrokenOffError && /stalls/.test(error.message))
    await arrived.waitFor('the bytes', sizes => sizes.reduce((sum, size) => sum + size, 0) === MIN_FILE_PROGRESS_BYTES - 1)
    clock.advance(FILE_STALL_MS)
    await ended
    assert.equal(file.content.length, MIN_FILE_PROGRESS_BYTES - 1)
  })

  it('that are all there wait for their hash as long as it may take to read a large file, and no longer', async () => {
    const { clock, running, send, arrived } = await scene(10)
    send(Buffer.alloc(10))
    await arrived.waitFor('the bytes', sizes => sizes.length === 1)
    clock.advance(FILE_STALL_MS)
    clock.advance(FILE_ANSWER_MS - 1)
    send(HASH)
    assert.equal(await running, HASH.toString('hex'))
    const silent = await scene(10)
    silent.send(Buffer.alloc(10))
    await silent.arrived.waitFor('the bytes', sizes => sizes.length === 1)
    silent.clock.advance(FILE_STALL_MS)
    silent.clock.advance(FILE_ANSWER_MS)
    await assert.rejects(silent.running, /stalls/)
  })

  it('that end early break off', async () => {
    const { running, send, end } = await scene(10)
    send(Buffer.from('01'))
    await end()
    await assert.rejects(running, BrokenOffError)
  })

  it('beyond the last one are refused, also after it', async () => {
    const { running, receiving, send, arrived } = await scene(2)
    send(Buffer.concat([Buffer.from('01'), HASH]))
    await running
    receiving.checkExcess()
    send(Buffer.from('2'))
    await arrived.waitFor('what is too much', sizes => sizes.length === 2)
    assert.throws(() => { receiving.checkExcess() }, { code: 'TOO_LARGE' })
  })

  it('that a full disk does not take end the transfer', async () => {
    const { file, running, send } = await scene(10)
    file.room = 4
    send(Buffer.from('01234'))
    send(Buffer.from('56789'))
    await failure(running, 'DISK_FULL')
  })

  it('faster than they are written are held up to a window and no further', async () => {
    const { file, running, send, arrived } = await scene(10 * FILE_WINDOW_BYTES)
    const { promise, resolve } = Promise.withResolvers<undefined>()
    file.gate = promise
    for (let sent = 0; sent <= FILE_WINDOW_BYTES; sent += 1_048_576) send(new Uint8Array(1_048_576))
    await arrived.waitFor('more than a window', sizes => sizes.reduce((sum, size) => sum + size, 0) > FILE_WINDOW_BYTES)
    resolve(undefined)
    await assert.rejects(running, /does not wait/)
  })
})
