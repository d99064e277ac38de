/** Keeps something of this node in the DHT: after the start, on change, as long as too few hold it, and now and then. Nobody waits for it. */
import { DHT_BUCKET_SIZE, PUBLICATION_MAX_PAUSE_MS, PUBLICATION_PAUSE_MS, PUBLICATION_SOON_MS, PUBLISH_TIMEOUT_MS } from '../config/dht-limits.ts'
import { jittered } from '../lib/backoff.ts'
import type { Clock, Timer } from '../lib/clock.ts'
import { toError } from '../lib/errors.ts'
import type { Logger } from '../lib/log.ts'

export interface PublicationInit {
  /** As it reads in the log: "the record of this instance". */
  what: string
  /** Resolves with how many nodes hold it. */
  publish: (options: { signal: AbortSignal }) => Promise<number>
  /** How often it is published without a reason. */
  intervalMs: number
  clock: Clock
  random: () => number
  log: Logger
}

export class Publication {
  readonly #init: PublicationInit
  readonly #stopping = new AbortController()
  #timer: Timer | undefined
  #holders = 0
  #lastAt = -Infinity
  #isRunning = false
  /** Rounds since the last change for no reason but a new node, and whether one is due. */
  #retries = 0
  #isRetrying = false
  /** How many came during rounds. */
  #newNodes = 0
  /** How many changes there were; those during a round begin another. */
  #changes = 0

  constructor(init: PublicationInit) {
    this.#init = init
  }

  start(): void {
    this.handleChange()
  }

  stop(): void {
    this.#timer?.cancel()
    this.#stopping.abort(new Error('the mesh is stopping'))
  }

  /** What is published may have changed. */
  handleChange(): void {
    this.#changes += 1
    this.#retries = 0
    this.#scheduleSoon(PUBLICATION_PAUSE_MS)
  }

  /** There is a node that could hold it: in a small network each of them is to, though the more often one comes the later. */
  handleNode(): void {
    if (this.#isRunning) this.#newNodes += 1
    if (this.#isRunning || this.#isRetrying || this.#holders >= DHT_BUCKET_SIZE) return
    this.#isRetrying = true
    this.#scheduleSoon(Math.min(PUBLICATION_PAUSE_MS * 2 ** this.#retries, PUBLICATION_MAX_PAUSE_MS))
    this.#retries += 1
  }

  #scheduleSoon(pauseMs: number): void {
    this.#schedule(Math.max(PUBLICATION_SOON_MS, this.#lastAt + pauseMs - this.#init.clock.now()))
  }

  #schedule(delayMs: number): void {
    if (this.#stopping.signal.aborted || this.#isRunning) return
    this.#timer?.cancel()
    this.#timer = this.#init.clock.after(delayMs, () => {
      this.#publish().catch((error: unknown) => { this.#init.log.debug(`No node took ${this.#init.what}: ${toError(error).message}`) })
    })
  }

  async #publish(): Promise<void> {
    const { what, publish, intervalMs, clock, random, log } = this.#init
    this.#isRunning = true
    this.#isRetrying = false
    const [changes, newNodes] = [this.#changes, this.#newNodes]
    this.#lastAt = clock.now()
    try {
      this.#holders = await publish({ signal: AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(PUBLISH_TIMEOUT_MS)]) })
      log.debug(`${String(this.#holders)} nodes hold ${what}`)
    } finally {
      this.#isRunning = false
      this.#schedule(jittered(intervalMs, random))
      if (this.#changes > changes) this.handleChange()
      else if (this.#newNodes > newNodes) this.handleNode()
    }
  }
}
