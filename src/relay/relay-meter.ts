/** What relayed data costs: the budget of the peer that sends it, and the rate that all share. */
import { MAX_TRACKED_PEERS } from '../config/limits.ts'
import { RELAY_BURST_MS } from '../config/relay-limits.ts'
import type { RelayLimits } from '../config/resolve.ts'
import type { Clock } from '../lib/clock.ts'
import { RateLimiter } from '../lib/rate-limiter.ts'
import { FairRate } from './fair-rate.ts'

/** Peers over their budget are slowed down rather than cut off: messages still pass, files hardly do. */
export class RelayMeter {
  readonly #clock: Clock
  readonly #budgets: RateLimiter
  readonly #rate: FairRate
  #bytes = 0

  constructor({ perPeerBytes, perPeerSeconds, bytesPerSecond }: RelayLimits, clock: Clock) {
    this.#clock = clock
    this.#budgets = new RateLimiter({ limit: perPeerBytes, windowMs: perPeerSeconds * 1000, maxKeys: MAX_TRACKED_PEERS, now: clock.now })
    this.#rate = new FairRate({ bytesPerSecond, burstMs: RELAY_BURST_MS, clock })
  }

  /** All bytes so far. */
  get bytes(): number {
    return this.#bytes
  }

  /** Whether the peer has used up its budget, and sends at the pace of its refill. */
  isSpent(peerId: string): boolean {
    return this.#budgets.debtMs(peerId) > 0
  }

  /** Counts what a peer has sent. True when it has to wait before it sends on: `go` is called then, later. */
  charge(peerId: string, bytes: number, go: () => void): boolean {
    this.#bytes += bytes
    const debtMs = this.#budgets.charge(peerId, bytes)
    const isOver = this.#rate.charge(peerId, bytes)
    if (debtMs > 0) this.#clock.after(debtMs, () => { this.#rate.wait(peerId, go) })
    else if (isOver) this.#rate.wait(peerId, go)
    return debtMs > 0 || isOver
  }
}
