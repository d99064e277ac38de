import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { FILE_SYNC_BYTES } from '../../src/config/file-limits.ts'
import type { OpenFile } from '../../src/files/disk.ts'
import { FileWriter } from '../../src/files/file-writer.ts'
import { failure } from '../support/mesh-node.ts'

const PIECE = new Uint8Array(1_024 * 1_024)

/** A disk that takes everything, and says when it is to bring it to rest. */
function diskOf(sync: () => Promise<void>): { file: OpenFile, written: () => number } {
  let written = 0
  const writev = async (pieces: Uint8Array[]): Promise<{ bytesWritten: number }> => {
    const bytesWritten = pieces.reduce((sum, { byteLength }) => sum + byteLength, 0)
    written += bytesWritten
    return Promise.resolve({ bytesWritten })
  }
  return { file: { writev, sync, close: async () => Promise.resolve() }, written: () => written }
}

describe('a file that is written as it comes in', () => {
  it('is brought to the disk on the way, once at a time, and writing goes on meanwhile', async () => {
    const { promise, resolve } = Promise.withResolvers<undefined>()
    let syncs = 0
    const { file, written } = diskOf(async () => {
      syncs += 1
      await promise
    })
    const whole = Promise.withResolvers<undefined>()
    const writer = new FileWriter({
      file, offset: 0, onFailed: assert.ifError, onWritten: (offset) => { if (offset === 3 * FILE_SYNC_BYTES) whole.resolve(undefined) }
    })
    for (let bytes = 0; bytes < 3 * FILE_SYNC_BYTES; bytes += PIECE.byteLength) writer.push(PIECE)
    await whole.promise
    assert.deepEqual([syncs, written()], [1, 3 * FILE_SYNC_BYTES])
    resolve(undefined)
    await writer.settled()
    writer.push(PIECE)
    await writer.settled()
    assert.equal(syncs, 2)
  })

  it('fails when the disk cannot keep what it took', async () => {
    const failures: Error[] = []
    const { file } = diskOf(async () => Promise.reject(Object.assign(new Error('no space left'), { code: 'ENOSPC' })))
    const writer = new FileWriter({ file, offset: 0, onFailed: (error) => { failures.push(error) }, onWritten: () => undefined })
    for (let bytes = 0; bytes < FILE_SYNC_BYTES; bytes += PIECE.byteLength) writer.push(PIECE)
    const error = await failure(writer.settled(), 'DISK_FULL')
    assert.deepEqual(failures, [error])
  })
})
