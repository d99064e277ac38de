/** Finds relays that serve everybody, as many as the owner asked for, and replaces those that do not. */
import type { PeerId } from '@libp2p/interface'
import { multiaddr, type Multiaddr } from '@multiformats/multiaddr'
import { MAX_DISCOVERED_RELAYS, RELAY_AVOID_MS, RELAY_SEARCH_FIRST_MS, RELAY_SEARCH_MAX_MS, RELAY_TRIAL_MS } from '../config/dht-limits.ts'
import { backoffDelay } from '../lib/backoff.ts'
import { BoundedMap } from '../lib/bounded-map.ts'
import type { Clock, Timer } from '../lib/clock.ts'
import { isRelayed } from '../lib/connection-path.ts'
import { toError } from '../lib/errors.ts'
import type { Logger } from '../lib/log.ts'
import type { RelaySupervisor } from './relay-supervisor.ts'

/** A relay and where it is. */
export interface RelayHint {
  peerId: PeerId
  addresses: Multiaddr[]
}

export interface RelayDiscoveryInit {
  wanted: number
  /** Relays, each as it is heard of. */
  search: (options: { signal: AbortSignal }) => AsyncIterable<RelayHint>
  relays: Pick<RelaySupervisor, 'add' | 'remove' | 'status'>
  searchTimeoutMs: number
  clock: Clock
  random: () => number
  log: Logger
}

/** Relays that are avoided for a time are remembered, a few for each that is held. */
const MAX_AVOIDED = 16 * MAX_DISCOVERED_RELAYS

export class RelayDiscovery {
  readonly #init: RelayDiscoveryInit
  readonly #stopping = new AbortController()
  /** When each found relay was taken on. */
  readonly #found = new Map<string, { peerId: PeerId, since: number }>()
  readonly #avoidedUntil = new BoundedMap<string, number>(MAX_AVOIDED)
  #timer: Timer | undefined
  #failures = 1
  #isRunning = false

  constructor(init: RelayDiscoveryInit) {
    this.#init = init
  }

  start(): void {
    if (this.#init.wanted > 0) this.#schedule(RELAY_SEARCH_FIRST_MS)
  }

  stop(): void {
    this.#timer?.cancel()
    this.#stopping.abort(new Error('the mesh is stopping'))
  }

  /** There is a further node that can be asked. */
  handleNode(): void {
    if (this.#found.size >= this.#init.wanted || this.#failures === 1) return
    this.#failures = 1
    this.#schedule(RELAY_SEARCH_FIRST_MS)
  }

  #schedule(delayMs: number): void {
    if (this.#stopping.signal.aborted || this.#isRunning) return
    this.#timer?.cancel()
    this.#timer = this.#init.clock.after(delayMs, () => {
      this.#review().catch((error: unknown) => { this.#init.log.debug(`The search for relays failed: ${toError(error).message}`) })
    })
  }

  async #review(): Promise<void> {
    this.#isRunning = true
    try {
      this.#dropUseless()
      if (this.#found.size < this.#init.wanted) await this.#search()
      this.#failures = this.#found.size < this.#init.wanted ? this.#failures + 1 : 1
    } finally {
      this.#isRunning = false
      const { wanted, random } = this.#init
      const isComplete = this.#found.size >= wanted
      this.#schedule(isComplete ? RELAY_TRIAL_MS : backoffDelay({ firstMs: RELAY_SEARCH_FIRST_MS, maxMs: RELAY_SEARCH_MAX_MS }, this.#failures, random))
    }
  }

  /** Those that gave no reservation, or lost it, and had their time. */
  #dropUseless(): void {
    const { relays, clock } = this.#init
    const waiting = new Map(relays.status().filter(({ state }) => state === 'waiting').map(({ peerId, since }) => [peerId, since]))
    for (const [key, { peerId, since }] of this.#found) {
      const waitingSince = waiting.get(key)
      if (waitingSince === undefined || clock.now() - Math.max(since, waitingSince) < RELAY_TRIAL_MS) continue
      relays.remove(peerId)
      this.#found.delete(key)
      this.#avoidedUntil.set(key, clock.now() + RELAY_AVOID_MS)
    }
  }

  async #search(): Promise<void> {
    const { search, relays, searchTimeoutMs, wanted, clock, log } = this.#init
    const signal = AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(searchTimeoutMs)])
    for await (const { peerId, addresses } of search({ signal })) {
      const key = peerId.toString()
      const address = addresses.find(candidate => !isRelayed({ remoteAddr: candidate }))
      const isListed = relays.status().some(relay => relay.peerId === key)
      if (address === undefined || isListed || (this.#avoidedUntil.get(key) ?? 0) > clock.now()) continue
      log.info(`Relay found: ${key}`)
      this.#found.set(key, { peerId, since: clock.now() })
      relays.add(peerId, multiaddr(`${address.toString()}/p2p/${key}`))
      if (this.#found.size >= wanted) return
    }
  }
}
