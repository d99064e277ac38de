/** Time as a parameter: the wall clock and timers that units take instead of the globals. */

/** A pending timer; `cancel` is safe to call at any time and twice. */
export interface Timer {
  cancel: () => void
}

/** Where a unit gets the time from. Times are milliseconds since the epoch. */
export interface Clock {
  now: () => number
  /** Calls back once after `ms`; a timer never keeps the process alive. */
  after: (ms: number, callback: () => void) => Timer
}

const LONGEST_TIMER_MS = 2 ** 31 - 1

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after: (ms, callback) => {
    const timer = setTimeout(callback, Math.min(Math.max(0, ms), LONGEST_TIMER_MS))
    timer.unref()
    return { cancel: () => { clearTimeout(timer) } }
  }
}
