/** Who may be reached through this relay: a bounded table that nobody can fill alone. */
import type { PeerId } from '@libp2p/interface'
import type { Clock } from '../lib/clock.ts'

export interface ReservationsInit {
  /** Reservations at a time. */
  limit: number
  /** Of them, from one network. */
  perNetwork: number
  ttlMs: number
  clock: Pick<Clock, 'now'>
}

interface Reservation {
  peerId: PeerId
  network: string
  expiresAt: number
}

export class Reservations {
  readonly #init: ReservationsInit
  readonly #byPeer = new Map<string, Reservation>()

  constructor(init: ReservationsInit) {
    this.#init = init
  }

  get size(): number {
    this.#dropExpired()
    return this.#byPeer.size
  }

  /**
   * Makes or renews the reservation of a peer.
   *
   * @param network the network key of the peer's address
   * @returns when it expires, in milliseconds since the epoch, or undefined where there is no place
   */
  reserve(peerId: PeerId, network: string): number | undefined {
    this.#dropExpired()
    const key = keyOf(peerId.toMultihash().bytes)
    if (!this.#byPeer.has(key) && !this.#hasPlace(network)) return undefined
    const expiresAt = this.#init.clock.now() + this.#init.ttlMs
    this.#byPeer.set(key, { peerId, network, expiresAt })
    return expiresAt
  }

  /** The peer with a reservation whose ID is this multihash, as requests carry it; the bytes may be anything. */
  find(multihash: Uint8Array): PeerId | undefined {
    this.#dropExpired()
    return this.#byPeer.get(keyOf(multihash))?.peerId
  }

  /** Frees the place of a peer that left. */
  release(peerId: PeerId): void {
    this.#byPeer.delete(keyOf(peerId.toMultihash().bytes))
  }

  clear(): void {
    this.#byPeer.clear()
  }

  #hasPlace(network: string): boolean {
    if (this.#byPeer.size >= this.#init.limit) return false
    const ofNetwork = [...this.#byPeer.values()].filter(reservation => reservation.network === network)
    return ofNetwork.length < this.#init.perNetwork
  }

  #dropExpired(): void {
    const now = this.#init.clock.now()
    for (const [key, { expiresAt }] of this.#byPeer) if (expiresAt <= now) this.#byPeer.delete(key)
  }
}

function keyOf(multihash: Uint8Array): string {
  return Buffer.from(multihash).toString('base64')
}
