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
      lengthDecoder: readPrefix,
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
    stream.addEventListener('remoteCloseWrite', () => { this.#handleRemoteEnd() })
    stream.addEventListener('message', (event) => { this.#handleData(event.data) })
    queueMicrotask(() => { this.#catchUp() }) // after what the stream had read before, which comes in a microtask too
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
    this.#decode(new Uint8Array(0)) // what came in one piece with the frame that led to the pause
    if (!this.#isReading) return
    try {
      this.#init.stream.resume()
    } catch (error) {
      this.abort(toError(error)) // the connection below is closing, and takes no word about the window any more
    }
  }

  /** Writes what is queued, then closes our side. */
  async close(options?: { signal: AbortSignal }): Promise<void> {
    while (this.isOpen && this.#outgoing.byteLength > 0) {
      this.#flush()
      await this.#init.stream.onDrain(options)
    }
    if (this.isOpen) await this.#init.stream.close(options)
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

  get #isReading(): boolean {
    return !this.#closed && !this.#paused
  }

  #handleData(data: Uint8Array | Uint8ArrayList): void {
    if (this.#closed) return
    this.#pendingBytes += data.byteLength
    this.#decode(data)
  }

  #decode(data: Uint8Array | Uint8ArrayList): void {
    let hasCompleted = false
    try {
      for (const frame of this.#decoder.decode(data)) {
        hasCompleted = true
        this.#pendingBytes -= prefixBytes(frame.byteLength) + frame.byteLength
        this.#init.onFrame(frame.subarray())
        if (!this.#isReading) break
      }
    } catch (error) {
      this.abort(toError(error))
      return
    }
    this.#watchPartialFrame(hasCompleted)
  }

  /** Restarted by a complete frame only: trickling bytes does not extend the deadline. What waits for `resume` has none. */
  #watchPartialFrame(hasCompleted: boolean): void {
    if (hasCompleted || this.#pendingBytes === 0) {
      this.#partialFrameTimer?.cancel()
      this.#partialFrameTimer = undefined
    }
    if (this.#pendingBytes === 0 || !this.#isReading) return
    this.#partialFrameTimer ??= this.#init.clock.after(this.#init.maxPartialFrameMs, () => {
      this.abort(new FrameChannelError(`a frame was not complete after ${String(this.#init.maxPartialFrameMs)} ms`))
    })
  }

  /** A stream may end before anybody listens, and does not say so again. */
  #catchUp(): void {
    const { status, remoteWriteStatus } = this.#init.stream
    if (status !== 'open') this.#handleClose(new Error(`the stream was ${status} before it was used`))
    else if (remoteWriteStatus === 'closed') this.#handleRemoteEnd()
  }

  /** The peer ended its side; one that reads nothing of what is still queued is not waited for. */
  #handleRemoteEnd(): void {
    if (this.#isReading && this.#pendingBytes > 0) {
      this.abort(new FrameChannelError('the stream ended in the middle of a frame'))
      return
    }
    const timer = this.#init.clock.after(this.#init.maxPartialFrameMs, () => {
      this.abort(new Error('the peer closed its side of the stream and does not read ours'))
    })
    this.close()
      .catch((error: unknown) => { this.abort(toError(error)) })
      .finally(() => { timer.cancel() })
  }

  #handleClose(error: Error | undefined): void {
    if (this.#closed) return
    this.#closed = true
    this.#partialFrameTimer?.cancel()
    this.#init.onClose(error)
  }
}

/** Tells the decoder to wait for more bytes. Made once: it is thrown after every chunk, and a new error would record its stack each time. */
const NEEDS_MORE = new RangeError('no complete length prefix')

/** The varint before a frame; its end is not looked for beyond what the longest frame needs. */
function readPrefix(bytes: Uint8Array | Uint8ArrayList): number {
  let length = 0
  for (let index = 0; index < MAX_PREFIX_BYTES; index++) {
    if (index >= bytes.byteLength) throw NEEDS_MORE
    const byte = bytes instanceof Uint8Array ? bytes[index] ?? 0 : bytes.get(index)
    length += (byte & 0x7f) << (7 * index)
    if (byte < 0x80) return length
  }
  return Infinity
}

const MAX_PREFIX_BYTES = 3

/** Length of the varint before a frame; frames stay below 2 MiB. An empty frame is none and runs into the deadline. */
function prefixBytes(frameBytes: number): number {
  if (frameBytes < 0x80) return 1
  return frameBytes < 0x4000 ? 2 : 3
}
