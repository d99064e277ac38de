/** Attempts at direct paths: one at a time for each peer, a few at a time in total. */
import type { PeerId } from '@libp2p/interface'
import { MAX_UPGRADES } from '../config/nat-limits.ts'

export interface UpgradeQueueInit {
  /** Tells its own story: what becomes of it does not matter here. */
  run: (peerId: PeerId, options: { signal: AbortSignal }) => Promise<void>
}

export class UpgradeQueue {
  readonly #init: UpgradeQueueInit
  readonly #waiting = new Map<string, PeerId>()
  readonly #running = new Set<string>()
  #stopping = new AbortController()

  constructor(init: UpgradeQueueInit) {
    this.#init = init
  }

  start(): void {
    this.#stopping = new AbortController()
    this.#next()
  }

  stop(): void {
    this.#stopping.abort(new Error('the node is stopping'))
    this.#waiting.clear()
  }

  /** Once for each peer, however often it is added; nothing while an attempt with it runs. */
  add(peerId: PeerId): void {
    if (this.#running.has(peerId.toString()) || this.#stopping.signal.aborted) return
    this.#waiting.set(peerId.toString(), peerId)
    this.#next()
  }

  #next(): void {
    for (const [key, peerId] of this.#waiting) {
      if (this.#running.size >= MAX_UPGRADES) return
      this.#waiting.delete(key)
      this.#running.add(key)
      const end = (): void => {
        this.#running.delete(key)
        this.#next()
      }
      this.#init.run(peerId, { signal: this.#stopping.signal }).then(end, end)
    }
  }
}
