/** Keys that two live nodes use, as a copied machine brings about: said once for each, and never so often that liars fill the log. */
import { ANNOUNCE_INTERVAL_MS, DUPLICATE_KEY_LINES_PER_HOUR, MAX_DUPLICATE_KEYS } from '../config/limits.ts'
import type { Logger } from '../lib/log.ts'
import { RateLimiter } from '../lib/rate-limiter.ts'

export interface DuplicateKeysInit {
  ownPeerId: string
  log: Logger
  now: () => number
}

/** Both nodes announce themselves once in an interval: two of them without news, and one of them is gone. */
const FRESH_MS = 2 * ANNOUNCE_INTERVAL_MS

const WHAT_TO_DO = 'a copied machine carries a copied identity. Move identity.key away on one of them and restart it'

export class DuplicateKeys {
  readonly #init: DuplicateKeysInit
  readonly #lines: RateLimiter
  /** When each was last noticed. */
  readonly #noticedAt = new Map<string, number>()

  constructor(init: DuplicateKeysInit) {
    this.#init = init
    this.#lines = new RateLimiter({ limit: DUPLICATE_KEY_LINES_PER_HOUR, windowMs: 3_600_000, maxKeys: 1, now: init.now })
  }

  /** Peer IDs whose keys two live nodes use now. */
  get peerIds(): string[] {
    this.#forgetOld()
    return [...this.#noticedAt.keys()]
  }

  /** Two live nodes announce themselves to us with the key of this peer. */
  handlePeer(peerId: string): void {
    this.#notice(peerId, `Two live nodes use the key of ${peerId}: ${WHAT_TO_DO}`)
  }

  /** Another live node uses our own key. @param witness who noticed */
  handleOwn(witness: string): void {
    this.#notice(this.#init.ownPeerId, `Another live node uses the key of this one, as noticed by ${witness}: ${WHAT_TO_DO}`)
  }

  #notice(peerId: string, line: string): void {
    this.#forgetOld()
    const isNew = !this.#noticedAt.has(peerId)
    if (isNew && (this.#noticedAt.size >= MAX_DUPLICATE_KEYS || this.#lines.take('') > 0)) return
    this.#noticedAt.set(peerId, this.#init.now())
    if (isNew) this.#init.log.warn(line)
  }

  #forgetOld(): void {
    const before = this.#init.now() - FRESH_MS
    for (const [peerId, at] of this.#noticedAt) if (at < before) this.#noticedAt.delete(peerId)
  }
}
