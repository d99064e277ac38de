/** The most memory that this process takes while something happens. */
import { setInterval } from 'node:timers'

const SAMPLE_MS = 20
const MIB = 1_048_576

export class PeakMemory {
  readonly #timer: NodeJS.Timeout
  #peak = 0

  constructor() {
    this.#sample()
    this.#timer = setInterval(() => { this.#sample() }, SAMPLE_MS)
  }

  /** Ends the watch; the peak in MiB. */
  end(): number {
    clearInterval(this.#timer)
    this.#sample()
    return this.#peak / MIB
  }

  #sample(): void {
    this.#peak = Math.max(this.#peak, process.memoryUsage.rss())
  }
}
