/** The DHT as the mesh uses it: a network of its own, where nobody waits without end, stores without bound, or has us dial at will. */
import {
  peerRoutingSymbol, serviceCapabilities, serviceDependencies, type AbortOptions, type Logger, type PeerId, type PeerInfo, type PeerRouting, type Startable,
  type StreamHandler
} from '@libp2p/interface'
import { kadDHT, passthroughMapper, type KadDHTComponents, type QueryEvent } from '@libp2p/kad-dht'
import {
  DHT_BUCKET_SIZE, DHT_PARALLEL, DHT_PATHS, DHT_QUESTIONS_PER_MINUTE, DHT_REQUEST_TIMEOUT_MS, PROVIDER_LIFE_MS
} from '../config/dht-limits.ts'
import { MAX_TRACKED_PEERS } from '../config/limits.ts'
import type { Clock } from '../lib/clock.ts'
import { RateLimiter } from '../lib/rate-limiter.ts'
import { parsePeerId } from '../lib/recipient.ts'
import { addressScopes, type AddressScopes } from './address-scopes.ts'
import { DhtAddresses } from './dht-addresses.ts'
import { DhtContacts } from './dht-contacts.ts'
import { cidOf, KadParts, NEVER_MS } from './dht-parts.ts'
import { DhtRefresh } from './dht-refresh.ts'
import { DhtStore } from './dht-store.ts'
import { overriding } from '../lib/overriding.ts'
import { telling } from './shown-addresses.ts'

/** The DHT is a network of its own, apart from the public IPFS one. */
const DHT_PROTOCOL = '/libp2p-mesh/kad/1.0.0'

/** The kind of records that the DHT holds. */
export interface DhtRecords {
  /** First part of their keys. */
  namespace: string
  /** @throws when the value is none for that key, or tells addresses that are not for all */
  validate: (key: Uint8Array, value: Uint8Array, isTold: AddressScopes['isTold']) => Promise<void>
  /** The index of the newest of these values of a key; the first of equals. */
  newest: (values: readonly Uint8Array[]) => number
}

/** What the mesh decides about the DHT of its node. */
export interface DhtInit {
  records: DhtRecords
  /** Whether the peer is to stay connected for another reason than the DHT. */
  isKept: (peerId: PeerId) => boolean
  clock: Clock
  random: () => number
}

/** How the node takes part in the DHT. */
export interface DhtMode {
  /** It answers from the start, and not only once its addresses are confirmed. */
  isServer: boolean
  isOneMachine: boolean
}

export class DhtService implements Startable {
  readonly [Symbol.toStringTag] = 'libp2p-mesh-dht'
  readonly [serviceCapabilities] = ['@libp2p/peer-routing']
  readonly [serviceDependencies] = ['@libp2p/identify', '@libp2p/ping']
  readonly #components: KadDHTComponents
  readonly #log: Logger
  readonly #init: DhtInit
  readonly #scopes: AddressScopes
  readonly #kad: KadParts
  readonly #addresses: DhtAddresses
  readonly #contacts: DhtContacts
  readonly #store: DhtStore
  readonly #questions: RateLimiter
  readonly #refresh: DhtRefresh
  readonly #listeners = new Set<() => void>()
  #topology: string | undefined

  constructor(components: KadDHTComponents, init: DhtInit, { isServer, isOneMachine }: DhtMode) {
    const { clock, random, records: { namespace, newest } } = init
    const scopes = addressScopes(isOneMachine)
    this.#components = components
    this.#init = init
    this.#scopes = scopes
    this.#log = components.logger.forComponent('libp2p-mesh:dht')
    this.#questions = new RateLimiter({ limit: DHT_QUESTIONS_PER_MINUTE, windowMs: 60_000, maxKeys: MAX_TRACKED_PEERS, now: clock.now })
    this.#addresses = new DhtAddresses(components.peerStore, scopes)
    this.#contacts = new DhtContacts({
      connectionManager: components.connectionManager, clock, isKept: init.isKept,
      addressesOf: async peerId => await this.#addresses.of(peerId), onUnreached: (peerId) => { this.#handleUnreached(peerId) }
    })
    this.#store = new DhtStore({ self: components.peerId, newest, now: clock.now, random, hasAddress: async peerId => await this.#hasAddress(peerId) })
    this.#kad = new KadParts(kadDHT({
      protocol: DHT_PROTOCOL, peerInfoMapper: passthroughMapper, ...isServer && { clientMode: false },
      kBucketSize: DHT_BUCKET_SIZE, alpha: DHT_PARALLEL, disjointPaths: DHT_PATHS, querySelfInterval: NEVER_MS,
      networkDialTimeout: { minTimeout: DHT_REQUEST_TIMEOUT_MS, maxTimeout: DHT_REQUEST_TIMEOUT_MS }, reprovide: { validity: PROVIDER_LIFE_MS, threshold: 0 },
      validators: { [namespace]: this.#validate }, selectors: { [namespace]: (_key, values) => newest(values) }
    })(this.#parts()))
    this.#kad.refreshOnce()
    this.#refresh = new DhtRefresh({ self: components.peerId, visit: async (key, options) => { await this.#visit(key, options) }, clock, random })
    this.#kad.onHeard((peer) => { this.#addresses.hear(peer) })
  }

  /** For dials of peers without an address. */
  get [peerRoutingSymbol](): PeerRouting {
    return {
      findPeer: async (peerId, options) => await this.findPeer(peerId, options) ?? { id: peerId, multiaddrs: [] },
      async* getClosestPeers() { /* nobody asks for them: the DHT itself has its own way */ }
    }
  }

  async start(): Promise<void> {
    this.#contacts.start()
    await this.#kad.start()
    this.#refresh.start()
    this.#topology = await this.#components.registrar.register(DHT_PROTOCOL, { onConnect: (peerId) => { this.#handleServer(peerId) } })
  }

  async stop(): Promise<void> {
    if (this.#topology !== undefined) this.#components.registrar.unregister(this.#topology)
    this.#refresh.stop()
    await this.#kad.stop()
    this.#contacts.stop()
  }

  /** One that is back may have forgotten what it held. */
  #handleServer(peerId: PeerId): void {
    this.#kad.meet(peerId)
    if (!this.#contacts.has(peerId)) for (const listener of this.#listeners) listener()
  }

  /** How many nodes can be asked at once. */
  get size(): number {
    return this.#kad.size
  }

  /** Calls back for each further node that can be asked, and for each that connects; returns the way to stop. */
  onNode(listener: () => void): () => void {
    const unlisten = this.#kad.onNode(listener)
    this.#listeners.add(listener)
    return () => {
      unlisten()
      this.#listeners.delete(listener)
    }
  }

  /** Whether the peer is connected for no other reason than a question. */
  isContact(peerId: PeerId): boolean {
    return this.#contacts.has(peerId)
  }

  /** Somebody wants the connection to the peer for itself. Returns whether it was a contact until now. */
  claim(peerId: PeerId): boolean {
    return this.#contacts.claim(peerId)
  }

  /** Puts a record to the nodes nearest to its key; resolves with how many hold it. Without a node to ask, nobody does. */
  async put(key: Uint8Array, value: Uint8Array, options: AbortOptions): Promise<number> {
    await this.#validate(key, value)
    this.#store.keep(key)
    return await this.#count(this.#kad.dht.put(key, value, options), 'PUT_VALUE')
  }

  /** Valid values under the key, each as it is heard; the one that is held here first. */
  async* values(key: Uint8Array, options: AbortOptions): AsyncGenerator<Uint8Array> {
    const own = this.#store.valueOf(key)
    if (own !== undefined) yield own
    for await (const event of this.#until(this.#kad.dht.get(key, options))) if (event.name === 'PEER_RESPONSE' && event.record !== undefined) yield event.record.value
  }

  /** Where a peer is by the word of others; undefined when nobody knows. */
  async findPeer(peerId: PeerId, options: AbortOptions = {}): Promise<PeerInfo | undefined> {
    for await (const event of this.#until(this.#kad.dht.findPeer(peerId, options))) {
      const found = event.name === 'FINAL_PEER' ? this.#addresses.taken(event.peer) : undefined
      if (found !== undefined && found.multiaddrs.length > 0) return found
    }
    return undefined
  }

  /** Enters this node under a name; resolves with how many hold the entry. */
  async provide(name: string, options: AbortOptions): Promise<number> {
    return await this.#count(this.#kad.dht.provide(await cidOf(name), options), 'ADD_PROVIDER')
  }

  /** Others that entered themselves under the name, with addresses. */
  async* providers(name: string, options: AbortOptions): AsyncGenerator<PeerInfo> {
    const seen = new Set([this.#components.peerId.toString()])
    for await (const event of this.#until(this.#kad.dht.findProviders(await cidOf(name), options))) {
      for (const peer of event.name === 'PROVIDER' ? event.providers.map(provider => this.#addresses.taken(provider)) : []) {
        if (peer.multiaddrs.length === 0 || seen.has(peer.id.toString())) continue
        seen.add(peer.id.toString())
        yield peer
      }
    }
  }

  readonly #validate = async (key: Uint8Array, value: Uint8Array): Promise<void> => { await this.#init.records.validate(key, value, this.#scopes.isTold) }

  #parts(): KadDHTComponents {
    const { datastore, registrar, addressManager } = this.#components
    return overriding<KadDHTComponents>(this.#components, {
      addressManager: telling(addressManager, this.#scopes), peerStore: this.#addresses.peerStore, datastore: this.#store.over(datastore),
      connectionManager: this.#contacts.connectionManager,
      registrar: overriding(registrar, {
        handle: async (protocol, handler, options) => { await registrar.handle(protocol, this.#limited(handler), options) }
      }),
      // nobody is dialled just to see whether it is there: who answered a question was, until one finds nobody
      ping: { ping: async (peer, options) => await this.#isThere(peer) ? 0 : await this.#components.ping.ping(peer, options) }
    })
  }

  #limited(handler: StreamHandler): StreamHandler {
    return async (stream, connection) => {
      if (this.#questions.take(connection.remotePeer.toString()) > 0) stream.abort(new Error('too many questions'))
      else await handler(stream, connection)
    }
  }

  /** @throws when the peer is neither connected nor one of the nodes that are known */
  async #isThere(peer: Parameters<KadDHTComponents['ping']['ping']>[0]): Promise<boolean> {
    if (!('toMultihash' in peer)) return false
    if (this.#components.connectionManager.getConnections(peer).some(connection => connection.status === 'open')) return false
    if (await this.#kad.knows(peer)) return true
    throw new Error('not connected')
  }

  async #hasAddress(text: string): Promise<boolean> {
    const peerId = parsePeerId(text)
    return peerId !== undefined && (await this.#addresses.of(peerId)).length > 0
  }

  /** The library keeps whoever answered once for as long as its bucket has room. */
  #handleUnreached(peerId: PeerId): void {
    this.#kad.drop(peerId).catch((error: unknown) => { this.#log.error('node %p could not be dropped - %e', peerId, error) })
  }

  async #visit(key: Uint8Array, options: AbortOptions): Promise<void> {
    await this.#count(this.#kad.dht.getClosestPeers(key, options), 'FIND_NODE')
  }

  async #count(events: AsyncIterable<QueryEvent>, messageName: 'FIND_NODE' | 'PUT_VALUE' | 'ADD_PROVIDER'): Promise<number> {
    let count = 0
    for await (const event of this.#until(events)) if (event.name === 'PEER_RESPONSE' && event.messageName === messageName) count += 1
    return count
  }

  /** The events of a query up to its end, which may be its time limit or an answer that the library stumbles over; none without a node to ask. */
  async* #until(events: AsyncIterable<QueryEvent>): AsyncGenerator<QueryEvent> {
    if (this.size === 0) return
    try {
      yield* events
    } catch (error) {
      this.#log('a query ended early - %e', error)
    }
  }
}
