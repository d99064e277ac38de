/** How much of each sender is taken: messages in a time, and how many may wait for approval. */
import {
  HELD_RETRY_MS, MAX_HELD_PER_ADDRESS, MAX_HELD_PER_PEER, MAX_HELD_TOTAL, MAX_TRACKED_PEERS, STRANGERS_PER_ADDRESS
} from '../config/limits.ts'
import type { MeshConfig } from '../config/resolve.ts'
import { RateLimiter } from '../lib/rate-limiter.ts'
import type { Refusal } from './call-verdict.ts'
import type { InboxStore } from './inbox-store.ts'

/** Who sends, and what its standing and its message allow. */
export interface LimitedSender {
  peerId: string
  /** Host part of the remote address. */
  address: string
  isApproved: boolean
  isHeld: boolean
  isAwaitedReply: boolean
}

const HOUR_MS = 3_600_000

export class InboundLimits {
  readonly #store: InboxStore
  readonly #approved: RateLimiter
  readonly #unapproved: RateLimiter
  /** Of all unapproved senders at one address. */
  readonly #address: RateLimiter

  constructor({ rateLimit, store, now }: { rateLimit: MeshConfig['rateLimit'], store: InboxStore, now: () => number }) {
    const shared = { maxKeys: MAX_TRACKED_PEERS, now }
    this.#store = store
    this.#approved = new RateLimiter({ ...shared, limit: rateLimit.approvedPerMinute, windowMs: 60_000 })
    this.#unapproved = new RateLimiter({ ...shared, limit: rateLimit.unapprovedPerHour, windowMs: HOUR_MS })
    this.#address = new RateLimiter({ ...shared, limit: rateLimit.unapprovedPerHour * STRANGERS_PER_ADDRESS, windowMs: HOUR_MS })
  }

  /** Counts a message; why it is not taken now, if it is not. */
  take(sender: LimitedSender): Refusal | undefined {
    const retryAfterMs = sender.isAwaitedReply ? 0 : this.#waitFor(sender)
    if (retryAfterMs > 0) return { code: 'RATE_LIMITED', text: 'too many messages', retryAfterMs }
    if (!sender.isHeld) return undefined
    const held = this.#store.heldCounts(sender.peerId, sender.address)
    const isFull = held.ofPeer >= MAX_HELD_PER_PEER || held.ofAddress >= MAX_HELD_PER_ADDRESS || held.total >= MAX_HELD_TOTAL
    return isFull ? { code: 'QUEUE_FULL', text: 'too many messages wait for approval', retryAfterMs: HELD_RETRY_MS } : undefined
  }

  /** What is held has bounds of its own for each address. */
  #waitFor({ peerId, address, isApproved, isHeld }: LimitedSender): number {
    if (isApproved) return this.#approved.take(peerId)
    const waitMs = this.#unapproved.take(peerId)
    return waitMs > 0 || isHeld ? waitMs : this.#address.take(address)
  }
}
