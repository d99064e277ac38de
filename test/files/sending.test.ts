import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import { describe, it } from 'node:test'
import type { Stream } from '@libp2p/interface'
import { encode } from 'it-length-prefixed'
import { FILE_CHUNK_BYTES, FILE_STALL_MS, FILE_WINDOW_BYTES } from '../../src/config/file-limits.ts'
import { sendBytes } from '../../src/files/sending.ts'
import { encodeFileFrame, FileChannel, type FileFrame } from '../../src/protocols/file-frames.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { failure } from '../support/mesh-node.ts'
import { Recorder } from '../support/recorder.ts'
import { plainPair } from '../support/streams.ts'

interface Scene {
  sending: Promise<void>
  clock: FakeClock
  far: Stream
  /** Bytes that came, added up. */
  arrived: Recorder<number>
  received: Buffer[]
  /** Offsets that were read from the file. */
  reads: number[]
  say: (frame: FileFrame) => void
}

async function scene(content: Buffer, { offset = 0, bytes = content.length } = {}): Promise<Scene> {
  const [near, far] = await plainPair()
  const clock = new FakeClock()
  const arrived = new Recorder<number>()
  const received: Buffer[] = []
  const reads: number[] = []
  let sum = 0
  far.addEventListener('message', ({ data }) => {
    received.push(Buffer.from(data.subarray()))
    sum += data.byteLength
    arrived.add(sum)
  })
  const read = async (...[buffer, into, length, position]: [Buffer, number, number, number]): Promise<{ bytesRead: number }> => {
    reads.push(position)
    return Promise.resolve({ bytesRead: content.copy(buffer, into, position, position + length) })
  }
  const init = { channel: new FileChannel(near), file: { read } as unknown as FileHandle, offset, bytes, clock, onWritten: () => undefined }
  const sending = sendBytes(init, new AbortController().signal)
  void Promise.allSettled([sending])
  return { sending, clock, far, arrived, received, reads, say: (frame) => { far.send(encode.single(encodeFileFrame(frame))) } }
}

describe('the bytes of a file that go out', () => {
  it('begin where the recipient wants them, and are over when it is done', async () => {
    const content = randomBytes(600_000)
    const { sending, arrived, received, say } = await scene(content, { offset: 100_000 })
    await arrived.waitFor('all of it', all => all.at(-1) === 500_000)
    say({ kind: 'written', offset: 600_000 })
    say({ kind: 'done' })
    await sending
    assert.ok(Buffer.concat(received).equals(content.subarray(100_000)))
  })

  it('are never more than a window ahead of what the recipient wrote, however large the file is', async () => {
    const content = Buffer.alloc(3 * FILE_WINDOW_BYTES)
    const { arrived, reads, say } = await scene(content)
    await arrived.waitFor('a window', all => all.at(-1) === FILE_WINDOW_BYTES)
    await new Promise(setImmediate)
    assert.equal(reads.length, FILE_WINDOW_BYTES / FILE_CHUNK_BYTES)
    say({ kind: 'written', offset: FILE_CHUNK_BYTES })
    await arrived.waitFor('a chunk more', all => all.at(-1) === FILE_WINDOW_BYTES + FILE_CHUNK_BYTES)
  })

  it('stop when the recipient refuses, stalls, or tells what cannot be', async () => {
    const refused = await scene(Buffer.alloc(10))
    refused.say({ kind: 'refusal', refusal: { code: 'DISK_FULL', text: 'no room', retryAfterMs: 0, isRejected: false } })
    await failure(refused.sending, 'DISK_FULL')
    const stalled = await scene(Buffer.alloc(10))
    await stalled.arrived.waitFor('all of it', all => all.at(-1) === 10)
    stalled.clock.advance(FILE_STALL_MS)
    await assert.rejects(stalled.sending, /stalls/)
    const lying = await scene(Buffer.alloc(10))
    lying.say({ kind: 'written', offset: 11 })
    await assert.rejects(lying.sending, /not sent/)
    const hasty = await scene(Buffer.alloc(2 * FILE_WINDOW_BYTES))
    hasty.say({ kind: 'done' })
    await assert.rejects(hasty.sending, /before it had the whole file/)
  })

  it('of a file that became shorter end it', async () => {
    const { sending } = await scene(Buffer.alloc(10), { bytes: 20 })
    assert.equal((await failure(sending, 'HASH_MISMATCH')).reason, 'changed')
  })
})
