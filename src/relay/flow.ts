/** One direction of a circuit: what arrives on one stream goes out on the other, no faster than that stream and the meter allow. */
import type { Stream } from '@libp2p/interface'
import { Uint8ArrayList } from 'uint8arraylist'
import { RELAY_CHUNK_BYTES } from '../config/relay-limits.ts'
import { toError } from '../lib/errors.ts'
import type { RelayMeter } from './relay-meter.ts'

export interface FlowInit {
  from: Stream
  to: Stream
  /** The peer that sends on `from`. */
  peerId: string
  meter: Pick<RelayMeter, 'charge'>
  onFailure: (error: Error) => void
}

/** A stream that is paused keeps its sender from sending more than one window, so what waits here is bounded. */
export class Flow {
  readonly #init: FlowInit
  readonly #waiting = new Uint8ArrayList()
  #isDraining = false
  #isCharged = false
  #hasEnded = false
  #isResuming = false
  #isClosed = false

  constructor(init: FlowInit) {
    this.#init = init
  }

  open(): void {
    const { from, to } = this.#init
    to.addEventListener('drain', () => {
      this.#isDraining = false
      this.#goOn()
    })
    from.addEventListener('end', () => {
      this.#hasEnded = true
      this.#goOn()
    })
    from.addEventListener('message', ({ data }) => {
      this.#waiting.append(data)
      this.#goOn()
    })
  }

  /** Nothing is passed on any more. */
  close(): void {
    this.#isClosed = true
  }

  #goOn(): void {
    if (this.#isClosed) return
    try {
      this.#pump()
    } catch (error) {
      this.#init.onFailure(toError(error))
    }
  }

  #pump(): void {
    while (this.#waiting.byteLength > 0 && !this.#isHeld) this.#passOn()
    if (this.#waiting.byteLength === 0 && this.#hasEnded) this.#end()
    else this.#holdOrRelease()
  }

  get #isHeld(): boolean {
    return this.#isDraining || this.#isCharged
  }

  #passOn(): void {
    const { to, meter, peerId } = this.#init
    const chunk = this.#waiting.sublist(0, Math.min(RELAY_CHUNK_BYTES, this.#waiting.byteLength))
    this.#waiting.consume(chunk.byteLength)
    this.#isDraining = !to.send(chunk)
    this.#isCharged = meter.charge(peerId, chunk.byteLength, this.#handleTurn)
  }

  readonly #handleTurn = (): void => {
    this.#isCharged = false
    this.#goOn()
  }

  #end(): void {
    this.#isClosed = true
    this.#init.to.close().catch((error: unknown) => { this.#init.onFailure(toError(error)) })
  }

  /** `resume` tells what came meanwhile before it lets the sender go on, so a pause in between would be lost: it is made up for here. */
  #holdOrRelease(): void {
    const { from } = this.#init
    if (this.#isResuming) return
    if (from.readStatus === 'paused' && this.#canTakeMore) {
      this.#isResuming = true
      from.resume()
      this.#isResuming = false
    }
    if (from.readStatus === 'readable' && !this.#canTakeMore) from.pause()
  }

  get #canTakeMore(): boolean {
    return this.#waiting.byteLength === 0 && !this.#isHeld
  }
}
