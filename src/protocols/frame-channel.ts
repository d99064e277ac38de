/** Length-prefixed frames over a libp2p stream: bounded on both sides, frames of one tick in one write. */
import type { Stream } from '@libp2p/interface'
import { LengthPrefixedDecoder } from '@libp2p/utils'
import { encode } from 'it-length-prefixed'
import { Uint8ArrayList } from 'uint8arraylist'
import type { Clock, Timer } from '../lib/clock.ts'
import { toError } from '../lib/errors.ts'

export interface FrameChannelInit {
  stream: Stream
  clock: Clock
  /** A longer frame aborts the stream. */
  maxFrameBytes: number
  /** A frame that is not complete after this time aborts the stream. */
  maxPartialFrameMs: number
  /** A peer that lets more than this wait to be written is cut off. */
  maxWriteQueueBytes: number
  /** Gets each frame; what it throws aborts the stream. */
  onFrame: (frame: Uint8Array) => void
  /** Called once when nothing more can be sent or received; with the error when the end was not orderly. */
  onClose: (error: Error | undefined) => void
}

/** The peer broke a bound of the channel. */
export class FrameChannelError extends Error {
  override readonly name = 'FrameChannelError'
}

/**
 * A duplex channel of frames. Call `open` once the handlers may run.
 *
 * @example
 * const channel = new FrameChannel({ stream, clock, ...limits, onFrame, onClose })
 * channel.open()
 * channel.send(frame)
 */
export class FrameChannel {
  readonly #init: FrameChannelInit
  readonly #decoder: LengthPrefixedDecoder
  #outgoing = new Uint8ArrayList()
  #flushScheduled = false
  #draining = false
  #pendingBytes = 0
  #partialFrameTimer: Timer | undefined
  #paused = false
  #closed = false

  constructor(init: FrameChannelInit) {
    this.#init = init
    this.#decoder = new LengthPrefixedDecoder({
      maxDataLength: init.maxFrameBytes,
      maxBufferSize: init.maxFrameBytes + init.stream.maxReadBufferLength
    })
  }

  /** Bytes that wait to be written. */
  get queuedBytes(): number {
    return this.#outgoing.byteLength + this.#init.stream.writeBufferLength
  }

  get isOpen(): boolean {
    return !this.#closed
  }

  open(): void {
    const { stream } = this.#init
    stream.addEventListener('close', (event) => { this.#handleClose(event.error) })
    stream.addEventListener('remoteCloseWrite', () => { this.#closeQuietly() })
    stream.addEventListener('message', (event) => { this.#handleData(event.data) })
  }

  /** Queues a frame; all frames of one tick leave in one write. */
  send(frame: Uint8Array): void {
    if (this.#closed) return // the owner learns of the end by onClose, and what was not acknowledged is sent again
    this.#outgoing.append(encode.single(frame))
    if (this.queuedBytes > this.#init.maxWriteQueueBytes) {
      this.abort(new FrameChannelError(`peer reads too slowly: ${String(this.queuedBytes)} bytes wait`))
      return
    }
    this.#scheduleFlush()
  }

  /** Stops reading until `resume`; the muxer's window then stops the sender. */
  pause(): void {
    if (this.#closed || this.#paused) return
    this.#paused = true
    this.#init.stream.pause()
  }

  resume(): void {
    if (this.#closed || !this.#paused) return
    this.#paused = false
    this.#init.stream.resume()
  }

  /** Writes what is queued, then closes our side. */
  async close(options: { signal: AbortSignal }): Promise<void> {
    if (this.#closed) return
    this.#flush()
    await this.#init.stream.close(options)
  }

  abort(error: Error): void {
    this.#init.stream.abort(error)
    this.#handleClose(error)
  }

  #scheduleFlush(): void {
    if (this.#flushScheduled || this.#draining) return
    this.#flushScheduled = true
    process.nextTick(() => { this.#flush() })
  }

  #flush(): void {
    this.#flushScheduled = false
    if (this.#closed || this.#draining || this.#outgoing.byteLength === 0) return
    const bytes = this.#outgoing
    this.#outgoing = new Uint8ArrayList()
    try {
      if (!this.#init.stream.send(bytes.subarray())) this.#waitForDrain()
    } catch (error) {
      this.abort(toError(error))
    }
  }

  #waitForDrain(): void {
    this.#draining = true
    this.#init.stream.onDrain().then(() => {
      this.#draining = false
      this.#flush()
    }, (error: unknown) => {
      this.#handleClose(toError(error))
    })
  }

  #handleData(data: Uint8Array | Uint8ArrayList): void {
    if (this.#closed) return
    this.#pendingBytes += data.byteLength
    let hasCompleted = false
    try {
      for (const frame of this.#decoder.decode(data)) {
        hasCompleted = true
        this.#pendingBytes -= prefixBytes(frame.byteLength) + frame.byteLength
        this.#init.onFrame(frame.subarray())
        if (!this.isOpen) return
      }
    } catch (error) {
      this.abort(toError(error))
      return
    }
    this.#watchPartialFrame(hasCompleted)
  }

  /** Restarted by a complete frame only: trickling bytes does not extend the deadline. */
  #watchPartialFrame(hasCompleted: boolean): void {
    if (hasCompleted || this.#pendingBytes === 0) {
      this.#partialFrameTimer?.cancel()
      this.#partialFrameTimer = undefined
    }
    if (this.#pendingBytes === 0) return
    this.#partialFrameTimer ??= this.#init.clock.after(this.#init.maxPartialFrameMs, () => {
      this.abort(new FrameChannelError(`a frame was not complete after ${String(this.#init.maxPartialFrameMs)} ms`))
    })
  }

  #closeQuietly(): void {
    this.#flush()
    this.#init.stream.close().catch((error: unknown) => { this.#handleClose(toError(error)) })
  }

  #handleClose(error: Error | undefined): void {
    if (this.#closed) return
    this.#closed = true
    this.#partialFrameTimer?.cancel()
    this.#init.onClose(error)
  }
}

/** Length of the varint before a frame; frames stay below 2 MiB. An empty frame is none and runs into the deadline. */
function prefixBytes(frameBytes: number): number {
  if (frameBytes < 0x80) return 1
  return frameBytes < 0x4000 ? 2 : 3
}
