/** Instances as the mesh knows them: announces out and in, the route table, and its file. */
import { join } from 'node:path'
import type { Connection, PeerId, PrivateKey } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { MAX_ROUTES, MAX_ROUTE_BYTES, ROUTE_AGE_MS } from '../config/limits.ts'
import type { EventLog } from '../lib/event-log.ts'
import { toError } from '../lib/errors.ts'
import { isOnOwnSubnet, scopeOf } from '../lib/reachable-address.ts'
import { parseMultiaddr, parsePeerId } from '../lib/recipient.ts'
import type { InstanceSummary } from '../mesh-api.ts'
import type { Network } from '../node/network.ts'
import type { SignedAnnounce } from '../protocols/announce.ts'
import type { MessageProtocol } from '../protocols/message-protocol.ts'
import { DuplicateKeys } from '../routes/duplicate-keys.ts'
import { InstanceRoutes, type Route } from '../routes/instance-routes.ts'
import { RouteLearner } from '../routes/route-learner.ts'
import { RouteStore, type DialHint } from '../routes/route-store.ts'
import { Sequence } from '../routes/sequence.ts'
import type { PeerBook } from '../trust/peer-book.ts'
import { Announcing } from './announcing.ts'
import type { MeshInit } from './init.ts'
import { PinnedNames } from './pinned-names.ts'
import type { Presences } from './presences.ts'
import type { Traversal } from './traversal.ts'
import { toInstanceSummary, type UnnumberedEvent } from './views.ts'

export interface InstancesInit {
  init: MeshInit
  events: EventLog<UnnumberedEvent>
  network: Network
  book: PeerBook
  protocol: MessageProtocol
  peerId: PeerId
  privateKey: PrivateKey
  /** 16 hex characters, random for each start. */
  bootId: string
  /** Addresses that the node has now, without the peer ID. */
  addresses: () => Multiaddr[]
  /** Whether this node dialled the peer for its own sake. */
  isDialled: (peerId: PeerId) => boolean
  /** Told where peers announced to be, and which of their connections lead to one run. */
  traversal: Pick<Traversal, 'handleAddresses' | 'surplus'>
  /** Told when a peer said goodbye. */
  presences: Pick<Presences, 'handleLeft'>
}

export class Instances {
  /** What this instance says about itself. */
  readonly announcing: Announcing
  readonly #init: InstancesInit
  readonly #routes: InstanceRoutes
  readonly #store: RouteStore
  readonly #learner: RouteLearner
  readonly #duplicates: DuplicateKeys
  readonly #sequence: Sequence
  readonly #pins: PinnedNames
  #hints: DialHint[] = []
  #isStarted = false

  constructor(init: InstancesInit) {
    const { init: { clock, log, stateDir }, book, peerId } = init
    this.#init = init
    this.#routes = new InstanceRoutes({ maxRoutes: MAX_ROUTES, maxBytes: MAX_ROUTE_BYTES, isProtected: text => book.isKept(text) })
    this.#duplicates = new DuplicateKeys({ ownPeerId: peerId.toString(), log, now: clock.now })
    this.#store = new RouteStore({
      path: join(stateDir, 'instance-peer.json'), clock, log,
      snapshot: () => ({ routes: this.#routes.all(), sequence: this.#sequence.stored })
    })
    this.#sequence = new Sequence({ now: clock.now, onReserve: () => { this.#store.saveSoon() } })
    this.#pins = new PinnedNames({ book, log, now: clock.now })
    this.announcing = new Announcing({
      ...init, isWelcome: other => this.#isWelcome(other), isApproved: other => this.#isApproved(other.toString()), nextSequence: () => this.#sequence.next()
    })
    this.#learner = this.#createLearner()
  }

  /** Reads the route table; call it before the node starts, and `start` after. */
  async load(): Promise<void> {
    const { routes, hints, sequence } = await this.#store.load()
    this.#sequence.restore(sequence)
    for (const route of routes) this.#routes.learn(route)
    this.#hints = hints
  }

  /** Hints of the old file go where the dialler finds them, for as long as a route would stay. */
  async start(): Promise<void> {
    for (const hint of this.#hints) {
      const peerId = parsePeerId(hint.peerId)
      if (peerId === undefined || peerId.equals(this.#init.peerId)) continue
      await this.#init.network.learn(peerId, hint.multiaddrs.flatMap(text => parseMultiaddr(text) ?? []), ROUTE_AGE_MS)
    }
    this.#isStarted = true
    this.announcing.start()
  }

  async stop(): Promise<void> {
    this.announcing.stop()
    if (!this.#isStarted) return // the file stays as it is, with hints that were not taken yet
    this.#sequence.settle()
    await this.#store.close()
  }

  /** Peer IDs whose keys two live nodes use, our own included. */
  get duplicateKeys(): string[] {
    return this.#duplicates.peerIds
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

  /** Approved instances of that name; where there is none, all of them. */
  withName(instanceName: string): Route[] {
    const named = this.#routes.withName(instanceName)
    const approved = named.filter(({ peerId }) => this.#isApproved(peerId))
    return approved.length > 0 ? approved : named
  }

  /** The peer that the name of this one's instance is pinned to, when that is another one. */
  pinHolderOf(peerId: string): string | undefined {
    return this.#pins.holderOf(this.#routes.ofPeer(peerId))
  }

  withAgentId(agentId: string): Route[] {
    return this.#routes.withAgentId(agentId)
  }

  /** Addresses that the peer announced; private ones only while we are on their network. */
  addressesOf(peerId: PeerId): Multiaddr[] {
    const announced = this.#routes.ofPeer(peerId.toString())?.multiaddrs ?? []
    return announced.flatMap(text => parseMultiaddr(text) ?? []).filter(address => scopeOf(address) !== 'private' || isOnOwnSubnet(address))
  }

  handleLinkOpened(peerId: PeerId, connection: Connection): void {
    this.#routes.touch(peerId.toString(), this.#init.init.clock.now())
    this.announcing.announceTo(peerId, connection)
  }

  handleAnnounce(from: PeerId, record: Uint8Array, connection: Connection): void {
    this.#learner.handleAnnounce(from, record, connection).catch((error: unknown) => {
      this.#init.init.log.error(`An announce of ${from.toString()} could not be taken: ${toError(error).message}`)
    })
  }

  /** A look-up found what the peer signed. */
  handleFound(found: SignedAnnounce, isOneMachine: boolean): void {
    if (!found.peerId.equals(this.#init.peerId)) this.#learner.handleFound(found, isOneMachine)
  }

  /** An approved peer is told what strangers are not. */
  handleApproved(peerId: PeerId): void {
    this.#pins.pin(this.#routes.ofPeer(peerId.toString()))
    this.announcing.announceAgain(peerId)
  }

  handleDisconnected(peerId: PeerId): void {
    this.#routes.touch(peerId.toString(), this.#init.init.clock.now())
    this.#learner.handleDisconnected(peerId)
  }

  /** Somebody on the LAN announces itself with our peer ID. */
  handleSelfDiscovered(): void {
    this.#duplicates.handleOwn('mDNS')
  }

  forget(peerId: string): void {
    if (this.#routes.remove(peerId) !== undefined) this.#store.saveSoon()
  }

  keepHouse(): void {
    if (this.#routes.prune(this.#init.init.clock.now() - ROUTE_AGE_MS).length > 0) this.#store.saveSoon()
  }

  #createLearner(): RouteLearner {
    const { init: { clock, log }, network, protocol } = this.#init
    return new RouteLearner({
      routes: this.#routes, log, now: clock.now,
      isWelcome: peerId => this.#isWelcome(peerId), isApproved: peerId => this.#isApproved(peerId.toString()),
      onMapped: (route) => { this.#handleMapped(route) },
      onLearned: (route, dropped) => { this.#handleLearned(route, dropped) },
      onLeft: (peerId) => { this.#handleLeft(peerId) },
      isAlive: async connection => network.isAlive(connection),
      onSameRun: async (one, other) => { await this.#init.traversal.surplus.handleSameRun(one, other) },
      onDuplicateKey: (peerId, bootIds) => { this.#handleDuplicateKey(peerId, bootIds) },
      onOwnRunsHeard: (reporter, bootIds) => {
        if (bootIds.some(bootId => bootId !== this.#init.bootId)) this.#duplicates.handleOwn(`peer ${reporter.toString()}`)
      },
      onFlood: (peerId, error) => { protocol.abortLinks(peerId, error) }
    })
  }

  #isApproved(peerId: string): boolean {
    return this.#init.book.statusOf(peerId) === 'approved'
  }

  #isWelcome(peerId: PeerId): boolean {
    const status = this.#init.book.statusOf(peerId.toString())
    return status === 'approved' || (status === 'unknown' && this.#init.init.config.enableAgentSync)
  }

  #handleMapped(route: Route): void {
    this.#pins.handleMapped(route)
    this.#init.init.log.info(`Instance mapping updated: ${route.instanceId} -> ${route.peerId}`)
    this.#init.events.append({ type: 'instance', instanceId: route.instanceId, peerId: route.peerId })
  }

  #handleLeft(peerId: PeerId): void {
    this.#init.init.log.info(`Peer left: ${peerId.toString()}`)
    this.#init.presences.handleLeft(peerId)
  }

  #handleLearned(route: Route, dropped: readonly string[]): void {
    this.#store.saveSoon()
    const peerId = parsePeerId(route.peerId)
    if (peerId === undefined) return
    this.#init.traversal.handleAddresses(peerId)
    if (dropped.length === 0) return
    this.#init.network.unlearn(peerId, dropped).catch((error: unknown) => {
      this.#init.init.log.error(`Old addresses of ${route.peerId} could not be forgotten: ${toError(error).message}`)
    })
  }

  #handleDuplicateKey(peerId: PeerId, bootIds: string[]): void {
    this.#duplicates.handlePeer(peerId.toString())
    this.announcing.announceAgain(peerId, bootIds)
  }
}
