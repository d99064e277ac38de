/** Connections that exist for nothing but questions of the DHT: opened when one is asked, closed when none follows and nobody else came to use them. */
import type { Connection, NewStreamOptions, PeerId, Stream } from '@libp2p/interface'
import type { ConnectionManager, OpenConnectionOptions } from '@libp2p/interface-internal'
import type { Multiaddr } from '@multiformats/multiaddr'
import { CONNECTION_CLOSE_TIMEOUT_MS } from '../config/connection-limits.ts'
import { DHT_IDLE_MS, DHT_PATIENCE_MS } from '../config/dht-limits.ts'
import type { Clock, Timer } from '../lib/clock.ts'
import { closeOrAbort } from '../lib/close-or-abort.ts'
import { isRelayed } from '../lib/connection-path.ts'
import { overriding } from '../lib/overriding.ts'

export interface DhtContactsInit {
  connectionManager: ConnectionManager
  /** Where a peer may be asked. */
  addressesOf: (peerId: PeerId) => Promise<Multiaddr[]>
  /** Whether the peer is to stay connected for another reason. */
  isKept: (peerId: PeerId) => boolean
  /** Told when a peer could not be reached. */
  onUnreached: (peerId: PeerId) => void
  clock: Clock
}

/** Streams that every connection gets, whatever it was opened for. */
const SPECULATIVE = ['/ipfs/id/', '/ipfs/ping/', '/ipfs/kad/', '/libp2p-mesh/kad/', '/libp2p/autonat/', '/libp2p/dcutr', '/meshsub/', '/floodsub/']

export class DhtContacts {
  readonly #init: DhtContactsInit
  /** When each contact was last asked something. */
  readonly #askedAt = new Map<string, { peerId: PeerId, at: number }>()
  #timer: Timer | undefined

  constructor(init: DhtContactsInit) {
    this.#init = init
  }

  start(): void {
    this.#timer = this.#init.clock.after(DHT_IDLE_MS / 2, () => {
      this.start()
      this.#closeIdle()
    })
  }

  stop(): void {
    this.#timer?.cancel()
    this.#askedAt.clear()
  }

  /** Whether there is a connection to the peer for no other reason than the DHT's. */
  has(peerId: PeerId): boolean {
    return this.#askedAt.has(peerId.toString()) && !this.#init.isKept(peerId)
  }

  /** Somebody else wants the connection: it stays. Returns whether it was a contact until now. */
  claim(peerId: PeerId): boolean {
    return this.#askedAt.delete(peerId.toString())
  }

  /** The connection manager as the DHT may see it. */
  get connectionManager(): ConnectionManager {
    return overriding<ConnectionManager>(this.#init.connectionManager, {
      openStream: async (peer, protocol, options = {}) => {
        if (!isPeerId(peer)) throw new Error('the DHT asks peers by their ID')
        return await this.#openStream(peer, protocol, options)
      }
    })
  }

  async #openStream(peerId: PeerId, protocol: string | string[], options: OpenConnectionOptions & NewStreamOptions): Promise<Stream> {
    const key = peerId.toString()
    const contact = this.#askedAt.get(key)
    if (contact !== undefined) contact.at = this.#init.clock.now()
    const connection = this.#open(peerId)[0] ?? await this.#connect(peerId, options)
    return await connection.newStream(protocol, options)
  }

  async #connect(peerId: PeerId, options: OpenConnectionOptions): Promise<Connection> {
    const { connectionManager, addressesOf, onUnreached, clock } = this.#init
    const key = peerId.toString()
    const at = clock.now()
    this.#askedAt.set(key, { peerId, at })
    try {
      return await connectionManager.openConnection(await addressesOf(peerId), options)
    } catch (error) {
      this.#askedAt.delete(key)
      const wasGivenUp = options.signal?.aborted === true && clock.now() - at < DHT_PATIENCE_MS // the query had its answer from others
      if (!wasGivenUp) onUnreached(peerId)
      throw error
    }
  }

  #open(peerId: PeerId): Connection[] {
    return this.#init.connectionManager.getConnections(peerId).filter(connection => connection.status === 'open' && !isRelayed(connection))
  }

  #closeIdle(): void {
    for (const [key, { peerId, at }] of this.#askedAt) {
      const connections = this.#open(peerId)
      if (this.#init.isKept(peerId) || connections.some(isUsed)) this.#askedAt.delete(key)
      else if (this.#init.clock.now() - at >= DHT_IDLE_MS) {
        if (connections.length === 0) this.#askedAt.delete(key)
        for (const connection of connections) void closeOrAbort(connection, CONNECTION_CLOSE_TIMEOUT_MS) // it stays a contact until it is closed
      }
    }
  }
}

/** A stream without a protocol is being negotiated: whatever it becomes is seen next time. */
function isUsed({ streams }: Connection): boolean {
  return streams.some(({ protocol }) => protocol !== '' && !SPECULATIVE.some(prefix => protocol.startsWith(prefix)))
}

function isPeerId(target: Parameters<ConnectionManager['openStream']>[0]): target is PeerId {
  return 'toMultihash' in target
}
