/** Starts the parts of a mesh in order, feeds them the node's events while they run, and stops them in reverse. */
import type { Connection, Libp2pEvents, PeerId } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { HOUSEKEEPING_MS, PEER_STORE_SWEEP_MS } from '../config/limits.ts'
import type { Timer } from '../lib/clock.ts'
import { toError } from '../lib/errors.ts'
import type { EventLog } from '../lib/event-log.ts'
import { parsePeerId, peerIdOfMultiaddr } from '../lib/recipient.ts'
import type { KnownBy } from '../mesh-api.ts'
import { identityOf } from '../trust/approvals.ts'
import type { Parts } from './assemble.ts'
import type { MeshInit } from './init.ts'
import { noStream } from './no-stream.ts'
import { relayAddressLines } from './relaying.ts'
import type { UnnumberedEvent } from './views.ts'

export class Lifecycle {
  readonly #init: MeshInit
  readonly #parts: Parts
  readonly #events: EventLog<UnnumberedEvent>
  #housekeeping: Timer | undefined
  #sweptAt = -Infinity
  #isStopped = false

  constructor(init: MeshInit, parts: Parts, events: EventLog<UnnumberedEvent>) {
    this.#init = init
    this.#parts = parts
    this.#events = events
  }

  /** Handlers first, then the node, then the dials: no peer that connects is missed, and nothing waits for the network. */
  async start(): Promise<void> {
    const { node, keeper, mailbox, calls, instances, sharing, traversal, encounters, wideArea, listenAddrs } = this.#parts
    const { libp2p } = node
    encounters.listen({ handleMet: this.#handleMet, handleParted: this.#handleParted })
    libp2p.addEventListener('peer:connect', this.#handleConnect)
    libp2p.addEventListener('peer:disconnect', this.#handleDisconnect)
    libp2p.addEventListener('peer:discovery', this.#handleDiscovery)
    libp2p.addEventListener('connection:open', this.#handleConnection)
    libp2p.addEventListener('connection:close', this.#handleConnectionClosed)
    libp2p.addEventListener('self:peer:update', this.#handleAddresses)
    await instances.load()
    await node.start()
    this.#init.log.info(`Node started. Peer ID: ${libp2p.peerId.toString()}`)
    const peerId = libp2p.peerId.toString()
    for (const address of listenAddrs()) this.#init.log.info(`Listening on: ${address}/p2p/${peerId}`)
    for (const line of relayAddressLines(this.#init, { listenAddrs: listenAddrs(), peerId })) this.#init.log.info(line)
    await instances.start()
    this.#keepConnected()
    traversal.start()
    wideArea?.start()
    await mailbox.start()
    calls.start()
    await sharing.files.start()
    keeper.start()
    this.#scheduleHousekeeping()
  }

  async stop(): Promise<void> {
    const { node, network, keeper, mailbox, calls, instances, sharing, traversal, wideArea, commits, database } = this.#parts
    this.#isStopped = true
    this.#housekeeping?.cancel()
    keeper.stop()
    wideArea?.stop()
    traversal.stop()
    network.stop()
    await sharing.files.stop()
    calls.stop()
    try {
      await instances.announcing.leave()
      await node.libp2p.stop()
    } finally {
      mailbox.stop()
      this.#unlisten()
      await instances.stop()
      commits.commitNow()
      database.close()
      await node.close()
    }
  }

  #unlisten(): void {
    const { node } = this.#parts
    node.libp2p.removeEventListener('peer:connect', this.#handleConnect)
    node.libp2p.removeEventListener('peer:disconnect', this.#handleDisconnect)
    node.libp2p.removeEventListener('peer:discovery', this.#handleDiscovery)
    node.libp2p.removeEventListener('connection:open', this.#handleConnection)
    node.libp2p.removeEventListener('connection:close', this.#handleConnectionClosed)
    node.libp2p.removeEventListener('self:peer:update', this.#handleAddresses)
  }

  #keepConnected(): void {
    const { keeper, book } = this.#parts
    const { discovery, bootstrapList } = this.#init.config
    for (const address of discovery.includes('bootstrap') ? bootstrapList.map(text => multiaddr(text)) : []) {
      const peerId = peerIdOfMultiaddr(address)
      if (peerId !== undefined && !this.#isSelf(peerId)) keeper.want(peerId, 'bootstrap', [address])
    }
    for (const text of book.approvedPeerIds()) {
      const peerId = parsePeerId(text)
      if (peerId !== undefined && !this.#isSelf(peerId)) keeper.want(peerId, 'approved')
    }
  }

  /** One configuration for all nodes of an owner names each node to itself, too. */
  #isSelf(peerId: PeerId): boolean {
    return peerId.equals(this.#parts.node.libp2p.peerId)
  }

  readonly #handleConnect = (event: Libp2pEvents['peer:connect']): void => {
    this.#parts.keeper.handleConnected(event.detail)
    this.#parts.encounters.handleConnected(event.detail)
  }

  readonly #handleDisconnect = (event: Libp2pEvents['peer:disconnect']): void => {
    this.#parts.encounters.handleDisconnected(event.detail)
    this.#parts.keeper.handleDisconnected(event.detail)
  }

  readonly #handleMet = (peerId: PeerId): void => {
    this.#init.log.info(`Peer connected: ${peerId.toString()}`)
    this.#touch(peerId)
    this.#greetOver(this.#parts.node.libp2p.getConnections(peerId))
    this.#parts.presences.handleConnected(peerId)
    this.#parts.broadcasts?.handleMet(peerId)
    this.#parts.traversal.relays.handleConnected(peerId)
    this.#parts.mailbox.outgoing.handlePeerConnected(peerId)
    this.#parts.calls.handlePeerConnected(peerId.toString())
    this.#parts.sharing.handlePeerConnected(peerId)
    this.#events.append({ type: 'peer-connected', peerId: peerId.toString() })
  }

  readonly #handleParted = (peerId: PeerId): void => {
    this.#init.log.info(`Peer disconnected: ${peerId.toString()}`)
    this.#touch(peerId)
    this.#parts.instances.handleDisconnected(peerId)
    this.#parts.calls.handlePeerDisconnected(peerId.toString())
    this.#events.append({ type: 'peer-disconnected', peerId: peerId.toString() })
  }

  readonly #handleDiscovery = (event: Libp2pEvents['peer:discovery']): void => {
    const { id } = event.detail
    if (this.#parts.book.statusOf(id.toString()) === 'blocked') return
    this.#parts.keeper.nudge(id)
    this.#parts.dialer.handleDiscovered(id)
  }

  readonly #handleConnection = (event: Libp2pEvents['connection:open']): void => {
    const { remotePeer } = event.detail
    const { encounters, presences, limits, traversal } = this.#parts
    if (encounters.has(remotePeer)) presences.handleConnected(remotePeer)
    limits.handleOpened(event.detail)
    traversal.paths.handleOpened(event.detail)
    if (!encounters.isContact(remotePeer)) this.#greetOver([event.detail])
  }

  readonly #handleConnectionClosed = (event: Libp2pEvents['connection:close']): void => {
    this.#parts.traversal.paths.handleClosed(event.detail)
  }

  readonly #handleAddresses = (): void => {
    if (this.#parts.instances.announcing.handleAddresses()) this.#parts.wideArea?.handleAddresses()
  }

  /** Whoever dials opens the message stream, so that both sides can say who they are; the DHT's connections get one when the peer is met. */
  #greetOver(connections: readonly Connection[]): void {
    for (const connection of connections.filter(({ direction, status }) => direction === 'outbound' && status === 'open')) {
      this.#parts.protocol.greet(connection).catch(noStream(this.#init.log, connection.remotePeer))
    }
  }

  #touch(peerId: PeerId): void {
    if (peerId.publicKey === undefined) return
    this.#parts.book.touch(identityOf(peerId), { knownBy: this.#wayTo(peerId) }).catch((error: unknown) => {
      this.#init.log.error(`Peer ${peerId.toString()} could not be noted: ${toError(error).message}`)
    })
  }

  /** What this very moment tells about how the peer became known. */
  #wayTo(peerId: PeerId): KnownBy {
    if (this.#init.config.bootstrapList.some(address => address.endsWith(peerId.toString()))) return 'config'
    return this.#parts.network.isOnLan(peerId) ? 'lan' : 'contact'
  }

  #scheduleHousekeeping(): void {
    this.#housekeeping = this.#init.clock.after(HOUSEKEEPING_MS, () => {
      this.#keepHouse().catch((error: unknown) => {
        this.#init.log.error(`Housekeeping failed and is tried again: ${toError(error).message}`)
      }).finally(() => { if (!this.#isStopped) this.#scheduleHousekeeping() })
    })
  }

  async #keepHouse(): Promise<void> {
    const { limits, instances, mailbox, calls, sharing, network, book, keeper } = this.#parts
    limits.keepHouse()
    instances.keepHouse()
    await mailbox.keepHouse()
    await calls.keepHouse()
    await sharing.files.keepHouse()
    const now = this.#init.clock.now()
    if (now - this.#sweptAt < PEER_STORE_SWEEP_MS) return
    this.#sweptAt = now
    await network.forgetOthers(peerId => keeper.isWanted(peerId) || book.get(peerId) !== undefined || instances.ofPeer(peerId) !== undefined)
  }
}
