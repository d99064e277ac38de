/** What the mesh asks of its libp2p node: reach peers, tell paths, ping. */
import type { Connection, PeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { DIAL_TIMEOUT_MS, PING_TIMEOUT_MS } from '../config/limits.ts'
import { isRelayed, relayOf, transportOf } from '../lib/connection-path.ts'
import { MeshError } from '../lib/errors.ts'
import { pingConnection } from '../lib/ping-connection.ts'
import { isOnOwnSubnet, scopeOf } from '../lib/reachable-address.ts'
import type { MeshNode } from './create-node.ts'
import { dialError } from './dial-error.ts'
import { dialForm, KnownAddresses, withoutPeerId } from './known-addresses.ts'

/** A connection in plain words. */
export interface ConnectionPath {
  peerId: string
  remoteAddr: string
  path: 'direct' | 'relay'
  transport: string
  /** The relay's peer ID, where the path leads through one. */
  relay?: string
  /** Of the last ping over this connection; null before the first. */
  rttMs: number | null
  /** When it was opened. */
  since: number
}

export interface ConnectOptions {
  /** Dialled on top of the known addresses. */
  addresses?: Multiaddr[]
  /** Only known addresses with this TCP port. */
  port?: number
}

export class Network {
  readonly #libp2p: MeshNode
  readonly #announcedBy: (peerId: PeerId) => Multiaddr[]
  readonly #onWanted: (peerId: PeerId) => void
  readonly #known: KnownAddresses
  readonly #stopping = new AbortController()

  /** @param announcedBy addresses that the peer announced, dialled besides the known ones @param onWanted told whenever somebody wants a connection */
  constructor(libp2p: MeshNode, announcedBy: (peerId: PeerId) => Multiaddr[], onWanted: (peerId: PeerId) => void = () => undefined) {
    this.#libp2p = libp2p
    this.#announcedBy = announcedBy
    this.#onWanted = onWanted
    this.#known = new KnownAddresses(libp2p.peerStore)
  }

  stop(): void {
    this.#stopping.abort(new MeshError('NOT_RUNNING', 'the mesh is stopping'))
  }

  isConnected(peerId: PeerId): boolean {
    return this.#libp2p.getConnections(peerId).some(connection => connection.status === 'open')
  }

  connectedPeers(): PeerId[] {
    return this.#libp2p.getPeers()
  }

  /** Whether a connection comes straight from one of our own subnets. */
  isOnLan(peerId: PeerId): boolean {
    return this.#connections(peerId).some(connection => !isRelayed(connection) && isOnOwnSubnet(connection.remoteAddr))
  }

  /** Addresses that peers are told. */
  announcedAddrs(): string[] {
    return this.#libp2p.getMultiaddrs().map(address => address.toString())
  }

  /** Peer IDs of the relays through which this node can be reached. */
  relays(): string[] {
    const relays = this.#libp2p.getMultiaddrs().map(address => relayOf({ remoteAddr: address })).filter(relay => relay !== undefined)
    return [...new Set(relays)]
  }

  /** Every open connection, or those to one peer; direct ones first. */
  paths(peerId?: PeerId): ConnectionPath[] {
    return this.#connections(peerId).map(describe)
  }

  /** How many of these connected peers are reached on each kind of path, each counted by its best one. */
  pathCounts(peerIds: readonly PeerId[]): Record<ConnectionPath['path'], number> {
    const relay = peerIds.filter(peerId => this.paths(peerId)[0]?.path === 'relay').length
    return { direct: peerIds.length - relay, relay }
  }

  /** Addresses that the peer is known to have. */
  async addressesOf(peerId: PeerId): Promise<string[]> {
    return (await this.#addresses(peerId)).map(address => withoutPeerId(address, peerId))
  }

  /** Whether the peer has, or is reached at, an address of this machine or of a network that it is in. */
  async isNear(peerId: PeerId): Promise<boolean> {
    const inUse = this.#connections(peerId).filter(connection => !isRelayed(connection)).map(({ remoteAddr }) => remoteAddr)
    const known = (await this.#addresses(peerId)).filter(address => !isRelayed({ remoteAddr: address }))
    return [...inUse, ...known].some(address => isOnOwnSubnet(address)) || inUse.some(address => scopeOf(address) === 'loopback')
  }

  /** Remembers addresses that the owner gave. @param keepMs how long at least, though nothing else remembers the peer */
  async learn(peerId: PeerId, addresses: Multiaddr[], keepMs?: number): Promise<void> {
    await this.#known.add(peerId, addresses, keepMs)
  }

  /** Forgets addresses that the peer no longer has. */
  async unlearn(peerId: PeerId, addresses: readonly string[]): Promise<void> {
    await this.#known.drop(peerId, addresses)
  }

  /** Forgets addresses of peers that are neither connected, nor kept, nor part of the DHT, nor to be remembered for a time. */
  async forgetOthers(isKept: (peerId: string) => boolean): Promise<void> {
    await this.#known.forgetPeers(peerId => isKept(peerId.toString()) || this.isConnected(peerId))
  }

  /**
   * Connects unless there is a connection.
   *
   * @throws MeshError `UNREACHABLE` with the reason
   */
  async connect(peerId: PeerId, options: ConnectOptions = {}): Promise<void> {
    this.#onWanted(peerId)
    if (this.isConnected(peerId)) return
    const signal = AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(DIAL_TIMEOUT_MS)])
    try {
      await this.learn(peerId, options.addresses ?? [])
      await this.#libp2p.dial(await this.#dialTarget(peerId, options), { signal })
    } catch (error) {
      throw dialError(peerId.toString(), error)
    }
  }

  /**
   * The best connection, which is made first if need be.
   *
   * @throws MeshError `UNREACHABLE`
   */
  async connection(peerId: PeerId, options: ConnectOptions = {}): Promise<Connection> {
    await this.connect(peerId, options)
    const [connection] = this.#connections(peerId)
    if (connection !== undefined) return connection
    throw new MeshError('UNREACHABLE', `the connection to ${peerId.toString()} closed`, { reason: 'closed' })
  }

  /**
   * Connects to the peer at addresses that somebody else told of; they are not remembered.
   * @throws MeshError `UNREACHABLE`
   */
  async tryAddresses(peerId: PeerId, addresses: readonly Multiaddr[], options: { signal: AbortSignal }): Promise<void> {
    this.#onWanted(peerId)
    if (this.isConnected(peerId)) return
    const signal = AbortSignal.any([this.#stopping.signal, options.signal, AbortSignal.timeout(DIAL_TIMEOUT_MS)])
    try {
      await this.#libp2p.dial(addresses.flatMap(address => dialForm(withoutPeerId(address, peerId), peerId)), { signal })
    } catch (error) {
      throw dialError(peerId.toString(), error)
    }
  }

  /**
   * Pings over the best connection, which is made first if need be.
   *
   * @throws MeshError `UNREACHABLE`
   */
  async ping(peerId: PeerId): Promise<ConnectionPath & { rttMs: number }> {
    const connection = await this.connection(peerId)
    try {
      const rttMs = await pingConnection(connection, { signal: this.#pingSignal() })
      connection.rtt = rttMs
      return { ...describe(connection), rttMs }
    } catch (error) {
      throw dialError(peerId.toString(), error)
    }
  }

  /** Whether the other end of this very connection answers a ping. */
  async isAlive(connection: Connection): Promise<boolean> {
    try {
      await pingConnection(connection, { signal: this.#pingSignal() })
      return true
    } catch {
      return false // no answer is the answer
    }
  }

  /**
   * Dials the known addresses that may lead there without a relay, beside whatever connection there is.
   *
   * @returns false when there is no such address
   * @throws the error of the dial
   */
  async dialDirect(peerId: PeerId, options: { signal: AbortSignal }): Promise<boolean> {
    const known = await this.#addresses(peerId)
    const addresses = known.filter(address => !isRelayed({ remoteAddr: address }) && mayLeadThere(address))
    if (addresses.length === 0) return false
    const connection = await this.#libp2p.dial(addresses, { ...options, force: true })
    return !isRelayed(connection)
  }

  async disconnect(peerId: PeerId): Promise<void> {
    await this.#libp2p.hangUp(peerId)
  }

  #connections(peerId?: PeerId): Connection[] {
    const open = this.#libp2p.getConnections(peerId).filter(connection => connection.status === 'open')
    return open.sort((one, other) => Number(isRelayed(one)) - Number(isRelayed(other)))
  }

  #pingSignal(): AbortSignal {
    return AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(PING_TIMEOUT_MS)])
  }

  /** Without any address libp2p asks the DHT. */
  async #dialTarget(peerId: PeerId, options: ConnectOptions): Promise<PeerId | Multiaddr[]> {
    const addresses = await this.#addresses(peerId)
    if (options.port === undefined) return addresses.length === 0 ? peerId : addresses
    const port = String(options.port)
    const matching = addresses.filter(address => address.getComponents().some(component => component.name === 'tcp' && component.value === port))
    if (matching.length === 0) {
      throw new MeshError('UNREACHABLE', `no known address of ${peerId.toString()} has TCP port ${port}`, { reason: 'no-address' })
    }
    return matching
  }

  /** Each once, ending in the peer ID. */
  async #addresses(peerId: PeerId): Promise<Multiaddr[]> {
    const announced = this.#announcedBy(peerId).map(address => withoutPeerId(address, peerId))
    const texts = new Set([...announced, ...await this.#known.of(peerId)])
    return [...texts].flatMap(text => dialForm(text, peerId))
  }
}

/** On the internet, or in a network that we are part of. */
function mayLeadThere(address: Multiaddr): boolean {
  const scope = scopeOf(address)
  return scope === 'public' || scope === 'name' || isOnOwnSubnet(address)
}

function describe(connection: Connection): ConnectionPath {
  const relay = relayOf(connection)
  return {
    peerId: connection.remotePeer.toString(),
    remoteAddr: connection.remoteAddr.toString(),
    path: isRelayed(connection) ? 'relay' : 'direct',
    transport: transportOf(connection),
    ...relay !== undefined && { relay },
    rttMs: connection.rtt ?? null,
    since: connection.timeline.open
  }
}
