/** Takes messages of peers in: decides, stores, and only then says so. */
import type { PeerId } from '@libp2p/interface'
import { MAX_HELD_BROADCASTS, MAX_HELD_BROADCASTS_PER_AUTHOR } from '../config/broadcast-limits.ts'
import { FINISHED_RETENTION_MS, HELD_RETRY_MS, MAX_INBOX_MESSAGES, MAX_INBOX_TEXT_BYTES, MAX_REPLIES_PER_MESSAGE, TURN_MAX_AGE_MS } from '../config/limits.ts'
import type { MeshConfig } from '../config/resolve.ts'
import type { GroupCommit } from '../lib/group-commit.ts'
import { utf8Bytes } from '../lib/text.ts'
import type { ApprovalStatus } from '../mesh-api.ts'
import type { WireAck, WireMessage } from '../protocols/wire-message.ts'
import { decideCall, decideInbound } from '../trust/policy.ts'
import type { CallArrival, CallDraft, CallVerdict, Refusal } from './call-verdict.ts'
import { InboundLimits, type LimitedSender } from './inbound-limits.ts'
import type { InboxRow, InboxState, InboxStore, InboxTotals } from './inbox-store.ts'
import type { OutboxRow } from './outbox-store.ts'

export interface InboxInit {
  config: Pick<MeshConfig, 'dmPolicy' | 'rateLimit'>
  store: InboxStore
  commits: GroupCommit
  statusOf: (peerId: string) => ApprovalStatus
  /** The message of ours that a reply names. */
  findSent: (messageId: string) => OutboxRow | undefined
  /** Counts a reply to that message, in the transaction that stores the reply. */
  countReply: (messageId: string) => void
  /** A message was stored as received; called once for each, also when it was held before. */
  onReceived: (row: InboxRow) => void
  onHeld: (row: InboxRow) => void
  /** Runs in the transaction that stores a message or lets it in. */
  onStoring: (row: InboxRow) => void
  /** A stored reply answers this message of ours. */
  onReplied: (sent: OutboxRow, reply: InboxRow) => void
  /** Takes a step of a call, in the transaction that stores what comes of it. */
  judgeCall: (step: CallArrival) => CallVerdict
  now: () => number
}

/** An inbound message and where it came from. */
export interface Arrival {
  from: PeerId
  message: WireMessage
  /** Host part of the remote address. */
  address: string
}

/** A call's message, and which it is. */
export type CallMessage = CallDraft & Pick<InboxRow, 'id' | 'peerId' | 'address' | 'hops'> & { ttlMs: number }

type Verdict =
  | { ack: WireAck, afterCommit?: () => void }
  | { ack: WireAck, stored: InboxRow, sent?: OutboxRow | undefined, afterCommit?: () => void }

/** The part of the inbox that housekeeping keeps free, as long as there are read messages to drop. */
const SPARE = 0.01

export class Inbox {
  readonly #init: InboxInit
  readonly #limits: InboundLimits
  #messages: number
  #textBytes: number

  constructor(init: InboxInit) {
    this.#init = init
    this.#limits = new InboundLimits({ rateLimit: init.config.rateLimit, store: init.store, now: init.now })
    const totals = init.store.totals()
    this.#messages = totals.messages
    this.#textBytes = totals.textBytes
  }

  /**
   * Stores or refuses a `chat`, a `reply` or a step of a `call`; the answer is true when the promise resolves.
   *
   * @throws MeshError `DISK_FULL` (nothing is acknowledged, so the sender keeps it)
   */
  async receive(arrival: Arrival): Promise<WireAck> {
    const verdict = await this.#init.commits.write(() => this.#judge(arrival))
    verdict.afterCommit?.()
    if (!('stored' in verdict)) return verdict.ack
    const { stored, sent } = verdict
    this.#count(stored)
    if (sent !== undefined) this.#init.onReplied(sent, stored)
    if (stored.state === 'held') this.#init.onHeld(stored)
    else this.#init.onReceived(stored)
    return verdict.ack
  }

  /** A message of `insertOfCall` that no peer sent is on disk. */
  noteOwn(row: InboxRow): void {
    this.#count(row)
    this.#init.onReceived(row)
  }

  /** Gives out what was held of a peer that is approved now; each message once. */
  async release(peerId: string): Promise<InboxRow[]> {
    const released = await this.#init.commits.write(() => {
      const rows = this.#init.store.releaseHeld(peerId)
      for (const row of rows) this.#init.onStoring(row)
      return rows
    })
    for (const row of released) this.#init.onReceived(row)
    return released
  }

  get isFull(): boolean {
    return this.#messages >= MAX_INBOX_MESSAGES || this.#textBytes >= MAX_INBOX_TEXT_BYTES
  }

  /**
   * Stores a broadcast that was judged already. Those of strangers are a ring: the oldest beyond its bounds are dropped.
   *
   * @param judge runs in the transaction; without a row nothing is stored
   */
  async receiveBroadcast<V extends { row?: InboxRow }>(judge: () => V): Promise<V> {
    const { verdict, dropped } = await this.#init.commits.write(() => {
      const judged = judge()
      return { verdict: judged, dropped: judged.row === undefined ? [] : this.#storeBroadcast(judged.row) }
    })
    if (verdict.row !== undefined) this.#count(verdict.row)
    for (const totals of dropped) this.#uncount(totals)
    return verdict
  }

  async discardHeld(peerId: string): Promise<void> {
    await this.#remove(() => this.#init.store.removeHeld(peerId))
  }

  async keepHouse(): Promise<void> {
    const { store, commits, now } = this.#init
    await commits.write(() => { store.closeStaleTurns(now() - TURN_MAX_AGE_MS) })
    await this.#remove(() => store.removeExpired(now() - FINISHED_RETENTION_MS))
    if (this.#isAlmostFull) await this.#remove(() => store.removeOldest(MAX_INBOX_MESSAGES * SPARE))
  }

  get #isAlmostFull(): boolean {
    return this.#messages > MAX_INBOX_MESSAGES * (1 - SPARE) || this.#textBytes > MAX_INBOX_TEXT_BYTES * (1 - SPARE)
  }

  async #remove(run: () => InboxTotals): Promise<void> {
    this.#uncount(await this.#init.commits.write(run))
  }

  #count({ text }: InboxRow): void {
    this.#messages += 1
    this.#textBytes += utf8Bytes(text)
  }

  #uncount({ messages, textBytes }: InboxTotals): void {
    this.#messages -= messages
    this.#textBytes -= textBytes
  }

  /** Stores a message of a call in the transaction that runs. */
  insertOfCall({ isTurn, ttlMs, ...facts }: CallMessage): InboxRow {
    const receivedAt = this.#init.now()
    const stored = this.#keep({
      ...facts, kind: 'call', inReplyTo: undefined, state: 'received', turn: isTurn ? 'open' : 'none', receivedAt, expiresAt: receivedAt + ttlMs
    })
    this.#init.onStoring(stored)
    return stored
  }

  #judge(arrival: Arrival): Verdict {
    const { message } = arrival
    const peerId = arrival.from.toString()
    if (message.kind === 'system') {
      return refused(message, { code: 'INVALID_ARGUMENT', text: `messages of kind ${message.kind} are not taken here` })
    }
    const existing = this.#init.store.get(message.id)
    if (existing !== undefined) {
      return existing.peerId === peerId ? { ack: stage(message, existing.state) } : refused(message, { code: 'INVALID_ARGUMENT', text: 'this message ID is in use' })
    }
    if (message.kind === 'call') return this.#judgeCall(arrival)
    const sent = this.#answered(peerId, message)
    const status = this.#init.statusOf(peerId)
    const isAwaitedReply = sent !== undefined && sent.replies < MAX_REPLIES_PER_MESSAGE && sent.expiresAt > this.#init.now()
    const decision = decideInbound({ dmPolicy: this.#init.config.dmPolicy, status, isAwaitedReply })
    if (decision.action === 'refuse') return refused(message, decision)
    const { address } = arrival
    const refusal = this.#overLimits({ peerId, address, isApproved: status === 'approved', isHeld: decision.action === 'hold', isAwaitedReply })
    if (refusal !== undefined) return refused(message, refusal)
    const stored = this.#store(arrival, decision.action === 'hold' ? 'held' : 'received')
    if (sent !== undefined) this.#init.countReply(sent.id)
    return { ack: stage(message, stored.state), stored, sent }
  }

  #judgeCall({ from, message, address }: Arrival): Verdict {
    const peerId = from.toString()
    const decision = decideCall(this.#init.config.dmPolicy, this.#init.statusOf(peerId))
    const refusal = this.#overLimits({ peerId, address, isApproved: true, isHeld: false, isAwaitedReply: false })
    if (refusal !== undefined) return refused(message, refusal)
    const verdict = this.#init.judgeCall({ peerId, message, decision })
    if ('refusal' in verdict) return refused(message, verdict.refusal)
    const { note, afterCommit } = verdict
    const ack = stage(message, 'received')
    if (note === undefined) return { ack, afterCommit }
    return { ack, afterCommit, stored: this.insertOfCall({ id: message.id, peerId, address, ...note, hops: message.hops, ttlMs: message.ttlMs }) }
  }

  #overLimits(sender: LimitedSender): Refusal | undefined {
    if (this.isFull) return { code: 'QUEUE_FULL', text: 'the inbox of the recipient is full', retryAfterMs: HELD_RETRY_MS }
    return this.#limits.take(sender)
  }

  #storeBroadcast(row: InboxRow): InboxTotals[] {
    const { store } = this.#init
    store.insert(row)
    if (row.state === 'held') return [store.removeHeldBroadcastsBeyond(MAX_HELD_BROADCASTS_PER_AUTHOR, row.peerId), store.removeHeldBroadcastsBeyond(MAX_HELD_BROADCASTS)]
    this.#init.onStoring(row)
    return []
  }

  #answered(peerId: string, message: WireMessage): OutboxRow | undefined {
    if (message.kind !== 'reply' || message.inReplyTo === undefined) return undefined
    const sent = this.#init.findSent(message.inReplyTo)
    return sent?.peerId === peerId && sent.kind === 'chat' ? sent : undefined
  }

  #store({ from, message, address }: Arrival, state: InboxState): InboxRow {
    const receivedAt = this.#init.now()
    const kind = message.kind === 'reply' ? 'reply' : 'direct'
    const row = {
      id: message.id,
      peerId: from.toString(),
      address,
      kind,
      text: message.text,
      inReplyTo: message.inReplyTo,
      hops: message.hops,
      state,
      turn: kind === 'reply' || state === 'held' ? 'none' : 'open',
      receivedAt,
      expiresAt: receivedAt + message.ttlMs
    } as const
    const stored = this.#keep(row)
    if (state === 'received') this.#init.onStoring(stored)
    return stored
  }

  #keep(row: Omit<InboxRow, 'seq' | 'isUnread'>): InboxRow {
    this.#init.store.insert(row)
    return { ...row, seq: 0, isUnread: true }
  }
}

function stage(message: WireMessage, state: InboxState): WireAck {
  return { id: message.id, stage: state }
}

function refused(message: WireMessage, { code, text, retryAfterMs }: Refusal): Verdict {
  return { ack: { id: message.id, stage: 'refused', code, text, ...retryAfterMs !== undefined && { retryAfterMs } } }
}
