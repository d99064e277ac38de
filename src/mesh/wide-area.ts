/** The mesh beyond the LAN: this instance's record in the DHT, look-ups of others, the network's rendezvous, relays that serve everybody. */
import type { PeerId } from '@libp2p/interface'
import { FIRST_NODE_TIMEOUT_MS, LOCATED_KEEP_MS, RECORD_INTERVAL_MS, RENDEZVOUS_TIMEOUT_MS, START_MS } from '../config/dht-limits.ts'
import { isOneMachine } from '../config/mesh-reach.ts'
import { agentIdOf } from '../lib/agent-id.ts'
import { toError } from '../lib/errors.ts'
import { oneLine } from '../lib/text.ts'
import { RelayDiscovery, type RelayHint } from '../nat/relay-discovery.ts'
import { addressScopes } from '../node/address-scopes.ts'
import type { DhtService } from '../node/dht.ts'
import type { Network } from '../node/network.ts'
import type { PeerKeeper } from '../node/peer-keeper.ts'
import { Publication } from '../node/publication.ts'
import { RelayEntry, RELAYS_NAME } from '../node/relay-entry.ts'
import { openRecord, recordKey } from '../protocols/instance-record.ts'
import type { PeerHint } from '../protocols/peer-exchange.ts'
import { InstanceFinder, type Sought } from '../routes/instance-finder.ts'
import type { PeerBook } from '../trust/peer-book.ts'
import type { MeshInit } from './init.ts'
import type { Instances } from './instances.ts'
import { Rendezvous } from './rendezvous.ts'
import type { Traversal } from './traversal.ts'

export interface WideAreaInit {
  init: MeshInit
  self: PeerId
  dht: DhtService
  network: Network
  keeper: PeerKeeper
  book: PeerBook
  instances: Instances
  traversal: Traversal
}

export class WideArea {
  readonly #init: WideAreaInit
  readonly #isOneMachine: boolean
  readonly #record: Publication
  readonly #relayEntry: RelayEntry | undefined
  readonly #finder: InstanceFinder
  readonly #rendezvous: Rendezvous
  readonly #relayDiscovery: RelayDiscovery
  #startedAt = -Infinity
  #unlisten = (): void => undefined

  constructor(init: WideAreaInit) {
    const { init: { config, clock, random, log }, traversal: { relays } } = init
    this.#init = init
    this.#isOneMachine = isOneMachine(config)
    this.#record = new Publication({
      what: 'the record of this instance', publish: async options => await this.#putRecord(options), intervalMs: RECORD_INTERVAL_MS, clock, random, log
    })
    this.#relayEntry = config.enableCircuitRelayServer ? new RelayEntry(init.dht, init.init) : undefined
    this.#rendezvous = new Rendezvous(init)
    this.#relayDiscovery = new RelayDiscovery({
      wanted: config.enableCircuitRelay ? config.discoverRelays : 0, search: options => this.#relays(options), relays, searchTimeoutMs: RENDEZVOUS_TIMEOUT_MS,
      clock, random, log
    })
    this.#finder = this.#createFinder()
  }

  /** After the node has started. */
  start(): void {
    this.#startedAt = this.#init.init.clock.now()
    this.#unlisten = this.#init.dht.onNode(() => { this.#handleNode() })
    for (const publication of this.#publications()) publication.start()
    this.#relayEntry?.start()
    this.#relayDiscovery.start()
  }

  /** Before the node stops. */
  stop(): void {
    this.#unlisten()
    this.#finder.stop()
    this.#relayDiscovery.stop()
    this.#relayEntry?.stop()
    for (const publication of this.#publications()) publication.stop()
  }

  /** Our addresses may have changed. */
  handleAddresses(): void {
    for (const publication of this.#publications()) publication.handleChange()
    this.#relayEntry?.publication.handleChange()
  }

  /** Looks somebody up; true when he is known from now on. */
  async find(sought: Sought): Promise<boolean> {
    return await this.#finder.find(sought)
  }

  /** A peer that is wanted is not where it was: it may have moved. */
  handleUnreached(peerId: PeerId): void {
    const { keeper, init: { log } } = this.#init
    this.#finder.findAgain(peerId).then((isFound) => { if (isFound) keeper.nudge(peerId) }, (error: unknown) => {
      log.error(`Peer ${peerId.toString()} could not be looked up: ${toError(error).message}`)
    })
  }

  /** Nodes of the same network that this one is not connected to. */
  async others(options: { signal: AbortSignal }): Promise<PeerHint[]> {
    return await this.#rendezvous.others(options)
  }

  #publications(): Publication[] {
    return [this.#record, this.#rendezvous.publication]
  }

  #handleNode(): void {
    for (const publication of this.#publications()) publication.handleNode()
    this.#relayDiscovery.handleNode()
  }

  async #putRecord(options: { signal: AbortSignal }): Promise<number> {
    const { dht, self, instances } = this.#init
    const record = await instances.announcing.record(this.#isOneMachine)
    return record === undefined ? 0 : await dht.put(recordKey(agentIdOf(self)), record, options)
  }

  #createFinder(): InstanceFinder {
    const { dht, network, init: { clock, log } } = this.#init
    return new InstanceFinder({
      hasNodes: async () => await this.#hasNodes(),
      records: (agentId, options) => dht.values(recordKey(agentId), options),
      learn: async (agentId, record) => await this.#learn(agentId, record),
      locate: async (peerId, options) => {
        const found = await dht.findPeer(peerId, options)
        if (found !== undefined) await network.learn(peerId, found.multiaddrs, LOCATED_KEEP_MS)
        return found !== undefined
      },
      log, clock
    })
  }

  async #learn(agentId: string, record: Uint8Array): Promise<PeerId | undefined> {
    const { instances, init: { clock, log } } = this.#init
    try {
      const found = await openRecord(recordKey(agentId), record, { isTold: addressScopes(this.#isOneMachine).isTold, now: clock.now })
      instances.handleFound(found, this.#isOneMachine)
      return instances.ofPeer(found.peerId.toString()) === undefined ? undefined : found.peerId
    } catch (error) {
      log.debug(`A record of ${agentId} was dropped: ${oneLine(toError(error).message, MAX_REASON_CHARACTERS)}`)
      return undefined
    }
  }

  /** Right after the start the first node may be on its way. */
  async #hasNodes(): Promise<boolean> {
    const { dht, init: { clock } } = this.#init
    if (dht.size > 0 || clock.now() - this.#startedAt > START_MS) return dht.size > 0
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const unlisten = dht.onNode(() => { if (dht.size > 0) resolve(true) })
    const timer = clock.after(FIRST_NODE_TIMEOUT_MS, () => { resolve(false) })
    return await promise.finally(() => {
      unlisten()
      timer.cancel()
    })
  }

  async* #relays(options: { signal: AbortSignal }): AsyncGenerator<RelayHint> {
    for await (const { id, multiaddrs } of this.#init.dht.providers(RELAYS_NAME, options)) {
      if (this.#init.book.statusOf(id.toString()) !== 'blocked') yield { peerId: id, addresses: multiaddrs }
    }
  }
}

const MAX_REASON_CHARACTERS = 120
