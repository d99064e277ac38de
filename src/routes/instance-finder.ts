/** Looks instances up that nobody announced here: for a bounded time, and not without end however often it is asked. */
import type { PeerId } from '@libp2p/interface'
import { LOOK_UPS_PER_MINUTE, LOOK_UP_ANSWERS, LOOK_UP_PAUSE_MS, LOOK_UP_SETTLE_MS, LOOK_UP_TIMEOUT_MS, MAX_MISSED, MOVED_MAX_PAUSE_MS, MOVED_PAUSE_MS } from '../config/dht-limits.ts'
import { agentIdOf } from '../lib/agent-id.ts'
import { BoundedMap } from '../lib/bounded-map.ts'
import type { Clock } from '../lib/clock.ts'
import { toError } from '../lib/errors.ts'
import type { Logger } from '../lib/log.ts'
import { RateLimiter } from '../lib/rate-limiter.ts'

/** Who is looked for. */
export type Sought = { agentId: string } | { peerId: PeerId }

export interface InstanceFinderInit {
  /** Resolves when there is a node to ask, or false after a short while. */
  hasNodes: () => Promise<boolean>
  /** Signed records of the agent ID, each as it is heard. */
  records: (agentId: string, options: { signal: AbortSignal }) => AsyncIterable<Uint8Array>
  /** Takes a record; resolves with the peer that signed it, or undefined where it is worth nothing. */
  learn: (agentId: string, record: Uint8Array) => Promise<PeerId | undefined>
  /** Learns where a peer is by the word of others; false when nobody knows. */
  locate: (peerId: PeerId, options: { signal: AbortSignal }) => Promise<boolean>
  log: Logger
  clock: Clock
}

/** Why somebody is looked for; each kind has its own pauses and its own share of the rate. */
interface Purpose {
  name: string
  /** Until the next look-up, which is twice as long after it, up to the longest. */
  firstPauseMs: number
  maxPauseMs: number
  /** Whether there is a pause also after whom it found. */
  pausesAlways: boolean
}

const SOUGHT: Purpose = { name: 'sought', firstPauseMs: LOOK_UP_PAUSE_MS, maxPauseMs: LOOK_UP_PAUSE_MS, pausesAlways: false }
const MOVED: Purpose = { name: 'moved', firstPauseMs: MOVED_PAUSE_MS, maxPauseMs: MOVED_MAX_PAUSE_MS, pausesAlways: true }

interface Pause {
  until: number
  ms: number
}

export class InstanceFinder {
  readonly #init: InstanceFinderInit
  readonly #rate: RateLimiter
  readonly #running = new Map<string, Promise<boolean>>()
  /** Of whoever was not found, or was just found. */
  readonly #pauses = new BoundedMap<string, Pause>(MAX_MISSED)
  readonly #stopping = new AbortController()

  constructor(init: InstanceFinderInit) {
    this.#init = init
    this.#rate = new RateLimiter({ limit: LOOK_UPS_PER_MINUTE, windowMs: 60_000, maxKeys: 2, now: init.clock.now })
  }

  stop(): void {
    this.#stopping.abort(new Error('the mesh is stopping'))
  }

  /** Whether somebody was found, whose route or addresses are known from now on; false also for whom a look-up missed just now. */
  async find(sought: Sought): Promise<boolean> {
    return await this.#find(sought, SOUGHT)
  }

  /** The same for a peer that is known and was not reached: it may have moved. */
  async findAgain(peerId: PeerId): Promise<boolean> {
    return await this.#find({ peerId }, MOVED)
  }

  async #find(sought: Sought, purpose: Purpose): Promise<boolean> {
    const key = `${purpose.name} ${'peerId' in sought ? sought.peerId.toString() : sought.agentId}`
    const running = this.#running.get(key)
    if (running !== undefined) return await running
    const isPaused = (this.#pauses.get(key)?.until ?? 0) > this.#init.clock.now()
    if (this.#stopping.signal.aborted || isPaused || this.#rate.take(purpose.name) > 0) return false
    const search = this.#search(sought, { key, purpose }).finally(() => { this.#running.delete(key) })
    this.#running.set(key, search)
    return await search
  }

  /** Longer than the last one, where nobody ceased to ask since. */
  #pause(key: string, { firstPauseMs, maxPauseMs }: Purpose): void {
    const now = this.#init.clock.now()
    const last = this.#pauses.get(key)
    const ms = last === undefined || now - last.until > firstPauseMs ? firstPauseMs : Math.min(2 * last.ms, maxPauseMs)
    this.#pauses.set(key, { until: now + ms, ms })
  }

  async #search(sought: Sought, { key, purpose }: { key: string, purpose: Purpose }): Promise<boolean> {
    if (!await this.#init.hasNodes()) return false // nobody was asked, so nothing is remembered
    const found = new AbortController()
    const signal = AbortSignal.any([this.#stopping.signal, found.signal, AbortSignal.timeout(LOOK_UP_TIMEOUT_MS)])
    try {
      const agentId = 'peerId' in sought ? agentIdOf(sought.peerId) : sought.agentId
      const located = 'peerId' in sought ? this.#located(sought.peerId, { signal }) : undefined
      const isFound = await this.#byRecord(agentId, { signal, ...'peerId' in sought && { wanted: sought.peerId } }) || await located === true
      if (!isFound || purpose.pausesAlways) this.#pause(key, purpose)
      return isFound
    } finally {
      found.abort()
    }
  }

  /** Several answers are heard, for one of them could be old. */
  async #byRecord(agentId: string, { wanted, signal }: { wanted?: PeerId, signal: AbortSignal }): Promise<boolean> {
    let isFound = false
    let answers = 0
    const settled = new AbortController()
    try {
      for await (const record of this.#init.records(agentId, { signal: AbortSignal.any([signal, settled.signal]) })) {
        const peerId = await this.#init.learn(agentId, record)
        isFound ||= peerId !== undefined && (wanted === undefined || wanted.equals(peerId))
        if ((answers += 1) >= LOOK_UP_ANSWERS) break
        if (isFound && answers === 1) this.#init.clock.after(LOOK_UP_SETTLE_MS, () => { settled.abort(new Error('one answer is enough')) })
      }
    } catch (error) {
      this.#init.log.debug(`A look-up of ${agentId} ended early: ${toError(error).message}`)
    }
    return isFound
  }

  async #located(peerId: PeerId, options: { signal: AbortSignal }): Promise<boolean> {
    try {
      return await this.#init.locate(peerId, options)
    } catch (error) {
      this.#init.log.debug(`Peer ${peerId.toString()} could not be located: ${toError(error).message}`)
      return false
    }
  }
}
