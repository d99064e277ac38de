/** A time limit on a clock that tests can move. */
import type { Clock } from './clock.ts'

/** A limit that counts anew whenever it is told to. */
export class Deadline {
  readonly #clock: Clock
  readonly #abort = new AbortController()
  #timer: { cancel: () => void } | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get signal(): AbortSignal {
    return this.#abort.signal
  }

  /** Aborts with the error after this time, unless it is set again before. */
  set(ms: number, error: Error): void {
    this.#timer?.cancel()
    this.#timer = this.#clock.after(ms, () => { this.#abort.abort(error) })
  }

  cancel(): void {
    this.#timer?.cancel()
  }
}
