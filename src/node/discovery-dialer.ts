/** Dials peers that discovery reports (mDNS), a few at a time, so that a flood of announcements costs little. */
import type { PeerId } from '@libp2p/interface'
import { MAX_DISCOVERY_DIALS } from '../config/limits.ts'
import { toError } from '../lib/errors.ts'

export interface DiscoveryDialerInit {
  dial: (peerId: PeerId) => Promise<unknown>
  isConnected: (peerId: PeerId) => boolean
  /** Whether there are connections enough, so that nobody is dialled for being there. */
  hasEnough: () => boolean
  onFailure: (peerId: PeerId, error: Error) => void
}

/** Peers beyond the bound are dropped: discovery reports them again. */
export class DiscoveryDialer {
  readonly #init: DiscoveryDialerInit
  readonly #dialling = new Set<string>()

  constructor(init: DiscoveryDialerInit) {
    this.#init = init
  }

  handleDiscovered(peerId: PeerId): void {
    const key = peerId.toString()
    if (this.#dialling.has(key) || this.#dialling.size >= MAX_DISCOVERY_DIALS || this.#init.isConnected(peerId)) return
    if (this.#init.hasEnough()) return
    this.#dialling.add(key)
    this.#init.dial(peerId)
      .catch((error: unknown) => { this.#init.onFailure(peerId, toError(error)) })
      .finally(() => { this.#dialling.delete(key) })
  }
}
