/** A clock that stands still until a test moves it. */

import type { Clock, Timer } from '../../src/lib/clock.ts'

interface PendingTimer {
  at: number
  callback: () => void
}

/**
 * @example
 * const clock = new FakeClock()
 * clock.after(1000, ring)
 * clock.advance(1000) // rings
 */
export class FakeClock implements Clock {
  #now: number
  readonly #timers = new Set<PendingTimer>()

  /** @param startMs milliseconds since the epoch */
  constructor(startMs = Date.UTC(2030, 0, 1)) {
    this.#now = startMs
  }

  readonly now = (): number => this.#now

  readonly after = (ms: number, callback: () => void): Timer => {
    const timer = { at: this.#now + Math.max(0, ms), callback }
    this.#timers.add(timer)
    return { cancel: () => { this.#timers.delete(timer) } }
  }

  /** In how many milliseconds each pending timer rings, the next one first. */
  get pending(): number[] {
    return [...this.#timers].map(timer => timer.at - this.#now).sort((one, other) => one - other)
  }

  /** Moves the time on; timers ring in order, each at its own time, those set meanwhile too. */
  advance(ms: number): void {
    const end = this.#now + ms
    for (let timer = this.#nextUntil(end); timer !== undefined; timer = this.#nextUntil(end)) {
      this.#timers.delete(timer)
      this.#now = timer.at
      timer.callback()
    }
    this.#now = end
  }

  #nextUntil(end: number): PendingTimer | undefined {
    let next: PendingTimer | undefined
    for (const timer of this.#timers) {
      if (timer.at <= end && (next === undefined || timer.at < next.at)) next = timer
    }
    return next
  }
}
