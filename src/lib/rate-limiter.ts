/** How many events a key may cause in a window of time, and how long the next one has to wait. */
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
}
