/** Keeps the routing table fresh: now and then a node looks who is near it, and what is elsewhere. Each in its own time, never in step. */
import { randomBytes } from 'node:crypto'
import type { PeerId } from '@libp2p/interface'
import { DHT_REFRESH_MS, DHT_REFRESH_TIMEOUT_MS } from '../config/dht-limits.ts'
import { jittered } from '../lib/backoff.ts'
import type { Clock, Timer } from '../lib/clock.ts'

export interface DhtRefreshInit {
  self: PeerId
  /** Looks for the nodes nearest to a key; whoever answers is taken up. */
  visit: (key: Uint8Array, options: { signal: AbortSignal }) => Promise<void>
  clock: Clock
  random: () => number
}

export class DhtRefresh {
  readonly #init: DhtRefreshInit
  #stopping = new AbortController()
  #timer: Timer | undefined

  constructor(init: DhtRefreshInit) {
    this.#init = init
  }

  start(): void {
    this.#stopping = new AbortController()
    this.#schedule()
  }

  stop(): void {
    this.#timer?.cancel()
    this.#stopping.abort(new Error('the node is stopping'))
  }

  #schedule(): void {
    const { clock, random } = this.#init
    this.#timer = clock.after(jittered(DHT_REFRESH_MS, random), () => { void this.#refresh() })
  }

  /** A visit never fails: it ends early. */
  async #refresh(): Promise<void> {
    const { self, visit } = this.#init
    for (const key of [self.toMultihash().bytes, randomBytes(32)]) {
      if (!this.#stopping.signal.aborted) await visit(key, { signal: AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(DHT_REFRESH_TIMEOUT_MS)]) })
    }
    if (!this.#stopping.signal.aborted) this.#schedule()
  }
}
