/** How late timers fire in this process: what everything else here would notice of the mesh. */
import { monitorEventLoopDelay } from 'node:perf_hooks'

/** Watches the event loop from its creation on. */
export class LoopDelay {
  readonly #histogram = monitorEventLoopDelay({ resolution: 1 })

  constructor() {
    this.#histogram.enable()
  }

  /** Ends the watch: the 99th percentile in ms, the timer's own period of 1 ms included. */
  end(): number {
    this.#histogram.disable()
    return this.#histogram.percentile(99) / 1e6
  }
}
