/** Instances as the mesh knows them: announces out and in, the route table, and its file. */
import { join } from 'node:path'
import type { Connection, PeerId, PrivateKey } from '@libp2p/interface'
import { multiaddr, type Multiaddr } from '@multiformats/multiaddr'
import { MAX_ROUTES, ROUTE_AGE_MS } from '../config/limits.ts'
import type { EventLog } from '../lib/event-log.ts'
import { toError } from '../lib/errors.ts'
import { RateLimiter } from '../lib/rate-limiter.ts'
import { parsePeerId } from '../lib/recipient.ts'
import type { InstanceSummary } from '../mesh-api.ts'
import type { Network } from '../node/network.ts'
import type { MessageProtocol } from '../protocols/message-protocol.ts'
import { Announcer } from '../routes/announcer.ts'
import { InstanceRoutes, type Route } from '../routes/instance-routes.ts'
import { ANNOUNCE_RATE, RouteLearner } from '../routes/route-learner.ts'
import { RouteStore } from '../routes/route-store.ts'
import type { PeerBook } from '../trust/peer-book.ts'
import type { MeshInit } from './init.ts'
import type { UnnumberedEvent } from './views.ts'

export interface InstancesInit {
  init: MeshInit
  events: EventLog<UnnumberedEvent>
  network: Network
  book: PeerBook
  protocol: MessageProtocol
  privateKey: PrivateKey
  /** 16 hex characters, random for each start. */
  bootId: string
  /** Addresses that the node has now, without the peer ID. */
  addresses: () => Multiaddr[]
}

export class Instances {
  readonly #init: InstancesInit
  readonly #routes: InstanceRoutes
  readonly #store: RouteStore
  readonly #announcer: Announcer
  readonly #learner: RouteLearner
  #sequence = 0
  #told = ''

  constructor(init: InstancesInit) {
    const { init: { clock, log, config, stateDir }, book, protocol, network } = init
    const isApproved = (peerId: PeerId): boolean => book.statusOf(peerId.toString()) === 'approved'
    const rate = new RateLimiter({ ...ANNOUNCE_RATE, now: clock.now })
    this.#init = init
    this.#routes = new InstanceRoutes({ maxRoutes: MAX_ROUTES, isProtected: peerId => book.statusOf(peerId) === 'approved' })
    this.#store = new RouteStore({
      path: join(stateDir, 'instance-peer.json'), clock, log,
      snapshot: () => ({ routes: this.#routes.all(), sequence: this.#sequence })
    })
    this.#announcer = new Announcer({
      instanceName: config.instanceName, card: config.agentCard, bootId: init.bootId, privateKey: init.privateKey,
      addresses: init.addresses, isOpen: config.enableAgentSync, isApproved, clock, log,
      linkedPeers: () => protocol.linkedPeers(),
      send: (peerId, record) => protocol.announce(peerId, record),
      nextSequence: () => this.#nextSequence()
    })
    this.#learner = new RouteLearner({
      routes: this.#routes, isOpen: config.enableAgentSync, isApproved, log, now: clock.now,
      takeRate: peerId => rate.take(peerId),
      onMapped: (route) => { this.#handleMapped(route) },
      onLearned: (route, addresses) => { this.#handleLearned(route, addresses) },
      isAlive: async connection => network.isAlive(connection),
      onDuplicateKey: (peerId) => {
        log.warn(`Two live nodes use the key of ${peerId}: a copied machine carries a copied identity. Move identity.key away on one of them and restart it`)
      }
    })
  }

  /** Reads the route table and gives its addresses to the dialler. */
  async start(): Promise<void> {
    const { routes, hints, sequence } = await this.#store.load()
    this.#sequence = sequence
    for (const route of routes) this.#routes.learn(route)
    for (const { peerId, multiaddrs } of [...routes, ...hints]) await this.#learnAddresses(peerId, multiaddrs)
    this.#announcer.start()
  }

  async stop(): Promise<void> {
    this.#announcer.stop()
    await this.#store.save()
  }

  /** Every instance: approved ones first, of those the connected ones, of those the ones seen last. */
  list(): InstanceSummary[] {
    const { network, book } = this.#init
    return this.#routes.all().map(route => toInstanceSummary(route, { network, book })).sort((one, other) =>
      Number(other.approved) - Number(one.approved) || Number(other.connected) - Number(one.connected) || other.lastSeenAt - one.lastSeenAt)
  }

  ofPeer(peerId: string): Route | undefined {
    return this.#routes.ofPeer(peerId)
  }

  withName(instanceName: string): Route[] {
    return this.#routes.withName(instanceName)
  }

  withAgentId(agentId: string): Route[] {
    return this.#routes.withAgentId(agentId)
  }

  handleLinkOpened(peerId: PeerId, connection: Connection): void {
    this.#routes.touch(peerId.toString(), this.#init.init.clock.now())
    this.#announceTo(peerId, connection)
  }

  handleAnnounce(from: PeerId, record: Uint8Array, connection: Connection): void {
    this.#learner.handleAnnounce(from, record, connection).catch((error: unknown) => {
      this.#init.init.log.error(`An announce of ${from.toString()} could not be taken: ${toError(error).message}`)
    })
  }

  /** An approved peer is told what strangers are not. */
  handleApproved(peerId: PeerId): void {
    const linked = this.#init.protocol.linkedPeers().find(candidate => candidate.peerId.equals(peerId))
    if (linked !== undefined) this.#announceTo(peerId, linked.connection)
  }

  /** Our addresses may have changed. */
  handleAddresses(): void {
    const addresses = this.#init.addresses().map(address => address.toString()).sort().join()
    if (addresses === this.#told) return
    this.#told = addresses
    this.#announcer.handleChange()
  }

  handleDisconnected(peerId: PeerId): void {
    this.#routes.touch(peerId.toString(), this.#init.init.clock.now())
    this.#store.saveSoon()
  }

  forget(peerId: string): void {
    if (this.#routes.remove(peerId) !== undefined) this.#store.saveSoon()
  }

  keepHouse(): void {
    if (this.#routes.prune(this.#init.init.clock.now() - ROUTE_AGE_MS).length > 0) this.#store.saveSoon()
  }

  #announceTo(peerId: PeerId, connection: Connection): void {
    this.#announcer.announceTo(peerId, connection).catch((error: unknown) => {
      this.#init.init.log.error(`${peerId.toString()} could not be told who we are: ${toError(error).message}`)
    })
  }

  #nextSequence(): number {
    this.#sequence = Math.max(this.#sequence + 1, this.#init.init.clock.now())
    this.#store.saveSoon()
    return this.#sequence
  }

  #handleMapped(route: Route): void {
    this.#init.init.log.info(`Instance mapping updated: ${route.instanceId} -> ${route.peerId}`)
    this.#init.events.append({ type: 'instance', instanceId: route.instanceId, peerId: route.peerId })
  }

  #handleLearned(route: Route, addresses: Multiaddr[]): void {
    this.#store.saveSoon()
    this.#learnAddresses(route.peerId, addresses.map(address => address.toString())).catch((error: unknown) => {
      this.#init.init.log.error(`Addresses of ${route.peerId} could not be stored: ${toError(error).message}`)
    })
  }

  async #learnAddresses(peerId: string, addresses: readonly string[]): Promise<void> {
    const parsed = parsePeerId(peerId)
    const usable = addresses.flatMap(text => parseMultiaddr(text) ?? [])
    if (parsed !== undefined && usable.length > 0) await this.#init.network.learn(parsed, usable)
  }
}

function toInstanceSummary(route: Route, { network, book }: { network: Network, book: PeerBook }): InstanceSummary {
  const { instanceId, instanceName, source, lastSeenAt, card } = route
  const peerId = parsePeerId(route.peerId)
  const alias = book.get(route.peerId)?.alias ?? undefined
  const approved = book.statusOf(route.peerId) === 'approved'
  return {
    instanceId, instanceName, peerId: route.peerId, approved, source, lastSeenAt,
    connected: peerId !== undefined && network.isConnected(peerId),
    ...alias !== undefined && { alias },
    ...approved && card !== undefined && { card: { ...card } }
  }
}

/** An address from a file that people may edit. */
function parseMultiaddr(text: string): Multiaddr | undefined {
  try {
    return multiaddr(text)
  } catch {
    return undefined // one bad line costs that address, not the table
  }
}
