/** One rate for many senders: what is over it waits, and of those who wait the one that had least goes first. */
import { MAX_TRACKED_PEERS } from '../config/limits.ts'
import { BoundedMap } from '../lib/bounded-map.ts'
import type { Clock, Timer } from '../lib/clock.ts'

export interface FairRateInit {
  bytesPerSecond: number
  /** What may be sent at once after a pause: this much of the rate. */
  burstMs: number
  clock: Clock
}

interface Waiting {
  sender: string
  go: () => void
}

/**
 * Start-time fair queueing. Every sender has a mark that grows by the bytes it sent and never lags behind the mark of the one that was
 * served last, so that nobody saves up while idle.
 */
export class FairRate {
  readonly #init: FairRateInit
  readonly #marks = new BoundedMap<string, number>(MAX_TRACKED_PEERS)
  #waiting: Waiting[] = []
  /** When all that was sent will have been within the rate. */
  #paidAt = 0
  #lastMark = 0
  #timer: Timer | undefined

  constructor(init: FairRateInit) {
    this.#init = init
  }

  /** Counts what a sender has sent; true when the rate is used up, and the sender has to `wait` before the next. */
  charge(sender: string, bytes: number): boolean {
    const { bytesPerSecond, burstMs, clock } = this.#init
    const now = clock.now()
    this.#paidAt = Math.max(this.#paidAt, now - burstMs) + bytes * 1000 / bytesPerSecond
    this.#marks.set(sender, this.#markOf(sender) + bytes)
    return this.#paidAt > now
  }

  /** Calls back when it is the sender's turn. */
  wait(sender: string, go: () => void): void {
    this.#waiting.push({ sender, go })
    this.#schedule()
  }

  #markOf(sender: string): number {
    return Math.max(this.#marks.get(sender) ?? 0, this.#lastMark)
  }

  #schedule(): void {
    if (this.#timer !== undefined || this.#waiting.length === 0) return
    this.#timer = this.#init.clock.after(this.#paidAt - this.#init.clock.now(), () => {
      this.#timer = undefined
      this.#serve()
    })
  }

  /** Those who were waiting go on for as long as there is rate; those who begin to wait meanwhile are among them. */
  #serve(): void {
    while (this.#waiting.length > 0 && this.#paidAt <= this.#init.clock.now()) {
      const next = this.#waiting.reduce((first, other) => this.#markOf(other.sender) < this.#markOf(first.sender) ? other : first)
      this.#waiting = this.#waiting.filter(other => other !== next)
      this.#lastMark = this.#markOf(next.sender)
      next.go()
    }
    this.#schedule()
  }
}
