/** The reservation on one relay: made as soon as the relay can be reached, and again whenever it was lost. */
import type { AbortOptions, Connection, Listener, PeerId } from '@libp2p/interface'
import type { ConnectionManager, TransportManager } from '@libp2p/interface-internal'
import type { Multiaddr } from '@multiformats/multiaddr'
import { RELAY_ATTEMPT_TIMEOUT_MS, RELAY_RETRY_FIRST_MS, RELAY_RETRY_MAX_MS } from '../config/nat-limits.ts'
import { backoffDelay } from '../lib/backoff.ts'
import type { Clock, Timer } from '../lib/clock.ts'
import { relayOf } from '../lib/connection-path.ts'
import { toError } from '../lib/errors.ts'

const HOP_PROTOCOL = '/libp2p/circuit/relay/0.2.0/hop'

/** Relayed connections are streams of this protocol, too: their number says nothing against one more. */
const MANY_STREAMS = 65_536

/** Why there is no reservation: nobody answers there, it serves as no relay, it has no room, it takes no reservation of ours, it was lost just now. */
export type RelayTrouble = 'unreachable' | 'not-a-relay' | 'full' | 'refused' | 'lost'

export interface RelayComponents {
  connectionManager: Pick<ConnectionManager, 'openConnection'>
  transportManager: Pick<TransportManager, 'listen' | 'getListeners' | 'getAddrs'>
}

export interface RelayReservationInit {
  peerId: PeerId
  /** Ends in `/p2p/<peer ID>`. */
  address: Multiaddr
  /** Told after every change; the error where there is one. */
  onChange: (reservation: RelayReservation, error?: Error) => void
  clock: Clock
  random: () => number
}

/**
 * The library renews a reservation, but gives it up for good when the relay restarts (js-libp2p#3601), and each failed attempt to
 * listen leaves a listener behind. So one listener is made, and asked to listen again.
 */
export class RelayReservation {
  readonly peerId: PeerId
  readonly address: Multiaddr
  readonly #components: RelayComponents
  readonly #init: RelayReservationInit
  #listener: Listener | undefined
  #timer: Timer | undefined
  #attempt: AbortController | undefined
  #failures = 0
  #isHeld = false
  #since: number
  #trouble: RelayTrouble | undefined

  constructor(components: RelayComponents, init: RelayReservationInit) {
    this.#components = components
    this.#init = init
    this.peerId = init.peerId
    this.address = init.address
    this.#since = init.clock.now()
  }

  get isHeld(): boolean {
    return this.#isHeld
  }

  /** Since when there is one, or none, in ms since the epoch. */
  get since(): number {
    return this.#since
  }

  /** Undefined while there is a reservation, and before the first attempt ended. */
  get trouble(): RelayTrouble | undefined {
    return this.#trouble
  }

  /** Tries now, unless there is a reservation or an attempt runs. */
  nudge(): void {
    if (this.#isHeld || this.#attempt !== undefined) return
    this.#timer?.cancel()
    const attempt = new AbortController()
    this.#attempt = attempt
    const signal = AbortSignal.any([attempt.signal, AbortSignal.timeout(RELAY_ATTEMPT_TIMEOUT_MS)])
    this.#reserve({ signal })
      .then(() => { this.#endAttempt(attempt) })
      .catch((error: unknown) => { this.#endAttempt(attempt, toError(error)) })
  }

  stop(): void {
    this.#timer?.cancel()
    this.#attempt?.abort(new Error('the node is stopping'))
  }

  /** Compares what is known with what the transports say. */
  review(): void {
    const isHeld = this.#components.transportManager.getAddrs().some(address => relayOf({ remoteAddr: address }) === this.peerId.toString())
    if (isHeld === this.#isHeld) return
    this.#isHeld = isHeld
    this.#since = this.#init.clock.now()
    this.#failures = 0
    this.#trouble = isHeld ? undefined : 'lost'
    this.#timer?.cancel()
    this.#init.onChange(this)
    if (!isHeld) this.#retryLater()
  }

  #endAttempt(attempt: AbortController, error = new Error('the relay gave no address')): void {
    if (attempt.signal.aborted) return
    this.#attempt = undefined
    this.review()
    if (this.#isHeld) return
    this.#trouble = troubleOf(error)
    this.#init.onChange(this, error)
    this.#retryLater()
  }

  #retryLater(): void {
    this.#failures += 1
    this.#timer?.cancel()
    const delay = backoffDelay({ firstMs: RELAY_RETRY_FIRST_MS, maxMs: RELAY_RETRY_MAX_MS }, this.#failures, this.#init.random)
    this.#timer = this.#init.clock.after(delay, () => { this.nudge() })
  }

  async #reserve(options: Required<AbortOptions>): Promise<void> {
    const connection = await this.#components.connectionManager.openConnection(this.address, options).catch((error: unknown) => {
      throw new UnreachableRelayError(toError(error).message, { cause: error })
    })
    await askWhetherRelay(connection, options)
    options.signal.throwIfAborted()
    const circuit = this.address.encapsulate('/p2p-circuit')
    if (this.#listener === undefined) await this.#listenFirst(circuit)
    else await this.#listener.listen(circuit)
  }

  async #listenFirst(circuit: Multiaddr): Promise<void> {
    const { transportManager } = this.#components
    const before = new Set(transportManager.getListeners())
    const listening = transportManager.listen([circuit])
    this.#listener = transportManager.getListeners().find(listener => !before.has(listener))
    await listening
  }
}

/** Nobody answers at the relay's address, or somebody else. */
class UnreachableRelayError extends Error {
  override readonly name = 'UnreachableRelayError'
}

/** The library never again asks a relay that refused the protocol once, so we ask first. A connection that is dead is cut by this. */
async function askWhetherRelay(connection: Connection, options: Required<AbortOptions>): Promise<void> {
  try {
    const stream = await connection.newStream(HOP_PROTOCOL, { ...options, maxOutboundStreams: MANY_STREAMS })
    await stream.close(options)
  } catch (error) {
    if (isUnsupported(toError(error))) throw error
    if (options.signal.aborted) connection.abort(toError(error))
    throw new UnreachableRelayError(`the connection is dead: ${toError(error).message}`, { cause: error })
  }
}

function isUnsupported(error: Error): boolean {
  return error.name === 'UnsupportedProtocolError'
}

function troubleOf(error: Error): RelayTrouble {
  if (error instanceof UnreachableRelayError) return 'unreachable'
  if (isUnsupported(error)) return 'not-a-relay'
  if (error.message.includes('RESERVATION_REFUSED') || error.message.includes('RESOURCE_LIMIT_EXCEEDED')) return 'full'
  return error.message.includes('reservation failed') ? 'refused' : 'unreachable'
}
