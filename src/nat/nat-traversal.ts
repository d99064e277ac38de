/** NAT traversal as the mesh uses it: one libp2p service that upgrades relayed peers to direct paths and keeps those alive. */
import { randomBytes as systemRandomBytes } from 'node:crypto'
import { networkInterfaces } from 'node:os'
import type { Connection, PeerId, Startable } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { PATH_CHECK_TIMEOUT_MS, STUN_TIMEOUT_MS } from '../config/nat-limits.ts'
import type { Clock } from '../lib/clock.ts'
import { isRelayed, transportOf } from '../lib/connection-path.ts'
import { toError } from '../lib/errors.ts'
import type { Logger } from '../lib/log.ts'
import type { NatKind, PunchPlane } from '../protocols/punch-signal.ts'
import type { Interfaces } from './candidates.ts'
import { formatEndpoint } from './endpoint.ts'
import { NameLookup } from './name-lookup.ts'
import type { Plane } from './plane.ts'
import { Puncher, type PunchAllowance, type PuncherComponents } from './puncher.ts'
import type { PunchOutcome } from './punch-session.ts'
import type { WhyNot } from './race-plan.ts'
import { RelayClocks, type RelayClock } from './relay-clocks.ts'
import { serversAt, stunServersOf } from './relay-link.ts'
import type { StunResponder } from './stun-responder.ts'
import { TcpOpener } from './tcp-opener.ts'
import { TcpPlane } from './tcp-plane.ts'
import { UdpStack } from './udp-stack.ts'
import { loadUdx, type Udx } from './udx.ts'

export interface NatTraversalInit {
  /** With whom we punch; asked before every attempt. */
  allowance: (peerId: PeerId) => PunchAllowance
  /** Preferred UDP port, the number of the node's TCP port. */
  udpPort: number
  /** Extra STUN servers `host:port`; relays of this project are asked without being named. */
  stunServers: readonly string[]
  /** Addresses of relays: one that leads to a peer is asked at all its addresses, so that IPv6 is known, too. */
  relays: readonly string[]
  log: Logger
  clock: Clock
  random: () => number
  /** Answers STUN on the node's UDP port; for relays. */
  responder?: StunResponder
  /** Told when the other side led an attempt that gave a direct path. */
  onDirect?: (peerId: PeerId, path: { plane: PunchPlane, remoteAddr: string }) => void
  /** @default the native module */
  loadUdx?: () => Promise<Udx>
  /** @default os.networkInterfaces */
  interfaces?: () => Interfaces
  /** Whether TCP simultaneous open is used. @default only on Linux, where several sockets may share a port */
  tcp?: boolean
}

/** Where a peer stands after `upgrade`. `why` is set while it is not direct. */
export interface UpgradeResult {
  path: 'direct' | 'relay'
  /** `tcp`, `ws` or `udp`, of a direct path. */
  transport?: string
  /** Address at the other end of a direct path. */
  remoteAddr?: string
  ms: number
  why?: WhyNot
}

/**
 * `intact`: an echo came back. `moved`: the connection goes over a new path now. `replaced`: it could not, but there is a new direct
 * connection. `lost`: there is no direct path any more. `none`: there was no UDX connection. The old one is cut when replaced or lost.
 */
export type MoveResult = { state: 'intact' | 'moved' | 'replaced' | 'none', ms: number } | { state: 'lost', ms: number, why: WhyNot }

export interface NatStatus {
  /** `unknown` before the first STUN answers and without a UDP socket. */
  natType: NatKind
  /** `1.2.3.4:5`, each as a STUN server saw it. */
  mappedAddrs: string[]
  stun: Array<{ server: string, mapped: string, rttMs: number }>
  stunAsked: string[]
  /** 0 without a UDP socket. */
  udpPort: number
  /** Why there is no UDP socket. */
  udpError?: string
  clocks: RelayClock[]
  udxConnections: number
}

/**
 * @example
 * services: { nat: components => new NatTraversal(components, init) }
 * const result = await node.services.nat.upgrade(peerId, { signal })
 */
export class NatTraversal implements Startable {
  readonly #components: PuncherComponents
  readonly #init: NatTraversalInit
  readonly #names: NameLookup
  #udp: UdpStack | undefined
  #puncher: Puncher | undefined
  readonly #clocks = new RelayClocks()
  #udpError: string | undefined

  constructor(components: PuncherComponents, init: NatTraversalInit) {
    this.#components = components
    this.#init = init
    const onFailure = (name: string, error: Error): void => { init.log.warn(`No address of ${name} was found for STUN: ${error.message}`) }
    this.#names = new NameLookup({ now: init.clock.now, onFailure })
  }

  async start(): Promise<void> {
    if (this.#puncher !== undefined) return
    this.#udp = await this.#openUdp()
    this.#puncher = new Puncher(this.#components, {
      planes: this.#planes(), allowance: this.#init.allowance, names: this.#names, clock: this.#init.clock, randomBytes: systemRandomBytes,
      onFollowed: (peerId, outcome) => {
        if (outcome.isDirect) this.#init.onDirect?.(peerId, { plane: outcome.plane, remoteAddr: formatEndpoint(outcome.remote) })
      }
    })
    await this.#puncher.start()
  }

  async stop(): Promise<void> {
    await this.#puncher?.stop()
    await this.#udp?.stop()
    this.#puncher = undefined
    this.#udp = undefined
  }

  /** Tries for a direct path to a peer that is reached through a relay. Never throws: the result says why there is none. */
  async upgrade(peerId: PeerId, options: { signal: AbortSignal }): Promise<UpgradeResult> {
    const { clock, log } = this.#init
    const startedAt = clock.now()
    const direct = this.#directConnection(peerId)
    if (direct !== undefined) return directResult(direct, 0)
    const outcome = await this.#punch(peerId, 'connect', options)
    const ms = clock.now() - startedAt
    const connection = this.#directConnection(peerId)
    if (outcome.isDirect && connection !== undefined) {
      log.debug(`Direct path to ${peerId.toString()} over ${outcome.plane} after ${String(ms)} ms`)
      return directResult(connection, ms)
    }
    const why = outcome.isDirect ? 'upgrade-failed' : outcome.why
    log.debug(`No direct path to ${peerId.toString()} after ${String(ms)} ms: ${why}`)
    return { path: 'relay', ms, why }
  }

  /** Checks the UDX connection of a peer; when no echo comes back, gives it a new path, replaces it, or cuts it. */
  async moveIfBroken(peerId: PeerId, options: { signal: AbortSignal, checkTimeoutMs?: number }): Promise<MoveResult> {
    const startedAt = this.#init.clock.now()
    const ms = (): number => this.#init.clock.now() - startedAt
    const raw = this.#udp?.connections.of(peerId)
    const connection = raw === undefined ? undefined : this.#puncher?.connectionOf(raw, peerId)
    if (connection === undefined) return { state: 'none', ms: ms() }
    const timeoutMs = options.checkTimeoutMs ?? PATH_CHECK_TIMEOUT_MS
    if (await this.#isAlive(connection, { signal: options.signal, timeoutMs })) return { state: 'intact', ms: ms() }
    const moved = await this.#punch(peerId, 'move', options)
    if (moved.isDirect) return { state: 'moved', ms: ms() }
    const replaced = await this.#punch(peerId, 'connect', options)
    connection.abort(new Error('the path broke'))
    return replaced.isDirect ? { state: 'replaced', ms: ms() } : { state: 'lost', ms: ms(), why: replaced.why }
  }

  /**
   * Asks the STUN servers of the owner's list and of all relays in use, so that the first upgrade knows its NAT.
   *
   * @param options.relays addresses of relays beside those of the relayed connections that are open
   */
  async observe(options: { signal: AbortSignal, relays?: readonly Multiaddr[] }): Promise<NatStatus> {
    const relayed = this.#components.connectionManager.getConnections().filter(isRelayed).map(({ remoteAddr }) => remoteAddr)
    const links = await Promise.all([...options.relays ?? [], ...relayed].map(async address => await stunServersOf(address, this.#names)))
    const servers = [...links.flatMap(({ udp }) => udp), ...await this.#names.endpoints(this.#init.stunServers)]
    const signal = AbortSignal.any([options.signal, AbortSignal.timeout(2 * STUN_TIMEOUT_MS)])
    const observed = servers.length === 0 ? undefined : await this.#udp?.observer.observe(servers, signal)
    for (const { relay, udp } of links) if (relay !== undefined) await this.#clocks.learn(relay, udp, observed?.answers ?? [])
    return this.status()
  }

  /** The network changed: what was learnt about the NAT does not count any more. */
  forget(): void {
    this.#udp?.observer.clear()
  }

  status(): NatStatus {
    const last = this.#udp?.observer.last
    const answers = last?.answers ?? []
    return {
      natType: last?.nat ?? 'unknown',
      mappedAddrs: [...new Set(answers.map(({ mapped }) => formatEndpoint(mapped)))],
      stun: answers.map(({ server, mapped, rttMs }) => ({ server: formatEndpoint(server), mapped: formatEndpoint(mapped), rttMs })),
      stunAsked: (last?.asked ?? []).map(formatEndpoint),
      udpPort: this.#udp?.socket.number ?? 0,
      ...this.#udpError !== undefined && { udpError: this.#udpError },
      clocks: this.#clocks.readings,
      udxConnections: this.#udp?.connections.size ?? 0
    }
  }

  #directConnection(peerId: PeerId): Connection | undefined {
    return this.#components.connectionManager.getConnections(peerId).find(connection => connection.status === 'open' && !isRelayed(connection))
  }

  async #punch(peerId: PeerId, purpose: 'connect' | 'move', options: { signal: AbortSignal }): Promise<PunchOutcome> {
    if (this.#puncher === undefined) return { isDirect: false, why: 'stopped' }
    try {
      return await this.#puncher.punch(peerId, purpose, options)
    } catch (error) {
      this.#init.log.debug(`The attempt with ${peerId.toString()} failed: ${toError(error).message}`)
      return { isDirect: false, why: options.signal.aborted ? 'timeout' : 'refused' }
    }
  }

  async #isAlive(connection: Connection, options: { signal: AbortSignal, timeoutMs: number }): Promise<boolean> {
    try {
      await this.#puncher?.check(connection, options)
      return true
    } catch (error) {
      this.#init.log.debug(`No echo from ${connection.remotePeer.toString()}: ${toError(error).message}`)
      return false
    }
  }

  async #openUdp(): Promise<UdpStack | undefined> {
    const { clock, random, responder } = this.#init
    try {
      const stack = new UdpStack({
        udx: await (this.#init.loadUdx ?? loadUdx)(), port: this.#init.udpPort,
        servers: async relay => [...await serversAt(relay, this.#init.relays, this.#names), ...await this.#names.endpoints(this.#init.stunServers)],
        interfaces: this.#interfaces, clock, random, randomBytes: systemRandomBytes, logger: this.#components.logger,
        ...responder !== undefined && { responder }
      })
      stack.start()
      this.#udpError = undefined
      return stack
    } catch (error) {
      const { message } = toError(error)
      if (this.#udpError === undefined) this.#init.log.warn(`UDP hole punching is not available here: ${message}. Relays and TCP are used instead`)
      this.#udpError = message
      return undefined
    }
  }

  #planes(): Plane[] {
    const { clock, random, tcp = process.platform === 'linux' } = this.#init
    const opener = new TcpOpener({ clock, random, randomBytes: systemRandomBytes })
    return [
      ...this.#udp === undefined ? [] : [this.#udp.plane],
      ...tcp ? [new TcpPlane({ opener, interfaces: this.#interfaces, clock, randomBytes: systemRandomBytes, logger: this.#components.logger })] : []
    ]
  }

  readonly #interfaces = (): Interfaces => (this.#init.interfaces ?? networkInterfaces)()
}

function directResult(connection: Connection, ms: number): UpgradeResult {
  return { path: 'direct', transport: transportOf(connection), remoteAddr: connection.remoteAddr.toString(), ms }
}
