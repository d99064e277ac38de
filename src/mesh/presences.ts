/** Who is there now, from what peers do anyway: they connect, answer, say goodbye, and fall silent. Nobody is asked. */
import type { PeerId } from '@libp2p/interface'
import { MAX_TRACKED_PEERS, PRESENCE_FRESH_MS } from '../config/limits.ts'
import { BoundedMap } from '../lib/bounded-map.ts'
import type { Presence } from '../mesh-api.ts'

export interface PresencesInit {
  isConnected: (peerId: PeerId) => boolean
  now: () => number
}

/**
 * @example
 * presences.handleHeard(peerId) // on each sign of life
 * presences.of(peerId) // 'online'
 */
export class Presences {
  readonly #init: PresencesInit
  readonly #heardAt = new BoundedMap<string, number>(MAX_TRACKED_PEERS)
  readonly #left = new BoundedMap<string, true>(MAX_TRACKED_PEERS)

  constructor(init: PresencesInit) {
    this.#init = init
  }

  /** A new connection, beside an old one that did not end yet perhaps: whatever the peer said before, it is back. */
  handleConnected(peerId: PeerId): void {
    this.#left.delete(peerId.toString())
    this.handleHeard(peerId)
  }

  /** Something came from the peer that only it can have sent just now. */
  handleHeard(peerId: PeerId): void {
    this.#heardAt.set(peerId.toString(), this.#init.now())
  }

  /** The peer said that it goes; its connections may take a while to follow. */
  handleLeft(peerId: PeerId): void {
    this.#left.set(peerId.toString(), true)
  }

  of(peerId: PeerId): Presence {
    const key = peerId.toString()
    if (this.#left.has(key)) return 'left'
    const isFresh = this.#init.now() - (this.#heardAt.get(key) ?? -Infinity) <= PRESENCE_FRESH_MS
    return isFresh && this.#init.isConnected(peerId) ? 'online' : 'away'
  }
}
