/** Keeps this instance's record in the DHT: after the start, on change, as long as too few hold it, and now and then. Nobody waits for it. */
import { DHT_BUCKET_SIZE, PUBLISH_TIMEOUT_MS, RECORD_INTERVAL_MS, RECORD_PAUSE_MS, RECORD_SOON_MS } from '../config/dht-limits.ts'
import type { Clock, Timer } from '../lib/clock.ts'
import { toError } from '../lib/errors.ts'
import type { Logger } from '../lib/log.ts'

export interface RecordPublisherInit {
  /** A fresh record; undefined while there is nothing to tell. */
  seal: () => Promise<Uint8Array | undefined>
  /** Resolves with how many nodes hold it. */
  put: (record: Uint8Array, options: { signal: AbortSignal }) => Promise<number>
  clock: Clock
  random: () => number
  log: Logger
}

export class RecordPublisher {
  readonly #init: RecordPublisherInit
  readonly #stopping = new AbortController()
  #timer: Timer | undefined
  #holders = 0
  #lastAt = -Infinity
  #isPutting = false
  /** Something changed while the last record was being put. */
  #isStale = false

  constructor(init: RecordPublisherInit) {
    this.#init = init
  }

  start(): void {
    this.handleChange()
  }

  stop(): void {
    this.#timer?.cancel()
    this.#stopping.abort(new Error('the mesh is stopping'))
  }

  /** How many nodes held the record when it was last put. */
  get holders(): number {
    return this.#holders
  }

  /** What the record tells may have changed. */
  handleChange(): void {
    this.#isStale = this.#isPutting
    this.#schedule(Math.max(RECORD_SOON_MS, this.#lastAt + RECORD_PAUSE_MS - this.#init.clock.now()))
  }

  /** A node is there that could hold the record: in a small network each of them is to. */
  handleNode(): void {
    if (this.#holders < DHT_BUCKET_SIZE) this.handleChange()
  }

  #schedule(delayMs: number): void {
    if (this.#stopping.signal.aborted || this.#isPutting) return
    this.#timer?.cancel()
    this.#timer = this.#init.clock.after(delayMs, () => {
      this.#publish().catch((error: unknown) => { this.#init.log.debug(`The record of this instance was not put: ${toError(error).message}`) })
    })
  }

  async #publish(): Promise<void> {
    const { seal, put, clock, random, log } = this.#init
    this.#isPutting = true
    this.#isStale = false
    this.#lastAt = clock.now()
    try {
      const record = await seal()
      this.#holders = record === undefined ? 0 : await put(record, { signal: AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(PUBLISH_TIMEOUT_MS)]) })
      if (this.#holders > 0) log.debug(`The record of this instance is held by ${String(this.#holders)} nodes`)
    } finally {
      this.#isPutting = false
      if (this.#isStale) this.handleChange()
      else this.#schedule(RECORD_INTERVAL_MS * (0.75 + random() / 2)) // never in step with others
    }
  }
}
