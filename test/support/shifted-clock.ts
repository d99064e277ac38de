/** The machine's clock, which a test can put forward: hours pass at once, and all else goes on as usual. */

import { systemClock, type Clock, type Timer } from '../../src/lib/clock.ts'

interface Pending {
  dueAt: number
  callback: () => void
  timer: Timer
}

export class ShiftedClock implements Clock {
  readonly #pending = new Set<Pending>()
  #shiftMs = 0

  now = (): number => systemClock.now() + this.#shiftMs

  after = (ms: number, callback: () => void): Timer => {
    const pending: Pending = { dueAt: this.now() + ms, callback, timer: { cancel: () => undefined } }
    pending.timer = systemClock.after(ms, () => { this.#fire(pending) })
    this.#pending.add(pending)
    return { cancel: () => { this.#drop(pending) } }
  }

  /** Puts the clock forward by `ms`: timers that are due by then fire now, in their order, the others that much earlier. */
  advance(ms: number): void {
    this.#shiftMs += Math.ceil(ms) // a clock shows whole milliseconds
    for (const pending of [...this.#pending].sort((one, other) => one.dueAt - other.dueAt)) {
      pending.timer.cancel()
      const leftMs = pending.dueAt - this.now()
      if (leftMs <= 0) this.#fire(pending)
      else pending.timer = systemClock.after(leftMs, () => { this.#fire(pending) })
    }
  }

  #fire(pending: Pending): void {
    if (this.#pending.delete(pending)) pending.callback()
  }

  #drop(pending: Pending): void {
    this.#pending.delete(pending)
    pending.timer.cancel()
  }
}
