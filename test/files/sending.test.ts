import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import { describe, it } from 'node:test'
import type { Stream } from '@libp2p/interface'
import { encode } from 'it-length-prefixed'
import { FILE_CHUNK_BYTES, FILE_HASH_BYTES, FILE_STALL_MS, FILE_WINDOW_BYTES } from '../../src/config/file-limits.ts'
import { sendBytes } from '../../src/files/sending.ts'
import { encodeFileFrame, FileChannel, type FileFrame } from '../../src/protocols/file-frames.ts'
import { MeshError } from '../../src/lib/errors.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { failure } from '../support/mesh-node.ts'
import { Recorder } from '../support/recorder.ts'
import { plainPair } from '../support/streams.ts'

const HASH = randomBytes(FILE_HASH_BYTES)

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

async function scene(content: Buffer, { offset = 0, bytes = content.length, sha256 = Promise.resolve(HASH.toString('hex')) } = {}): Promise<Scene> {
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
  const init = { channel: new FileChannel(near), file: { read } as unknown as FileHandle, offset, bytes, sha256, clock, onWritten: () => undefined }
  const sending = sendBytes(init, new AbortController().signal)
  void Promise.allSettled([sending])
  return { sending, clock, far, arrived, received, reads, say: (frame) => { far.send(encode.single(encodeFileFrame(frame))) } }
}

describe('the bytes of a file that go out', () => {
  it('begin where the recipient wants them, end with the hash of the whole, and are over when it is done', async () => {
    const content = randomBytes(600_000)
    const { sending, arrived, received, say } = await scene(content, { offset: 100_000 })
    await arrived.waitFor('all of it', all => all.at(-1) === 500_000 + FILE_HASH_BYTES)
    say({ kind: 'written', offset: 600_000 })
    say({ kind: 'done' })
    await sending
    assert.ok(Buffer.concat(received).equals(Buffer.concat([content.subarray(100_000), HASH])))
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
    await stalled.arrived.waitFor('all of it', all => all.at(-1) === 10 + FILE_HASH_BYTES)
    stalled.clock.advance(FILE_STALL_MS)
    await assert.rejects(stalled.sending, /stalls/)
    const lying = await scene(Buffer.alloc(10))
    lying.say({ kind: 'written', offset: 11 })
    await assert.rejects(lying.sending, /not sent/)
    const hasty = await scene(Buffer.alloc(2 * FILE_WINDOW_BYTES))
    hasty.say({ kind: 'done' })
    await assert.rejects(hasty.sending, /before it had the whole file/)
  })

  it('go out while the hash is worked out, and are not over without it', async () => {
    const { promise, resolve } = Promise.withResolvers<string>()
    const { arrived, received, say, sending } = await scene(Buffer.alloc(10), { sha256: promise })
    await arrived.waitFor('the bytes', all => all.at(-1) === 10)
    resolve(HASH.toString('hex'))
    await arrived.waitFor('the hash', all => all.at(-1) === 10 + FILE_HASH_BYTES)
    assert.ok(Buffer.concat(received).subarray(10).equals(HASH))
    say({ kind: 'done' })
    await sending
    const changed = await scene(Buffer.alloc(10), { sha256: Promise.reject(new MeshError('HASH_MISMATCH', 'it was written meanwhile', { reason: 'changed' })) })
    await failure(changed.sending, 'HASH_MISMATCH')
  })

  it('of a file that became shorter end it', async () => {
    const { sending } = await scene(Buffer.alloc(10), { bytes: 20 })
    assert.equal((await failure(sending, 'HASH_MISMATCH')).reason, 'changed')
  })
})
