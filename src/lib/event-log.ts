/** Recent events in order, for those who listen and for those who ask later. */
import type { Clock } from './clock.ts'

export interface EventLogInit {
  /** Events kept; whoever falls further behind misses the oldest. */
  maxEvents: number
  clock: Clock
}

/** An event with its place in the order, counted from 1. */
export type Logged<E> = E & { seq: number }

export interface EventQuery<E> {
  /** Events after this one; absent: from now on. */
  after?: number | undefined
  matches: (event: Logged<E>) => boolean
  timeoutMs: number
}

/**
 * A bounded log of events.
 *
 * @example
 * const log = new EventLog<{ type: 'up' }>({ maxEvents: 1000, clock })
 * log.append({ type: 'up' })
 */
export class EventLog<E extends object> {
  readonly #init: EventLogInit
  readonly #listeners = new Set<(event: Logged<E>) => void>()
  #events: Array<Logged<E>> = []
  #seq = 0

  constructor(init: EventLogInit) {
    this.#init = init
  }

  get lastSeq(): number {
    return this.#seq
  }

  append(event: E): void {
    this.#seq += 1
    const logged = { ...event, seq: this.#seq }
    this.#events.push(logged)
    if (this.#events.length > this.#init.maxEvents * 2) this.#events = this.#events.slice(-this.#init.maxEvents)
    for (const listener of [...this.#listeners]) listener(logged)
  }

  /** Calls `listener` for each event from now on; returns the way to stop. */
  subscribe(listener: (event: Logged<E>) => void): () => void {
    this.#listeners.add(listener)
    return () => { this.#listeners.delete(listener) }
  }

  /** The matching events, at once where there are some, otherwise when the first one comes or the time is over. */
  async wait(query: EventQuery<E>): Promise<{ events: Array<Logged<E>>, cursor: number }> {
    const after = query.after ?? this.#seq
    const known = this.#events.filter(event => event.seq > after && query.matches(event))
    if (known.length > 0) return { events: known, cursor: this.#seq }
    const event = await this.#next(query)
    return { events: event === undefined ? [] : [event], cursor: event?.seq ?? this.#seq }
  }

  #next(query: EventQuery<E>): Promise<Logged<E> | undefined> {
    const { promise, resolve } = Promise.withResolvers<Logged<E> | undefined>()
    const timer = this.#init.clock.after(query.timeoutMs, () => { resolve(undefined) })
    const stop = this.subscribe((event) => { if (query.matches(event)) resolve(event) })
    return promise.finally(() => {
      timer.cancel()
      stop()
    })
  }
}
