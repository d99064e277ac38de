/** Keeps wanted peers connected (bootstrap, approved, awaited by messages): backoff with jitter, for as long as it takes. */
import type { PeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { BRIEF_CONNECTION_MS } from '../config/connection-limits.ts'
import { RECONNECT_FIRST_MS, RECONNECT_MAX_MS } from '../config/limits.ts'
import { backoffDelay } from '../lib/backoff.ts'
import type { Clock, Timer } from '../lib/clock.ts'
import { toError } from '../lib/errors.ts'

/** Why a peer should stay connected; it is let go when the last reason ends. */
export type KeepReason = 'bootstrap' | 'approved' | 'messages' | 'call'

export interface PeerKeeperInit {
  /** Dials the peer by its known addresses, or by these. */
  dial: (peerId: PeerId, addresses: Multiaddr[]) => Promise<unknown>
  isConnected: (peerId: PeerId) => boolean
  onFailure: (peerId: PeerId, error: Error) => void
  clock: Clock
  random: () => number
}

interface KeptPeer {
  peerId: PeerId
  reasons: Set<KeepReason>
  addresses: Multiaddr[]
  failures: number
  lastError: Error | undefined
  connectedAt: number
  timer: Timer | undefined
  isDialling: boolean
}

/**
 * @example
 * keeper.want(peerId, 'approved')
 * libp2p.addEventListener('peer:disconnect', (event) => { keeper.handleDisconnected(event.detail) })
 */
export class PeerKeeper {
  readonly #init: PeerKeeperInit
  readonly #peers = new Map<string, KeptPeer>()
  #started = false

  constructor(init: PeerKeeperInit) {
    this.#init = init
  }

  start(): void {
    this.#started = true
    for (const peer of this.#peers.values()) this.#dialNow(peer)
  }

  stop(): void {
    this.#started = false
    for (const peer of this.#peers.values()) peer.timer?.cancel()
    this.#peers.clear()
  }

  /** Keeps the peer connected from now on; `addresses` are dialled on top of the known ones. */
  want(peerId: PeerId, reason: KeepReason, addresses: Multiaddr[] = []): void {
    const key = peerId.toString()
    const peer = this.#peers.get(key) ?? {
      peerId, reasons: new Set(), addresses: [], failures: 0, lastError: undefined, connectedAt: -Infinity, timer: undefined, isDialling: false
    }
    const isNew = peer.reasons.size === 0
    peer.reasons.add(reason)
    peer.addresses = [...peer.addresses, ...addresses]
    this.#peers.set(key, peer)
    if (isNew) this.#dialNow(peer)
  }

  isWanted(peerId: string): boolean {
    return this.#peers.has(peerId)
  }

  /** Why the last dial of a wanted peer failed; undefined while it is connected. */
  failureOf(peerId: string): Error | undefined {
    return this.#peers.get(peerId)?.lastError
  }

  unwant(peerId: PeerId, reason: KeepReason): void {
    const peer = this.#peers.get(peerId.toString())
    if (peer === undefined) return
    peer.reasons.delete(reason)
    if (peer.reasons.size > 0) return
    peer.timer?.cancel()
    this.#peers.delete(peerId.toString())
  }

  /** New addresses of the peer are known or it was just heard of: a wanted one is dialled at once. */
  nudge(peerId: PeerId): void {
    const peer = this.#peers.get(peerId.toString())
    if (peer !== undefined) this.#dialNow(peer)
  }

  /** The network changed for the better: every wanted peer is dialled at once. */
  nudgeAll(): void {
    for (const peer of this.#peers.values()) this.#dialNow(peer)
  }

  handleConnected(peerId: PeerId): void {
    const peer = this.#peers.get(peerId.toString())
    if (peer === undefined) return
    peer.connectedAt = this.#init.clock.now()
    peer.lastError = undefined
    peer.timer?.cancel()
  }

  handleDisconnected(peerId: PeerId): void {
    const peer = this.#peers.get(peerId.toString())
    if (peer === undefined) return
    if (!this.#isFull(peer)) peer.failures = 0
    this.#dialLater(peer)
  }

  /** Whoever is there for everybody closes connections when there are too many. */
  #isFull({ reasons, connectedAt }: KeptPeer): boolean {
    return reasons.has('bootstrap') && reasons.size === 1 && this.#init.clock.now() - connectedAt < BRIEF_CONNECTION_MS
  }

  #dialNow(peer: KeptPeer): void {
    if (!this.#started || peer.isDialling || this.#init.isConnected(peer.peerId)) return
    peer.timer?.cancel()
    peer.isDialling = true
    this.#init.dial(peer.peerId, peer.addresses).then(() => {
      peer.isDialling = false
    }, (error: unknown) => {
      peer.isDialling = false
      peer.lastError = toError(error)
      this.#init.onFailure(peer.peerId, peer.lastError)
      this.#dialLater(peer)
    })
  }

  #dialLater(peer: KeptPeer): void {
    const isKept = this.#peers.get(peer.peerId.toString()) === peer // it may have been let go, and wanted anew, during the dial
    if (!this.#started || !isKept) return
    peer.failures += 1
    peer.timer?.cancel()
    const delay = backoffDelay({ firstMs: RECONNECT_FIRST_MS, maxMs: RECONNECT_MAX_MS }, peer.failures, this.#init.random)
    peer.timer = this.#init.clock.after(delay, () => { this.#dialNow(peer) })
  }
}
