/** Cuts the STUN messages out of a TCP byte stream. */
import { STUN_HEADER_BYTES, stunLength } from './stun.ts'

/** No message of ours is longer; a stream that announces more is not STUN. */
const MAX_MESSAGE_BYTES = 512

export class StunFrames {
  readonly #onFrame: (frame: Uint8Array) => void
  #pending = new Uint8Array(0)

  constructor(onFrame: (frame: Uint8Array) => void) {
    this.#onFrame = onFrame
  }

  /** Takes received bytes; false when they are not STUN, and the stream is to be cut. */
  push(bytes: Uint8Array): boolean {
    this.#pending = concat(this.#pending, bytes)
    while (this.#pending.byteLength >= STUN_HEADER_BYTES) {
      const length = stunLength(this.#pending)
      if (length === undefined || length > MAX_MESSAGE_BYTES) return false
      if (this.#pending.byteLength < length) break
      this.#onFrame(this.#pending.slice(0, length))
      this.#pending = this.#pending.slice(length)
    }
    return true
  }
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(a.byteLength + b.byteLength)
  joined.set(a)
  joined.set(b, a.byteLength)
  return joined
}
