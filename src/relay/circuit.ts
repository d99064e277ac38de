/** A relayed connection as the relay sees it: two streams joined, each with a peer at its other end. */
import type { Stream, StreamCloseEvent } from '@libp2p/interface'
import { CIRCUIT_CLOSE_TIMEOUT_MS } from '../config/relay-limits.ts'
import type { Clock, Timer } from '../lib/clock.ts'
import { toError } from '../lib/errors.ts'
import { Flow } from './flow.ts'
import type { RelayMeter } from './relay-meter.ts'

/** A stream and who is at its other end. */
export interface CircuitEnd {
  stream: Stream
  peerId: string
}

export interface CircuitInit {
  source: CircuitEnd
  destination: CircuitEnd
  meter: Pick<RelayMeter, 'charge'>
  /** The circuit is cut when it is older. */
  maxAgeMs: number
  clock: Clock
  onClosed: () => void
}

export class Circuit {
  readonly #init: CircuitInit
  readonly #flows: Flow[]
  readonly #closed = Promise.withResolvers<undefined>()
  #timers: Timer[] = []
  #isSettled = false

  constructor(init: CircuitInit) {
    this.#init = init
    const { source, destination, meter } = init
    const onFailure = (error: Error): void => { this.abort(error) }
    this.#flows = [
      new Flow({ from: source.stream, to: destination.stream, peerId: source.peerId, meter, onFailure }),
      new Flow({ from: destination.stream, to: source.stream, peerId: destination.peerId, meter, onFailure })
    ]
  }

  open(): void {
    const { source, destination, maxAgeMs } = this.#init
    source.stream.addEventListener('close', (event) => { this.#handleClosed(event, destination.stream) })
    destination.stream.addEventListener('close', (event) => { this.#handleClosed(event, source.stream) })
    this.#abortAfter(maxAgeMs, `the relayed connection is older than ${String(maxAgeMs / 1000)} s`)
    for (const flow of this.#flows) flow.open()
    this.#settle() // one end may have gone while the other was asked
  }

  /** Ends it so that both peers are told in order; those who do not answer in time are cut off. */
  async close(): Promise<void> {
    this.#abortAfter(CIRCUIT_CLOSE_TIMEOUT_MS, 'the relay is stopping')
    for (const flow of this.#flows) flow.close() // what they say to their end finds no way any more
    for (const { stream } of this.#ends) stream.close().catch((error: unknown) => { stream.abort(toError(error)) })
    await this.#closed.promise
  }

  abort(error: Error): void {
    for (const { stream } of this.#ends) stream.abort(error)
    this.#settle()
  }

  get #ends(): CircuitEnd[] {
    return [this.#init.source, this.#init.destination]
  }

  #handleClosed({ error }: StreamCloseEvent, other: Stream): void {
    if (error !== undefined) other.abort(error)
    else this.#abortAfter(CIRCUIT_CLOSE_TIMEOUT_MS, 'the other end of the relayed connection is closed')
    this.#settle()
  }

  #abortAfter(ms: number, reason: string): void {
    this.#timers.push(this.#init.clock.after(ms, () => { this.abort(new Error(reason)) }))
  }

  #settle(): void {
    if (this.#isSettled || this.#ends.some(({ stream }) => stream.status === 'open' || stream.status === 'closing')) return
    this.#isSettled = true
    for (const timer of this.#timers) timer.cancel()
    this.#timers = []
    for (const flow of this.#flows) flow.close()
    this.#closed.resolve(undefined)
    this.#init.onClosed()
  }
}
