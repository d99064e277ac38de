/** Brings peers that are reached through a relay onto a direct path while they are in use, and what runs with them along. */
import type { Connection, PeerId, Startable } from '@libp2p/interface'
import {
  DEGRADED_PAUSE_MS, DEGRADED_RTT_FACTOR, DEGRADED_RTT_MIN_MS, RELAYED_IDLE_CHECK_MS, RELAYED_MIN_AGE_MS, UPGRADE_FOLLOW_DELAY_MS,
  UPGRADE_RETRY_FIRST_MS, UPGRADE_RETRY_MAX_MS
} from '../config/nat-limits.ts'
import { backoffDelay } from '../lib/backoff.ts'
import type { Clock, Timer } from '../lib/clock.ts'
import { closeOrAbort } from '../lib/close-or-abort.ts'
import { isRelayed, transportOf } from '../lib/connection-path.ts'
import { toError } from '../lib/errors.ts'
import type { Logger } from '../lib/log.ts'
import type { PathFollower } from './path-follower.ts'
import type { WhyNot } from './race-plan.ts'
import { UpgradeQueue } from './upgrade-queue.ts'

export interface PathSupervisorInit {
  /** Open connections to a peer. */
  connections: (peerId: PeerId) => Connection[]
  /** Whether there may be attempts with the peer at all. */
  isUpgradable: (peerId: PeerId) => boolean
  /** Tries everything that may give a direct connection; undefined when there is one, else why not. */
  upgrade: (peerId: PeerId, options: { signal: AbortSignal }) => Promise<WhyNot | undefined>
  /** Resolves with the round trip time over this very connection; undefined when nothing came back. */
  prove: (connection: Connection) => Promise<number | undefined>
  followers: readonly PathFollower[]
  clock: Clock
  random: () => number
  log: Logger
}

/** How a peer is reached, in plain words. */
export interface PeerPath {
  path: 'direct' | 'relay'
  since: number
  /** Set while it is reached through a relay, once that is known. */
  whyNotDirect?: WhyNot
}

interface WatchedPeer {
  peerId: PeerId
  path: PeerPath['path']
  since: number
  why: WhyNot | undefined
  failures: number
  attemptedAt: number
  shortestRelayedMs: number
  /** The next attempt, while the peer is reached through a relay only. */
  retry: Timer | undefined
  /** The next look at relayed connections that a direct one replaced. */
  settling: Timer | undefined
}

/**
 * @example
 * libp2p.addEventListener('connection:open', (event) => { paths.handleOpened(event.detail) })
 * libp2p.addEventListener('connection:close', (event) => { paths.handleClosed(event.detail) })
 */
export class PathSupervisor implements Startable {
  readonly #init: PathSupervisorInit
  readonly #peers = new Map<string, WatchedPeer>()
  readonly #queue: UpgradeQueue
  /** Direct connections over which a ping came back. */
  readonly #proven = new WeakSet<Connection>()

  constructor(init: PathSupervisorInit) {
    this.#init = init
    this.#queue = new UpgradeQueue({ run: async (peerId, options) => { await this.#upgrade(peerId, options) } })
  }

  start(): void {
    this.#queue.start()
  }

  stop(): void {
    this.#queue.stop()
    for (const peer of this.#peers.values()) cancelTimers(peer)
    this.#peers.clear()
  }

  of(peerId: string): PeerPath | undefined {
    const peer = this.#peers.get(peerId)
    if (peer === undefined) return undefined
    const { path, since, why } = peer
    return { path, since, ...path === 'relay' && why !== undefined && { whyNotDirect: why } }
  }

  handleOpened(connection: Connection): void {
    const known = this.#peers.get(connection.remotePeer.toString())
    const peer = known ?? this.#watch(connection)
    if (!isRelayed(connection)) this.#settle(peer)
    else if (this.#direct(peer.peerId).length > 0) this.#settleLater(peer)
    else if (known === undefined || connection.direction === 'outbound') this.#tryIn(peer, connection.direction === 'outbound' ? 0 : UPGRADE_FOLLOW_DELAY_MS)
  }

  handleClosed(connection: Connection): void {
    const { remotePeer } = connection
    const peer = this.#peers.get(remotePeer.toString())
    if (peer === undefined || this.#direct(remotePeer).length > 0) return
    if (this.#init.connections(remotePeer).length === 0) {
      cancelTimers(peer)
      this.#peers.delete(remotePeer.toString())
    } else if (!isRelayed(connection)) {
      this.#become(peer, 'relay')
      this.#retry(peer)
    }
  }

  /** The owner approved the peer. */
  handleApproved(peerId: PeerId): void {
    const peer = this.#peers.get(peerId.toString())
    if (peer !== undefined) this.#tryNow(peer)
  }

  /** What was impossible may be possible now. */
  handleNetworkChange(): void {
    for (const peer of this.#peers.values()) this.#tryNow(peer)
  }

  /** A relayed path that became slow is worth an attempt at once. */
  handleRoundTrip(connection: Connection, rttMs: number): void {
    const peer = this.#peers.get(connection.remotePeer.toString())
    if (peer === undefined || !isRelayed(connection)) return
    const limitMs = Math.max(DEGRADED_RTT_FACTOR * peer.shortestRelayedMs, DEGRADED_RTT_MIN_MS)
    peer.shortestRelayedMs = Math.min(peer.shortestRelayedMs, rttMs)
    if (rttMs > limitMs && this.#init.clock.now() - peer.attemptedAt >= DEGRADED_PAUSE_MS) this.#tryNow(peer)
  }

  #watch({ remotePeer }: Connection): WatchedPeer {
    const peer: WatchedPeer = {
      peerId: remotePeer, path: this.#direct(remotePeer).length > 0 ? 'direct' : 'relay', since: this.#init.clock.now(), why: undefined,
      failures: 0, attemptedAt: 0, shortestRelayedMs: Infinity, retry: undefined, settling: undefined
    }
    this.#peers.set(remotePeer.toString(), peer)
    return peer
  }

  #become(peer: WatchedPeer, path: PeerPath['path']): void {
    if (peer.path === path) return
    peer.path = path
    peer.since = this.#init.clock.now()
    peer.why = undefined
    peer.failures = 0
    peer.shortestRelayedMs = Infinity
    this.#init.log.info(`Path to ${peer.peerId.toString()}: ${path === 'direct' ? `direct over ${this.#transport(peer)}` : 'through a relay'}`)
  }

  #transport({ peerId }: WatchedPeer): string {
    return this.#direct(peerId).map(connection => transportOf(connection)).at(-1) ?? 'nothing'
  }

  #tryNow(peer: WatchedPeer): void {
    peer.failures = 0
    this.#tryIn(peer, 0)
  }

  #tryIn(peer: WatchedPeer, ms: number): void {
    peer.retry?.cancel()
    if (ms === 0) this.#queue.add(peer.peerId)
    else peer.retry = this.#init.clock.after(ms, () => { this.#queue.add(peer.peerId) })
  }

  #retry(peer: WatchedPeer): void {
    peer.failures += 1
    this.#tryIn(peer, backoffDelay({ firstMs: UPGRADE_RETRY_FIRST_MS, maxMs: UPGRADE_RETRY_MAX_MS }, peer.failures, this.#init.random))
  }

  async #upgrade(peerId: PeerId, options: { signal: AbortSignal }): Promise<void> {
    const peer = this.#peers.get(peerId.toString())
    if (peer === undefined || this.#direct(peerId).length > 0) return
    if (!this.#init.isUpgradable(peerId)) {
      peer.why = 'not-approved'
      return
    }
    peer.attemptedAt = this.#init.clock.now()
    const why = await this.#init.upgrade(peerId, options)
    if (this.#peers.get(peerId.toString()) !== peer || options.signal.aborted || this.#direct(peerId).length > 0) return
    peer.why = why
    this.#retry(peer)
  }

  /** Idempotent: proves the direct connection, moves what runs on relayed ones, closes those that nothing runs over any more. */
  #settle(peer: WatchedPeer): void {
    peer.settling?.cancel()
    peer.settling = undefined
    const direct = this.#direct(peer.peerId).at(-1)
    if (direct === undefined) return
    if (this.#relayed(peer.peerId).length === 0) {
      this.#become(peer, 'direct')
      return
    }
    this.#moveTo(direct, peer).catch((error: unknown) => {
      this.#init.log.debug(`The streams with ${peer.peerId.toString()} stay on the relay for now: ${toError(error).message}`)
    }).finally(() => { this.#settleLater(peer) })
  }

  #settleLater(peer: WatchedPeer): void {
    if (this.#peers.get(peer.peerId.toString()) !== peer || this.#relayed(peer.peerId).length === 0) return
    peer.settling ??= this.#init.clock.after(RELAYED_IDLE_CHECK_MS, () => { this.#settle(peer) })
  }

  async #moveTo(direct: Connection, peer: WatchedPeer): Promise<void> {
    if (!this.#proven.has(direct) && await this.#init.prove(direct) === undefined) return
    this.#proven.add(direct)
    peer.retry?.cancel()
    this.#become(peer, 'direct')
    for (const follower of this.#init.followers) await follower.follow(direct)
    for (const relayed of this.#relayed(peer.peerId)) {
      if (direct.status === 'open' && this.#isIdle(relayed)) await closeOrAbort(relayed, RELAYED_IDLE_CHECK_MS)
    }
  }

  /** A young one may just have been opened for something. */
  #isIdle({ streams, timeline }: Connection): boolean {
    return streams.length === 0 && this.#init.clock.now() - timeline.open >= RELAYED_MIN_AGE_MS
  }

  #direct(peerId: PeerId): Connection[] {
    return this.#init.connections(peerId).filter(connection => !isRelayed(connection))
  }

  #relayed(peerId: PeerId): Connection[] {
    return this.#init.connections(peerId).filter(isRelayed)
  }
}

function cancelTimers(peer: WatchedPeer): void {
  peer.retry?.cancel()
  peer.settling?.cancel()
}
