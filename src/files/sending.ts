/** The bytes of one file as they go out over a stream: no more on their way than the recipient can be expected to hold. */
import type { FileHandle } from 'node:fs/promises'
import { FILE_ANSWER_MS, FILE_CHUNK_BYTES, FILE_STALL_MS, FILE_WINDOW_BYTES } from '../config/file-limits.ts'
import type { Clock } from '../lib/clock.ts'
import { Deadline } from '../lib/deadline.ts'
import { MeshError, toError } from '../lib/errors.ts'
import { FileFrameError, toRefusedError, type FileChannel } from '../protocols/file-frames.ts'

export interface SendingInit {
  channel: FileChannel
  file: Pick<FileHandle, 'read'>
  /** The first byte that the recipient lacks, and how many there are in all. */
  offset: number
  bytes: number
  /** Of the whole file, in hex; it may come as late as the last byte. */
  sha256: Promise<string>
  clock: Clock
  /** The recipient wrote everything before this offset. */
  onWritten: (offset: number) => void
}

/** A buffer is used again only when the recipient has what it held. */
const BUFFERS = FILE_WINDOW_BYTES / FILE_CHUNK_BYTES + 1

/**
 * Sends the bytes; resolves when the recipient has checked and kept the whole file.
 *
 * @throws MeshError what the recipient refused it with, why there is no hash, or `HASH_MISMATCH` when the file changed under our hands
 */
export async function sendBytes(init: SendingInit, signal: AbortSignal): Promise<void> {
  const stop = new AbortController()
  const deadline = new Deadline(init.clock)
  const sending = new Sending(init, { signal: AbortSignal.any([signal, stop.signal, deadline.signal]), deadline })
  const answer = sending.readAnswers()
  const writing = sending.write()
  try {
    await Promise.race([answer, writing.then(async () => { await answer })])
  } finally {
    deadline.cancel()
    stop.abort(new Error('the transfer is over'))
    await Promise.allSettled([answer, writing]) // the file is closed after this
  }
}

class Sending {
  readonly #init: SendingInit
  readonly #signal: AbortSignal
  readonly #deadline: Deadline
  #sent: number
  #written: number
  #isWhole = false
  readonly #aborted = Promise.withResolvers<never>()
  #progress = Promise.withResolvers<undefined>()

  constructor(init: SendingInit, { signal, deadline }: { signal: AbortSignal, deadline: Deadline }) {
    this.#init = init
    this.#signal = signal
    this.#deadline = deadline
    this.#sent = this.#written = init.offset
    this.#expectAnswer()
    void Promise.allSettled([this.#aborted.promise]) // mostly nobody waits for it
    signal.addEventListener('abort', () => {
      this.#aborted.reject(toError(signal.reason))
      this.#progress.resolve(undefined)
    }, { once: true })
  }

  async readAnswers(): Promise<void> {
    const { channel, onWritten } = this.#init
    for (;;) {
      const frame = await channel.read(['written', 'done', 'refusal'], { signal: this.#signal })
      if (frame.kind === 'refusal') throw toRefusedError(frame.refusal)
      if (frame.kind === 'done') {
        if (!this.#isWhole) throw new FileFrameError('the recipient was done before it had the whole file')
        return
      }
      this.#note(frame.offset)
      onWritten(frame.offset)
    }
  }

  async write(): Promise<void> {
    const { channel: { stream }, bytes, sha256 } = this.#init
    const count = Math.min(BUFFERS, Math.ceil((bytes - this.#sent) / FILE_CHUNK_BYTES))
    const buffers = Array.from({ length: count }, () => Buffer.allocUnsafeSlow(FILE_CHUNK_BYTES))
    for (let buffer = buffers.shift(); buffer !== undefined && this.#sent < bytes; buffer = buffers.shift()) {
      await this.#room()
      const chunk = await this.#read(buffer)
      this.#sent += chunk.byteLength
      if (!stream.send(chunk)) await stream.onDrain({ signal: this.#signal })
      buffers.push(buffer)
    }
    stream.send(Buffer.from(await Promise.race([sha256, this.#aborted.promise]), 'hex'))
    this.#isWhole = true
  }

  /** A whole chunk, so that as many buffers as there are hold a window. */
  async #read(buffer: Buffer): Promise<Uint8Array> {
    const position = this.#sent
    const wanted = Math.min(buffer.byteLength, this.#init.bytes - position)
    for (let filled = 0; filled < wanted;) {
      const { bytesRead } = await this.#init.file.read(buffer, filled, wanted - filled, position + filled)
      if (bytesRead === 0) throw new MeshError('HASH_MISMATCH', 'the file became shorter while it was sent', { reason: 'changed' })
      filled += bytesRead
    }
    return buffer.subarray(0, wanted)
  }

  async #room(): Promise<void> {
    while (this.#sent + FILE_CHUNK_BYTES - this.#written > FILE_WINDOW_BYTES) {
      this.#signal.throwIfAborted()
      await this.#progress.promise
    }
    this.#signal.throwIfAborted()
  }

  #note(offset: number): void {
    if (offset < this.#written || offset > this.#sent) throw new FileFrameError('a report of bytes that were not sent')
    this.#written = offset
    this.#expectAnswer()
    this.#progress.resolve(undefined)
    this.#progress = Promise.withResolvers()
  }

  #expectAnswer(): void {
    const isAllThere = this.#written === this.#init.bytes
    this.#deadline.set(isAllThere ? FILE_ANSWER_MS : FILE_STALL_MS, new Error(isAllThere ? 'the recipient does not finish' : 'the recipient stalls'))
  }
}
