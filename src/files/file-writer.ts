/** Writes a file as its bytes come in, a few writes for many pieces, in the order in which they came. */
import type { Uint8ArrayList } from 'uint8arraylist'
import { FILE_SYNC_BYTES } from '../config/file-limits.ts'
import { MeshError, systemCode, toError } from '../lib/errors.ts'
import type { OpenFile } from './disk.ts'

export interface FileWriterInit {
  file: OpenFile
  /** Where the first byte belongs. */
  offset: number
  /** Everything before this offset was written. */
  onWritten: (offset: number) => void
  /** The disk takes nothing more. */
  onFailed: (error: Error) => void
}

/** Bytes and pieces of one write. */
const MAX_WRITE_BYTES = 1_024 * 1_024
const MAX_WRITE_PIECES = 512

export class FileWriter {
  readonly #init: FileWriterInit
  #offset: number
  #pieces: Uint8Array[] = []
  #queuedBytes = 0
  #running: Promise<void> = Promise.resolve()
  /** Bringing what came to the disk, beside the writing. */
  #syncing: Promise<void> | undefined
  #syncedTo: number
  #isRunning = false
  #error: Error | undefined

  constructor(init: FileWriterInit) {
    this.#init = init
    this.#offset = this.#syncedTo = init.offset
  }

  /** Bytes that wait to be written. */
  get queuedBytes(): number {
    return this.#queuedBytes
  }

  push(bytes: Uint8Array | Uint8ArrayList): void {
    if (this.#error !== undefined) return
    if (bytes instanceof Uint8Array) this.#pieces.push(bytes)
    else this.#pieces.push(...bytes)
    this.#queuedBytes += bytes.byteLength
    if (this.#isRunning) return
    this.#isRunning = true
    this.#running = this.#run()
  }

  /**
   * Resolves when everything pushed so far is written.
   *
   * @throws MeshError `DISK_FULL`, or what the disk said
   */
  async settled(): Promise<void> {
    await this.#running
    await this.#syncing
    if (this.#error !== undefined) throw this.#error
  }

  async #run(): Promise<void> {
    try {
      while (this.#pieces.length > 0) await this.#write(this.#take())
    } catch (error) {
      this.#fail(error)
    } finally {
      this.#isRunning = false
    }
  }

  #fail(error: unknown): void {
    this.#error = diskError(error)
    this.#pieces = []
    this.#queuedBytes = 0
    this.#init.onFailed(this.#error)
  }

  #take(): Uint8Array[] {
    let bytes = 0
    const count = this.#pieces.findIndex((piece, index) => {
      bytes += piece.byteLength
      return bytes > MAX_WRITE_BYTES || index >= MAX_WRITE_PIECES
    })
    return this.#pieces.splice(0, count === -1 ? this.#pieces.length : Math.max(1, count))
  }

  /** A disk may take less than it was given. */
  async #write(pieces: Uint8Array[]): Promise<void> {
    for (let rest = pieces; rest.length > 0;) {
      const { bytesWritten } = await this.#init.file.writev(rest, this.#offset)
      if (bytesWritten === 0) throw new Error('the disk took nothing')
      this.#offset += bytesWritten
      this.#queuedBytes -= bytesWritten
      rest = without(rest, bytesWritten)
    }
    this.#sync()
    this.#init.onWritten(this.#offset)
  }

  #sync(): void {
    const to = this.#offset
    if (this.#syncing !== undefined || to - this.#syncedTo < FILE_SYNC_BYTES) return
    this.#syncing = this.#init.file.sync()
      .then(() => { this.#syncedTo = to }, (error: unknown) => { this.#fail(error) })
      .finally(() => { this.#syncing = undefined })
  }
}

/** The pieces without their first bytes. */
function without(pieces: Uint8Array[], bytes: number): Uint8Array[] {
  let left = bytes
  return pieces.flatMap((piece) => {
    const used = Math.min(left, piece.byteLength)
    left -= used
    return used === piece.byteLength ? [] : [piece.subarray(used)]
  })
}

/** What the disk said, with the code of the mesh where it is full. */
export function diskError(thrown: unknown): Error {
  const code = systemCode(thrown)
  if (code === 'ENOSPC' || code === 'EDQUOT') return new MeshError('DISK_FULL', 'the disk is full', { cause: thrown })
  return toError(thrown)
}
