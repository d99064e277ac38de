/**
 * Stands between libp2p and gossipsub, which opens one stream for each neighbour and never another: moves streams to better paths,
 * brings lost ones back, and cuts neighbours that send too much.
 */
import type { Connection, PeerId, Stream, StreamHandler, Topology } from '@libp2p/interface'
import type { ConnectionManager, Registrar } from '@libp2p/interface-internal'
import { encode } from 'it-length-prefixed'
import { GOSSIP_BYTES_PER_NEIGHBOUR, GOSSIP_BYTES_WINDOW_MS } from '../config/broadcast-limits.ts'
import { MAX_TRACKED_PEERS, OPEN_STREAM_TIMEOUT_MS } from '../config/limits.ts'
import { bestOpen, isRelayed } from '../lib/connection-path.ts'
import { toError } from '../lib/errors.ts'
import { overriding } from '../lib/overriding.ts'
import { RateLimiter } from '../lib/rate-limiter.ts'
import { encodeTopics } from './gossip-frames.ts'
import { MovableStream } from './movable-stream.ts'

export interface GossipStreamsInit {
  registrar: Registrar
  connectionManager: ConnectionManager
  topics: readonly string[]
  /** Whether the peer is connected for more than a question of the DHT: others get no stream. */
  isCompany: (peerId: PeerId) => boolean
  now: () => number
  /** A neighbour has a new stream from us. */
  onOpen: (peerId: PeerId) => void
  /** A neighbour sends more than it may. */
  onFlood: (peerId: PeerId) => void
}

export class GossipStreams {
  /** The registrar as gossipsub gets it. */
  readonly registrar: Registrar
  readonly #init: GossipStreamsInit
  readonly #bytes: RateLimiter
  /** Peers that libp2p told gossipsub of. */
  readonly #speakers = new Map<string, PeerId>()
  readonly #outbound = new Map<string, MovableStream>()
  #topology: Topology | undefined

  constructor(init: GossipStreamsInit) {
    const { registrar } = init
    this.#init = init
    this.#bytes = new RateLimiter({ limit: GOSSIP_BYTES_PER_NEIGHBOUR, windowMs: GOSSIP_BYTES_WINDOW_MS, maxKeys: MAX_TRACKED_PEERS, now: init.now })
    this.registrar = overriding(registrar, {
      handle: async (protocol, handler, options) => { await registrar.handle(protocol, this.#guarding(handler), options) },
      register: async (protocol, topology) => await registrar.register(protocol, this.#watching(topology))
    })
  }

  /** Gives every neighbour a stream that has none, as after its connection broke while another one lives; it costs nothing otherwise. */
  heal(): void {
    for (const peerId of this.#speakers.values()) this.handleMet(peerId)
  }

  /** A peer is company now: it becomes a neighbour if it speaks gossipsub. */
  handleMet(peerId: PeerId): void {
    if (!this.#speakers.has(peerId.toString()) || !this.#init.isCompany(peerId)) return
    const connection = bestOpen(this.#init.connectionManager.getConnections(peerId))
    if (connection !== undefined) void this.#topology?.onConnect?.(peerId, this.#tracking(connection))
  }

  /** Moves our stream from a relayed connection to this direct one; the other side does so with its own. */
  async follow(connection: Connection): Promise<void> {
    const stream = this.#outbound.get(connection.remotePeer.toString())
    if (stream === undefined || !isRelayed(stream.connection)) return
    const raw = await connection.newStream(stream.protocol, { runOnLimitedConnection: true, signal: AbortSignal.timeout(OPEN_STREAM_TIMEOUT_MS) })
    stream.moveTo(raw, connection)
  }

  /** Writes a frame to the neighbour if it has a stream; one that cannot be written to is broken, and brought back as such. */
  send(peerId: string, frame: Uint8Array): void {
    const stream = this.#outbound.get(peerId)
    try {
      stream?.send(encode.single(frame))
    } catch (error) {
      stream?.abort(toError(error))
    }
  }

  /** Libp2p tells each of gossipsub's protocols apart, and gossipsub listens to all with one ear. */
  #watching(topology: Topology): Topology {
    this.#topology = topology
    return {
      ...topology,
      onConnect: (peerId, connection) => {
        this.#speakers.set(peerId.toString(), peerId)
        return this.#init.isCompany(peerId) ? topology.onConnect?.(peerId, this.#tracking(connection)) : undefined
      },
      onDisconnect: (peerId) => {
        this.#speakers.delete(peerId.toString())
        return topology.onDisconnect?.(peerId)
      }
    }
  }

  /** The connection as gossipsub gets it: streams opened over it can move to another one. */
  #tracking(connection: Connection): Connection {
    return overriding(connection, {
      newStream: async (protocols, options) => {
        const raw = await connection.newStream(protocols, options)
        const peerId = connection.remotePeer.toString()
        const stream = new MovableStream(raw, connection)
        this.#outbound.set(peerId, stream)
        stream.addEventListener('close', () => { if (this.#outbound.get(peerId) === stream) this.#outbound.delete(peerId) })
        this.#init.onOpen(connection.remotePeer)
        return stream as unknown as Stream // as much of one as gossipsub uses
      }
    })
  }

  #guarding(handler: StreamHandler): StreamHandler {
    return (stream, connection) => {
      const { remotePeer } = connection
      if (this.#bytes.debtMs(remotePeer.toString()) > 0) {
        stream.abort(new Error('this peer sent too much gossip'))
        return
      }
      const handled = handler(stream, this.#tracking(connection)) // first: what has arrived goes to the first listener
      stream.addEventListener('message', ({ data }) => { this.#charge(remotePeer, stream, data.byteLength) })
      this.send(remotePeer.toString(), encodeTopics(this.#init.topics)) // who opens a new stream may have forgotten what it knew of us
      return handled
    }
  }

  #charge(peerId: PeerId, stream: Stream, bytes: number): void {
    if (this.#bytes.charge(peerId.toString(), bytes) === 0) return
    stream.abort(new Error('this peer sends too much gossip'))
    this.#init.onFlood(peerId)
  }
}
