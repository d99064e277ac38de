/** `/libp2p-mesh/peers/1.0.0`: to open a stream is to ask for peers, and one frame with hints where to dial them is the answer. */
import type { ComponentLogger, Connection, Logger, PeerId, Startable, Stream } from '@libp2p/interface'
import type { Registrar } from '@libp2p/interface-internal'
import { lpStream } from '@libp2p/utils'
import { multiaddr, type Multiaddr } from '@multiformats/multiaddr'
import {
  MAX_HINTS, MAX_HINT_ADDRESSES, MAX_PEER_LIST_BYTES, MAX_TRACKED_PEERS, OPEN_STREAM_TIMEOUT_MS, PEER_LIST_TIMEOUT_MS, PEER_LISTS_PER_HOUR
} from '../config/limits.ts'
import { toError } from '../lib/errors.ts'
import { RateLimiter } from '../lib/rate-limiter.ts'
import { parsePeerId } from '../lib/recipient.ts'
import { PeerList } from './pb/peers.ts'

export const PEER_EXCHANGE_PROTOCOL = '/libp2p-mesh/peers/1.0.0'

/** Where a peer may be found. */
export interface PeerHint {
  peerId: PeerId
  /** Without the peer ID. */
  addresses: Multiaddr[]
}

export interface PeerExchangeComponents {
  registrar: Pick<Registrar, 'handle' | 'unhandle'>
  logger: ComponentLogger
}

export interface PeerExchangeInit {
  /** Whom that peer is told of, over that connection. */
  hintsFor: (peerId: PeerId, connection: Connection) => PeerHint[]
  now: () => number
}

/** An answer that no honest peer gives. */
export class InvalidPeerListError extends Error {
  override readonly name = 'InvalidPeerListError'
}

export class PeerExchange implements Startable {
  readonly #components: PeerExchangeComponents
  readonly #init: PeerExchangeInit
  readonly #log: Logger
  readonly #rate: RateLimiter
  #stopping = new AbortController()

  constructor(components: PeerExchangeComponents, init: PeerExchangeInit) {
    this.#components = components
    this.#init = init
    this.#log = components.logger.forComponent('libp2p-mesh:peers')
    this.#rate = new RateLimiter({ limit: PEER_LISTS_PER_HOUR, windowMs: 3_600_000, maxKeys: MAX_TRACKED_PEERS, now: init.now })
  }

  async start(): Promise<void> {
    this.#stopping = new AbortController()
    await this.#components.registrar.handle(PEER_EXCHANGE_PROTOCOL, (stream, connection) => { this.#handleStream(stream, connection) }, {
      maxInboundStreams: 1, maxOutboundStreams: 1, runOnLimitedConnection: true
    })
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the node is stopping'))
    await this.#components.registrar.unhandle(PEER_EXCHANGE_PROTOCOL)
  }

  /**
   * Asks the peer at the other end whom it knows.
   *
   * @throws InvalidPeerListError, or why the stream failed
   */
  async ask(connection: Connection, options: { signal: AbortSignal }): Promise<PeerHint[]> {
    const given = AbortSignal.any([this.#stopping.signal, options.signal])
    const stream = await connection.newStream(PEER_EXCHANGE_PROTOCOL, {
      runOnLimitedConnection: true, signal: AbortSignal.any([given, AbortSignal.timeout(OPEN_STREAM_TIMEOUT_MS)])
    })
    const signal = AbortSignal.any([given, AbortSignal.timeout(PEER_LIST_TIMEOUT_MS)])
    try {
      const frame = await lpStream(stream, { maxDataLength: MAX_PEER_LIST_BYTES, maxBufferSize: 2 * MAX_PEER_LIST_BYTES }).read({ signal })
      const hints = decodePeerList(frame.subarray())
      await stream.close({ signal })
      return hints
    } catch (error) {
      stream.abort(toError(error))
      throw error
    }
  }

  #handleStream(stream: Stream, connection: Connection): void {
    this.#answer(stream, connection).catch((error: unknown) => {
      this.#log('%p was not told of peers - %s', connection.remotePeer, toError(error).message)
      stream.abort(toError(error))
    })
  }

  async #answer(stream: Stream, connection: Connection): Promise<void> {
    const { remotePeer } = connection
    if (this.#rate.take(remotePeer.toString()) > 0) throw new Error('it asks too often')
    const signal = AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(PEER_LIST_TIMEOUT_MS)])
    await lpStream(stream).write(encodePeerList(this.#init.hintsFor(remotePeer, connection)), { signal })
    await stream.close({ signal })
  }
}

/** The bytes of an answer; what is too much for one is left out. */
export function encodePeerList(hints: readonly PeerHint[]): Uint8Array {
  return PeerList.encode({
    peers: hints.slice(0, MAX_HINTS).map(({ peerId, addresses }) => ({
      peerId: peerId.toString(), addrs: addresses.slice(0, MAX_HINT_ADDRESSES).map(address => Uint8Array.from(address.bytes))
    }))
  })
}

/** @throws InvalidPeerListError on anything that is no such answer; each peer comes out once */
export function decodePeerList(bytes: Uint8Array): PeerHint[] {
  try {
    const { peers } = PeerList.decode(bytes, { limits: { peers: MAX_HINTS, peers$: { addrs: MAX_HINT_ADDRESSES } } })
    const hints = peers.map(({ peerId, addrs }) => ({ peerId: knownForm(peerId), addresses: addrs.map(addr => multiaddr(addr)) }))
    return [...new Map(hints.map(hint => [hint.peerId.toString(), hint])).values()]
  } catch (error) {
    throw new InvalidPeerListError('the peer answered with no list of peers', { cause: error })
  }
}

function knownForm(text: string): PeerId {
  const peerId = parsePeerId(text)
  if (peerId === undefined) throw new InvalidPeerListError('a peer ID of it is none')
  return peerId
}
