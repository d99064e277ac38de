/** Everything that keeps a mesh reachable and on its best paths: hole punching, relays, liveness, the machine's network. */
import { networkInterfaces } from 'node:os'
import type { Connection, PeerId } from '@libp2p/interface'
import { multiaddr, type Multiaddr } from '@multiformats/multiaddr'
import { DIRECT_DIAL_TIMEOUT_MS, PATH_CHECK_TIMEOUT_MS, ROUTER_QUERY_TIMEOUT_MS } from '../config/nat-limits.ts'
import { isRelayed } from '../lib/connection-path.ts'
import { toError } from '../lib/errors.ts'
import { pingConnection } from '../lib/ping-connection.ts'
import { scopeOf } from '../lib/reachable-address.ts'
import type { NatSummary, PathKind } from '../mesh-api.ts'
import { InterfaceWatch } from '../nat/interface-watch.ts'
import { isUdx, Liveness } from '../nat/liveness.ts'
import { NatTraversal, type NatStatus } from '../nat/nat-traversal.ts'
import type { PathFollower } from '../nat/path-follower.ts'
import { PathSupervisor } from '../nat/path-supervisor.ts'
import type { WhyNot } from '../nat/race-plan.ts'
import { RelaySupervisor } from '../nat/relay-supervisor.ts'
import { askRouters, type RouterAnswer } from '../nat/router-query.ts'
import type { StunResponder } from '../nat/stun-responder.ts'
import type { MeshNode } from '../node/create-node.ts'
import type { Network } from '../node/network.ts'
import type { NodeComponents } from '../node/options.ts'
import type { PeerKeeper } from '../node/peer-keeper.ts'
import type { MessageProtocol } from '../protocols/message-protocol.ts'
import type { MeshInit } from './init.ts'
import type { Presences } from './presences.ts'
import { SurplusConnections } from './surplus-connections.ts'

export interface PuncherOptions {
  isApproved: (peerId: PeerId) => boolean
  /** Answers STUN questions on the UDP port; a relay's. */
  responder: StunResponder | undefined
}

/** The punching service of the node, made with it. */
export function createPuncher(init: MeshInit, components: NodeComponents, { isApproved, responder }: PuncherOptions): NatTraversal {
  const { config, log, clock, random } = init
  return new NatTraversal(components, {
    allowance: peerId => isApproved(peerId) ? 'full' : 'none',
    udpPort: tcpPortOf(components.addressManager.getListenAddrs()), stunServers: config.stunServers, relays: config.relayList, log, clock, random,
    ...responder !== undefined && { responder }
  })
}

export interface TraversalInit {
  init: MeshInit
  libp2p: MeshNode
  components: NodeComponents
  /** Undefined where hole punching is off. */
  puncher: NatTraversal | undefined
  network: Network
  keeper: PeerKeeper
  presences: Presences
  isApproved: (peerId: PeerId) => boolean
  /** Their streams outlive a connection. */
  protocol: MessageProtocol
  broadcasts: PathFollower | undefined
}

/** Where hole punching is off, nobody is asked. */
const UNKNOWN: Omit<NatStatus, 'udxConnections'> = { natType: 'unknown', udpPort: 0, mappedAddrs: [], stun: [], stunAsked: [], clocks: [] }

/** How soon a UDX connection that did not answer a ping counts as broken: it had its time already. */
const SECOND_CHECK_MS = 1_000

export class Traversal {
  readonly relays: RelaySupervisor
  readonly paths: PathSupervisor
  readonly surplus: SurplusConnections
  readonly #init: TraversalInit
  readonly #liveness: Liveness
  readonly #interfaces: InterfaceWatch
  readonly #stopping = new AbortController()
  #routers: RouterAnswer[] = []

  constructor(init: TraversalInit) {
    this.#init = init
    const { libp2p, components, init: { config, clock, random, log } } = init
    this.relays = new RelaySupervisor({ connectionManager: components.connectionManager, transportManager: components.transportManager, events: libp2p }, {
      relays: config.enableCircuitRelay ? config.relayList : [], onReserved: () => { this.#handleReserved() }, log, clock, random
    })
    this.#liveness = new Liveness({
      connections: () => openOf(libp2p.getConnections()), isKept: peerId => this.isKept(peerId), clock,
      ping: pingConnection,
      onAnswer: ({ remotePeer }) => { init.presences.handleHeard(remotePeer) },
      onRoundTrip: (connection, rttMs) => { this.paths.handleRoundTrip(connection, rttMs) },
      onSilent: async (connection, error) => { await this.#handleSilent(connection, error) }
    })
    this.paths = new PathSupervisor({
      connections: peerId => openOf(libp2p.getConnections(peerId)), isUpgradable: init.isApproved,
      upgrade: async (peerId, options) => await this.#upgrade(peerId, options),
      prove: async connection => await this.#liveness.check(connection, PATH_CHECK_TIMEOUT_MS),
      followers: [init.protocol, ...init.broadcasts === undefined ? [] : [init.broadcasts]], clock, random, log
    })
    this.surplus = new SurplusConnections({
      ownPeerId: libp2p.peerId, connections: peerId => libp2p.getConnections(peerId), inUse: peerId => init.protocol.inUse(peerId),
      isAlive: async connection => await init.network.isAlive(connection), retire: (connection) => { init.protocol.retire(connection) }, clock, log
    })
    this.#interfaces = new InterfaceWatch({ interfaces: networkInterfaces, onChange: () => { this.#handleNetworkChange() }, clock })
  }

  /** After the node has started. */
  start(): void {
    this.#liveness.start()
    this.#interfaces.start()
    this.relays.start()
    this.#observe()
  }

  /** Before the node stops. */
  stop(): void {
    this.#stopping.abort(new Error('the mesh is stopping'))
    this.relays.stop()
    this.#interfaces.stop()
    this.#liveness.stop()
    this.paths.stop()
    this.surplus.stop()
  }

  /** How the network sees this node, as far as it told us. */
  summary(): NatSummary {
    const { puncher, network } = this.#init
    const { natType, udpPort, mappedAddrs, stun, stunAsked, udpError, clocks } = puncher?.status() ?? UNKNOWN
    const isPublic = network.announcedAddrs().map(address => multiaddr(address))
      .some(address => !isRelayed({ remoteAddr: address }) && scopeOf(address) === 'public')
    const isBehind = natType === 'easy' || natType === 'hard' || natType === 'blocked'
    return {
      reachability: isPublic ? 'public' : isBehind ? 'private' : 'unknown', type: natType, relays: network.relays(), relayList: this.relays.status(),
      udpPort, mappedAddrs, stun, stunAsked, clocks, routers: this.#routers, ...udpError !== undefined && { udpError }, ...this.#ownAddresses()
    }
  }

  /** Asks STUN servers and routers anew. */
  async check(): Promise<void> {
    await Promise.all([this.#observeNow(), this.#askRouters()])
  }

  /** Whether this node keeps itself connected to the peer: it is approved or awaited, or a relay of ours. */
  isKept(peerId: PeerId): boolean {
    return this.#init.isApproved(peerId) || this.#init.keeper.isWanted(peerId.toString()) || this.relays.has(peerId)
  }

  /** A path with why it is not direct, where it is not and that is known. */
  explain<Path extends { peerId: string, path: PathKind }>(path: Path): Path & { whyNotDirect?: string } {
    const why = path.path === 'relay' ? this.paths.of(path.peerId)?.whyNotDirect : undefined
    return why === undefined ? path : { ...path, whyNotDirect: why }
  }

  /** A peer announced where it is: one of these addresses may lead there without a relay. */
  handleAddresses(peerId: PeerId): void {
    const open = openOf(this.#init.libp2p.getConnections(peerId))
    if (open.length > 0 && open.every(isRelayed) && this.#init.isApproved(peerId)) void this.#dialDirect(peerId, { signal: this.#stopping.signal })
  }

  /** What was learnt while the relay was away may be wrong: UDP that seemed to be blocked, for one. */
  #handleReserved(): void {
    this.#init.puncher?.forget()
    this.#init.keeper.nudgeAll() // peers of the same relay are within reach again
    this.#observe()
  }

  #handleNetworkChange(): void {
    this.#init.init.log.info('The network of this machine changed: paths and relays are checked')
    this.#init.puncher?.forget()
    this.#liveness.checkAll()
    this.relays.nudge()
    this.paths.handleNetworkChange()
    this.#init.keeper.nudgeAll()
    this.#observe()
  }

  /** Asks the relays how they see us, so that the status can tell, and the first attempt at a direct path need not wait. */
  #observe(): void {
    this.#observeNow().catch((error: unknown) => { this.#init.init.log.debug(`STUN failed: ${toError(error).message}`) })
  }

  async #observeNow(): Promise<void> {
    const { puncher, components } = this.#init
    const relays = components.transportManager.getAddrs().filter(address => isRelayed({ remoteAddr: address }))
    await puncher?.observe({ signal: this.#stopping.signal, relays })
  }

  async #askRouters(): Promise<void> {
    const { libp2p: { services: { upnpNAT } }, init: { log } } = this.#init
    if (upnpNAT === undefined) return
    this.#routers = await askRouters(upnpNAT.portMappingClient, {
      signal: AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(ROUTER_QUERY_TIMEOUT_MS)]),
      onFailure: (error) => { log.debug(`A router did not say its outside address: ${toError(error).message}`) }
    })
  }

  /** What routers forward here, and which public addresses others tried in vain. */
  #ownAddresses(): { mappedPorts: string[], unreachedAddrs: string[] } {
    const own = this.#init.components.addressManager.getAddressesWithMetadata()
    const texts = (kept: typeof own): string[] => [...new Set(kept.map(({ multiaddr: address }) => address.toString()))]
    return {
      mappedPorts: texts(own.filter(({ type, verified }) => type === 'ip-mapping' && verified)),
      unreachedAddrs: texts(own.filter(({ multiaddr: address, type, verified, expires }) =>
        type !== 'observed' && !verified && expires > 0 && !isRelayed({ remoteAddr: address })))
    }
  }

  async #handleSilent(connection: Connection, error: Error): Promise<void> {
    const { puncher, libp2p, init: { log } } = this.#init
    const { remotePeer, remoteAddr } = connection
    const newest = openOf(libp2p.getConnections(remotePeer)).findLast(isUdx)
    if (puncher !== undefined && connection === newest) {
      const { state, ms } = await puncher.moveIfBroken(remotePeer, { signal: this.#stopping.signal, checkTimeoutMs: SECOND_CHECK_MS })
      log.debug(`The path ${remoteAddr.toString()} did not answer: ${state} after ${String(ms)} ms`)
      if (state !== 'none') return
    }
    log.debug(`The connection ${remoteAddr.toString()} did not answer and is cut`)
    connection.abort(error)
  }

  /** Known direct addresses and hole punching at the same time: whichever comes first counts. */
  async #upgrade(peerId: PeerId, options: { signal: AbortSignal }): Promise<WhyNot | undefined> {
    const [isDialled, punched] = await Promise.all([this.#dialDirect(peerId, options), this.#init.puncher?.upgrade(peerId, options)])
    if (isDialled || punched?.path === 'direct') return undefined
    return punched === undefined ? 'off' : punched.why
  }

  async #dialDirect(peerId: PeerId, options: { signal: AbortSignal }): Promise<boolean> {
    const signal = AbortSignal.any([this.#stopping.signal, options.signal, AbortSignal.timeout(DIRECT_DIAL_TIMEOUT_MS)])
    try {
      return await this.#init.network.dialDirect(peerId, { signal })
    } catch (error) {
      this.#init.init.log.debug(`No direct dial of ${peerId.toString()}: ${toError(error).message}`)
      return false
    }
  }
}

function openOf(connections: Connection[]): Connection[] {
  return connections.filter(({ status }) => status === 'open')
}

/** The number that the UDP socket shall have, too; 0 where the node listens on none. */
function tcpPortOf(listenAddrs: readonly Multiaddr[]): number {
  const ports = listenAddrs.map(address => address.getComponents()).filter(components => !components.some(({ name }) => name === 'ws'))
    .map(components => Number(components.find(({ name }) => name === 'tcp')?.value ?? 0))
  return ports.find(port => port > 0) ?? 0
}
