/** How much a key may use in a window of time, and how long the next has to wait. */
import { BoundedMap } from './bounded-map.ts'

export interface RateLimiterInit {
  /** Events allowed in a row, and for each window after that. 0 refuses all. */
  limit: number
  windowMs: number
  /** Keys remembered at a time; the least recently used is forgotten. */
  maxKeys: number
  now: () => number
}

/** A token bucket for each key (GCRA: one number a key, no timers). */
export class RateLimiter {
  readonly #init: RateLimiterInit
  /** When the bucket of a key will be full again. */
  readonly #fullAt: BoundedMap<string, number>

  constructor(init: RateLimiterInit) {
    this.#init = init
    this.#fullAt = new BoundedMap(init.maxKeys)
  }

  /**
   * Takes one event of `key`.
   *
   * @returns 0 when it is allowed; otherwise the milliseconds until the next one is, and nothing is taken
   */
  take(key: string): number {
    const { limit, windowMs, now } = this.#init
    if (limit === 0) return windowMs
    const at = now()
    const before = Math.min(this.#fullAt.get(key) ?? at, at + windowMs) // further away only where the clock was set back
    const fullAt = Math.max(before, at) + windowMs / limit
    const waitMs = fullAt - windowMs - at
    if (waitMs > 0.5) return Math.ceil(waitMs)
    this.#fullAt.set(key, fullAt)
    return 0
  }

  /**
   * Takes an amount that is used already, allowed or not.
   *
   * @returns 0 while the key is within its limit; otherwise the milliseconds until it is again
   */
  charge(key: string, amount: number): number {
    const { limit, windowMs, now } = this.#init
    const at = now()
    const fullAt = Math.max(this.#fullAt.get(key) ?? at, at) + amount * windowMs / limit
    this.#fullAt.set(key, fullAt)
    return Math.max(0, Math.ceil(fullAt - windowMs - at))
  }

  /** Milliseconds until the key is within its limit again. */
  debtMs(key: string): number {
    const { windowMs, now } = this.#init
    return Math.max(0, Math.ceil((this.#fullAt.get(key) ?? 0) - windowMs - now()))
  }
}
