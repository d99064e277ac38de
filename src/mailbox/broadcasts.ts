/** Puts broadcasts into the inbox, each once: those of approved authors as messages, those of strangers held, in a ring of their own. */
import { HELD_BROADCASTS_PER_HOUR } from '../config/broadcast-limits.ts'
import { MAX_TRACKED_PEERS } from '../config/limits.ts'
import type { MeshConfig } from '../config/resolve.ts'
import { RateLimiter } from '../lib/rate-limiter.ts'
import type { ApprovalStatus } from '../mesh-api.ts'
import type { WireBroadcast } from '../protocols/wire-broadcast.ts'
import { decideInbound } from '../trust/policy.ts'
import type { InboxRow, InboxStore } from './inbox-store.ts'
import type { Inbox } from './inbox.ts'
import type { SeenBroadcasts } from './seen-broadcasts.ts'

export interface BroadcastsInit {
  config: Pick<MeshConfig, 'dmPolicy' | 'rateLimit' | 'enableBroadcastTurns'>
  inbox: Inbox
  store: InboxStore
  seen: SeenBroadcasts
  statusOf: (peerId: string) => ApprovalStatus
  newId: () => string
  now: () => number
}

/** A broadcast whose author is proven. */
export interface BroadcastArrival {
  author: string
  topic: string
  broadcast: WireBroadcast
}

/** What became of it: `dropped` is what the owner takes from nobody like this author, or no more of now. */
export type BroadcastOutcome =
  | { kind: 'shown' | 'held', row: InboxRow }
  | { kind: 'seen', row?: never }
  | { kind: 'dropped', reason: string, row?: never }

const HOUR_MS = 3_600_000
/** All unapproved authors count as one. */
const STRANGERS = 'strangers'

export class Broadcasts {
  readonly #init: BroadcastsInit
  readonly #unapproved: RateLimiter
  readonly #strangers: RateLimiter

  constructor(init: BroadcastsInit) {
    const { config: { rateLimit }, now } = init
    this.#init = init
    this.#unapproved = new RateLimiter({ limit: rateLimit.unapprovedPerHour, windowMs: HOUR_MS, maxKeys: MAX_TRACKED_PEERS, now })
    this.#strangers = new RateLimiter({ limit: HELD_BROADCASTS_PER_HOUR, windowMs: HOUR_MS, maxKeys: 1, now })
  }

  /** Resolves when the outcome is on disk. */
  async receive(arrival: BroadcastArrival): Promise<BroadcastOutcome> {
    return await this.#init.inbox.receiveBroadcast(() => this.#judge(arrival))
  }

  #judge({ author, topic, broadcast }: BroadcastArrival): BroadcastOutcome {
    const { config, inbox, seen, statusOf } = this.#init
    const status = statusOf(author)
    const decision = decideInbound({ dmPolicy: config.dmPolicy, status, isAwaitedReply: false })
    if (decision.action === 'refuse') return { kind: 'dropped', reason: decision.text }
    if (inbox.isFull) return { kind: 'dropped', reason: 'the inbox is full' }
    const isOver = status !== 'approved' && this.#unapproved.take(author) > 0
    if (isOver) return { kind: 'dropped', reason: 'too many of an author that is not approved' }
    const state = status === 'approved' ? 'received' : 'held' // also where everybody may write: a broadcast is not meant for this agent
    if (state === 'held' && this.#strangers.take(STRANGERS) > 0) return { kind: 'dropped', reason: 'too many of authors that are not approved' }
    if (!seen.take({ author, id: broadcast.id, sentAt: broadcast.sentAt })) return { kind: 'seen' }
    return { kind: state === 'held' ? 'held' : 'shown', row: this.#rowOf({ author, topic, broadcast }, state) }
  }

  /** Whoever saw the broadcast first could use its ID for a message of their own: then it gets another one here. */
  #rowOf({ author, topic, broadcast: { id, hops, text } }: BroadcastArrival, state: 'held' | 'received'): InboxRow {
    const { config, store, statusOf, newId, now } = this.#init
    const receivedAt = now()
    const startsTurn = state === 'received' && config.enableBroadcastTurns && statusOf(author) === 'approved'
    return {
      seq: 0, id: store.get(id) === undefined ? id : newId(), peerId: author, address: '', kind: 'broadcast', topic, text, inReplyTo: undefined,
      hops, state, turn: startsTurn ? 'open' : 'none', isUnread: true, receivedAt, expiresAt: receivedAt
    }
  }
}
