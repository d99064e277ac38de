/** The bytes of one file as they come in over a stream: counted, written, and given up when they stall or are not what was offered. */
import type { Stream } from '@libp2p/interface'
import type { Uint8ArrayList } from 'uint8arraylist'
import {
  FILE_ANSWER_MS, FILE_HASH_BYTES, FILE_REPORT_BYTES, FILE_REPORT_MS, FILE_STALL_MS, FILE_WINDOW_BYTES, MIN_FILE_PROGRESS_BYTES
} from '../config/file-limits.ts'
import type { Clock, Timer } from '../lib/clock.ts'
import { MeshError, toError } from '../lib/errors.ts'
import type { OpenFile } from './disk.ts'
import { FileWriter } from './file-writer.ts'

export interface ReceivingInit {
  stream: Stream
  file: OpenFile
  /** The first byte that is missing, and how many there are in all. */
  offset: number
  bytes: number
  clock: Clock
  /** Called when much was written since the last time, or some a while ago, and at the end. */
  onWritten: (offset: number) => void
}

/** The sender went away, or we did, before the file was whole. */
export class BrokenOffError extends Error {
  override readonly name = 'BrokenOffError'
}

export class Receiving {
  readonly #init: ReceivingInit
  readonly #writer: FileWriter
  readonly #end = Promise.withResolvers<undefined>()
  /** What came after the last byte of the file. */
  readonly #hash: Uint8Array[] = []
  #arrived: number
  #reported: number
  #reportedAt: number
  #stall: Timer | undefined
  #isOver = false
  #excess: MeshError | undefined

  constructor(init: ReceivingInit) {
    this.#init = init
    this.#arrived = this.#reported = init.offset
    this.#reportedAt = init.clock.now()
    this.#writer = new FileWriter({
      file: init.file, offset: init.offset, onWritten: (offset) => { this.#handleWritten(offset) }, onFailed: (error) => { this.#finish(error) }
    })
  }

  /**
   * Takes the bytes until all of them are written; what came before it failed is written too. Resolves with the SHA-256 of the whole file by
   * the word of the sender, in hex.
   *
   * @throws BrokenOffError, or MeshError `TOO_LARGE` or `DISK_FULL`
   */
  async run(signal: AbortSignal): Promise<string> {
    const { stream } = this.#init
    const stop = (): void => { this.#finish(new BrokenOffError(toError(signal.reason).message)) }
    stream.addEventListener('message', ({ data }) => { this.#handleData(data) })
    stream.addEventListener('remoteCloseWrite', () => { this.#finish(new BrokenOffError('the sender ended before the file was whole')) })
    stream.addEventListener('close', ({ error }) => { this.#finish(new BrokenOffError(error?.message ?? 'the stream ended before the file was whole')) })
    signal.addEventListener('abort', stop)
    if (signal.aborted) stop()
    this.#watch()
    try {
      await this.#end.promise
    } finally {
      signal.removeEventListener('abort', stop)
      this.#stall?.cancel()
      await this.#writer.settled()
    }
    return Buffer.concat(this.#hash).toString('hex')
  }

  /** @throws MeshError `TOO_LARGE` when bytes came after the last one; more may come while the file is checked */
  checkExcess(): void {
    if (this.#excess !== undefined) throw this.#excess
  }

  #handleData(data: Uint8Array | Uint8ArrayList): void {
    const whole = this.#init.bytes + FILE_HASH_BYTES
    if (this.#arrived + data.byteLength > whole) {
      this.#excess = new MeshError('TOO_LARGE', 'more bytes came than were offered')
      this.#finish(this.#excess)
    }
    if (this.#isOver) return
    const wanted = Math.min(data.byteLength, Math.max(0, this.#init.bytes - this.#arrived))
    this.#arrived += data.byteLength
    if (wanted > 0) this.#writer.push(wanted === data.byteLength ? data : data.subarray(0, wanted))
    if (wanted < data.byteLength) this.#hash.push(data.subarray(wanted))
    if (this.#writer.queuedBytes > FILE_WINDOW_BYTES) this.#finish(new BrokenOffError('the sender does not wait until its bytes are written'))
    else if (this.#arrived === whole) this.#finish()
  }

  #handleWritten(offset: number): void {
    const now = this.#init.clock.now()
    const isDue = offset - this.#reported >= FILE_REPORT_BYTES || now - this.#reportedAt >= FILE_REPORT_MS || offset === this.#init.bytes
    if (!isDue) return
    this.#reported = offset
    this.#reportedAt = now
    this.#init.onWritten(offset)
  }

  #watch(): void {
    const { bytes, clock } = this.#init
    const before = this.#arrived
    this.#stall = clock.after(before < bytes ? FILE_STALL_MS : FILE_ANSWER_MS, () => {
      const isMoving = this.#arrived - before >= MIN_FILE_PROGRESS_BYTES || (before < bytes && this.#arrived >= bytes)
      if (isMoving) this.#watch()
      else this.#finish(new BrokenOffError('the sender stalls'))
    })
  }

  #finish(error?: Error): void {
    if (this.#isOver) return
    this.#isOver = true
    if (error === undefined) this.#end.resolve(undefined)
    else this.#end.reject(error)
  }
}
