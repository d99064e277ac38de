/**
 * The service of a circuit relay v2 (https://github.com/libp2p/specs/blob/master/relay/circuit-v2.md) within limits. The library's own
 * server knows no limits for a peer beyond one connection, no rate, and keeps the places of peers that left.
 */
import type { Connection, Libp2pEvents, PeerId, PeerStore, Startable, Stream, TypedEventTarget } from '@libp2p/interface'
import type { AddressManager, ConnectionManager, Registrar } from '@libp2p/interface-internal'
import {
  HOP_TIMEOUT_MS, MAX_CIRCUITS, MAX_CIRCUITS_PER_NETWORK, MAX_CIRCUITS_PER_PAIR, MAX_CIRCUITS_PER_PEER, MAX_RESERVATIONS_PER_NETWORK,
  RELAY_HEALTH_INTERVAL_MS, RESERVATION_TTL_MS
} from '../config/relay-limits.ts'
import type { RelayLimits } from '../config/resolve.ts'
import type { Clock, Timer } from '../lib/clock.ts'
import { isRelayed } from '../lib/connection-path.ts'
import { toError } from '../lib/errors.ts'
import type { Logger } from '../lib/log.ts'
import { networkKeyOf } from '../lib/network-key.ts'
import { Circuit } from './circuit.ts'
import { CircuitPlaces, type CircuitLimits } from './circuit-places.ts'
import { HOP_PROTOCOL, HopExchange, stopExchange, type Deadline, type HopRequest, type Status } from './hop-exchange.ts'
import { RelayMeter } from './relay-meter.ts'
import type { RelayStats } from './relay-stats.ts'
import { Reservations } from './reservations.ts'

export interface RelayServerComponents {
  registrar: Pick<Registrar, 'handle' | 'unhandle'>
  connectionManager: Pick<ConnectionManager, 'getConnections'>
  addressManager: Pick<AddressManager, 'getAddresses'>
  peerStore: Pick<PeerStore, 'merge'>
  events: TypedEventTarget<Libp2pEvents>
}

export interface RelayServerInit {
  limits: RelayLimits
  /** @default those of config/relay-limits.ts */
  circuits?: CircuitLimits
  /** Told every few minutes while it runs. */
  onHealth: (stats: RelayStats) => void
  clock: Clock
  log: Logger
}

/** Peers with a reservation are kept when connections are pruned; the name is the library's. */
const TAG = 'circuit-relay-source'

/** Of the streams that circuits are made of. */
const CIRCUIT_PROTOCOLS = '/libp2p/circuit/relay/'

const CIRCUIT_LIMITS: CircuitLimits = {
  total: MAX_CIRCUITS, perPeer: MAX_CIRCUITS_PER_PEER, perPair: MAX_CIRCUITS_PER_PAIR, perNetwork: MAX_CIRCUITS_PER_NETWORK
}

/**
 * @example
 * services: { relay: components => new RelayServer(components, { limits, onHealth, clock, log }) }
 */
export class RelayServer implements Startable {
  readonly #components: RelayServerComponents
  readonly #init: RelayServerInit
  readonly #reservations: Reservations
  readonly #places: CircuitPlaces
  readonly #meter: RelayMeter
  readonly #circuits = new Set<Circuit>()
  #stopping = new AbortController()
  #timer: Timer | undefined
  #refusedReservations = 0
  #refusedCircuits = 0

  constructor(components: RelayServerComponents, init: RelayServerInit) {
    this.#components = components
    this.#init = init
    const { limits, circuits, clock } = init
    this.#reservations = new Reservations({ limit: limits.reservations, perNetwork: MAX_RESERVATIONS_PER_NETWORK, ttlMs: RESERVATION_TTL_MS, clock })
    this.#places = new CircuitPlaces(circuits ?? CIRCUIT_LIMITS)
    this.#meter = new RelayMeter(limits, clock)
  }

  async start(): Promise<void> {
    this.#stopping = new AbortController()
    this.#components.events.addEventListener('peer:disconnect', this.#handleDisconnect)
    await this.#components.registrar.handle(HOP_PROTOCOL, (stream, connection) => {
      this.#handle(stream, connection).catch((error: unknown) => {
        this.#init.log.debug(`A relay request of ${connection.remotePeer.toString()} failed: ${toError(error).message}`)
        stream.abort(toError(error))
      })
    }, { maxInboundStreams: 2 * MAX_CIRCUITS_PER_PEER, runOnLimitedConnection: true }) // those over the limit get an answer
    this.#scheduleHealth()
  }

  /** Before the connections are closed, so that both ends of each circuit are told. */
  async beforeStop(): Promise<void> {
    this.#timer?.cancel()
    this.#stopping.abort(new Error('the relay is stopping'))
    await this.#components.registrar.unhandle(HOP_PROTOCOL)
    await Promise.all([...this.#circuits].map(async (circuit) => { await circuit.close() }))
  }

  stop(): void {
    this.#components.events.removeEventListener('peer:disconnect', this.#handleDisconnect)
    this.#reservations.clear()
  }

  /** Whether somebody is reached through this relay over the connection, or may be. */
  serves({ remotePeer, streams }: Connection): boolean {
    return this.#reservations.find(remotePeer.toMultihash().bytes) !== undefined || streams.some(({ protocol }) => protocol.startsWith(CIRCUIT_PROTOCOLS))
  }

  get stats(): RelayStats {
    return {
      connections: this.#components.connectionManager.getConnections().length,
      reservations: this.#reservations.size, circuits: this.#circuits.size, bytes: this.#meter.bytes,
      refusedReservations: this.#refusedReservations, refusedCircuits: this.#refusedCircuits
    }
  }

  #scheduleHealth(): void {
    this.#timer = this.#init.clock.after(RELAY_HEALTH_INTERVAL_MS, () => {
      this.#init.onHealth(this.stats)
      this.#scheduleHealth()
    })
  }

  async #handle(stream: Stream, connection: Connection): Promise<void> {
    const deadline = { signal: AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(HOP_TIMEOUT_MS)]) }
    const exchange = new HopExchange(stream)
    const request = await exchange.read(deadline).catch((error: unknown): HopRequest => {
      this.#init.log.debug(`${connection.remotePeer.toString()} sent no relay request: ${toError(error).message}`)
      return { kind: 'refused', status: 'MALFORMED_MESSAGE' }
    })
    const status = await this.#carryOut(request, { exchange, connection, deadline })
    if (status === undefined) return
    await exchange.answer(status, deadline)
    await exchange.close(deadline)
  }

  /** The status that is still to be told. */
  async #carryOut(request: HopRequest, asked: Asked): Promise<Status | undefined> {
    if (request.kind === 'refused') return request.status
    if (isRelayed(asked.connection)) return 'PERMISSION_DENIED'
    return request.kind === 'reserve' ? await this.#reserve(asked) : await this.#connect(request.peer, asked)
  }

  async #reserve({ exchange, connection, deadline }: Asked): Promise<Status | undefined> {
    const { remotePeer, remoteAddr } = connection
    const expiresAt = this.#reservations.reserve(remotePeer, networkKeyOf(remoteAddr))
    if (expiresAt === undefined) {
      this.#refusedReservations++
      return 'RESERVATION_REFUSED'
    }
    await this.#components.peerStore.merge(remotePeer, { tags: { [TAG]: { value: 1, ttl: RESERVATION_TTL_MS } } })
    const addrs = this.#components.addressManager.getAddresses().filter(address => !isRelayed({ remoteAddr: address })).map(address => address.bytes.slice())
    await exchange.answer('OK', deadline, { expire: BigInt(Math.floor(expiresAt / 1000)), addrs })
    await exchange.close(deadline)
    return undefined
  }

  async #connect(multihash: Uint8Array, { exchange, connection, deadline }: Asked): Promise<Status | undefined> {
    const { remotePeer, remoteAddr } = connection
    const destination = this.#reservations.find(multihash)
    const onward = destination === undefined ? undefined : this.#connectionTo(destination)
    if (destination === undefined || onward === undefined) return 'NO_RESERVATION'
    const [source, target] = [remotePeer.toString(), destination.toString()]
    const release = this.#meter.isSpent(source) ? undefined : this.#places.take({ source, destination: target, network: networkKeyOf(remoteAddr) })
    if (release === undefined) {
      this.#refusedCircuits++
      return 'RESOURCE_LIMIT_EXCEEDED'
    }
    const far = await this.#ask(onward, remotePeer, deadline)
    if (far === undefined) {
      release()
      return 'CONNECTION_FAILED'
    }
    try {
      await exchange.answer('OK', deadline)
    } catch (error) {
      release()
      far.abort(toError(error))
      throw error
    }
    this.#join({ stream: exchange.unwrap(), peerId: source }, { stream: far, peerId: target }, release)
    return undefined
  }

  #connectionTo(peerId: PeerId): Connection | undefined {
    return this.#components.connectionManager.getConnections(peerId).find(connection => connection.status === 'open' && !isRelayed(connection))
  }

  async #ask(onward: Connection, source: PeerId, deadline: Deadline): Promise<Stream | undefined> {
    try {
      return await stopExchange(onward, source.toMultihash().bytes.slice(), deadline)
    } catch (error) {
      this.#init.log.debug(`${onward.remotePeer.toString()} took no circuit: ${toError(error).message}`)
      return undefined
    }
  }

  #join(source: CircuitEnd, destination: CircuitEnd, release: () => void): void {
    const { clock, limits } = this.#init
    const circuit = new Circuit({
      source, destination, meter: this.#meter, maxAgeMs: limits.perPeerSeconds * 1000, clock,
      onClosed: () => {
        this.#circuits.delete(circuit)
        release()
      }
    })
    this.#circuits.add(circuit)
    circuit.open()
  }

  readonly #handleDisconnect = (event: Libp2pEvents['peer:disconnect']): void => {
    this.#reservations.release(event.detail)
  }
}

type CircuitEnd = ConstructorParameters<typeof Circuit>[0]['source']

interface Asked {
  exchange: HopExchange
  connection: Connection
  deadline: Deadline
}
