/** Everything about messages of peers once they are here: who may see them, what they may start, where they are forwarded, and what their senders are told. */
import type { DatabaseSync } from 'node:sqlite'
import type { PeerId } from '@libp2p/interface'
import type { MeshConfig } from '../config/resolve.ts'
import type { Clock } from '../lib/clock.ts'
import type { GroupCommit } from '../lib/group-commit.ts'
import type { Logger } from '../lib/log.ts'
import type { ApprovalStatus, CallNote, DeliveryTarget, ForwardOutcome, TargetDelivery, TurnOutcome } from '../mesh-api.ts'
import type { WireAck, WireMessage } from '../protocols/wire-message.ts'
import { ForwardStore } from './forward-store.ts'
import { Forwards, type ForwardReport } from './forwards.ts'
import { Broadcasts, type BroadcastArrival, type BroadcastOutcome } from './broadcasts.ts'
import { InboxStore, type InboxFilter, type InboxRow } from './inbox-store.ts'
import { CallMessages } from './call-messages.ts'
import type { CallArrival, CallVerdict } from './call-verdict.ts'
import { Inbox } from './inbox.ts'
import type { OutboxRow } from './outbox-store.ts'
import { SeenBroadcasts } from './seen-broadcasts.ts'
import { Turns, type ClaimedRow } from './turns.ts'

export interface IncomingInit {
  config: Pick<MeshConfig, 'dmPolicy' | 'rateLimit' | 'turnBudget' | 'inboundTargets' | 'enableBroadcastTurns' | 'enableBroadcastForwarding'>
  database: DatabaseSync
  commits: GroupCommit
  statusOf: (peerId: string) => ApprovalStatus
  /** The message of ours that a reply names. */
  findSent: (messageId: string) => OutboxRow | undefined
  /** Counts a reply to that message, in the transaction that stores the reply. */
  countReply: (messageId: string) => void
  /** A stored reply answers this message; its text is absent while the sender waits for approval. */
  onReplied: (sent: OutboxRow, text: string | undefined) => void
  onReceived: (row: InboxRow) => void
  onHeld: (row: InboxRow) => void
  /** A message may be forwarded to that target now. */
  onForwardDue: (row: InboxRow, target: DeliveryTarget) => void
  /** Takes a step of a call, in the transaction that stores what comes of it. */
  judgeCall: (step: CallArrival) => CallVerdict
  /** Every channel was tried once with a message. */
  onForwarded: (row: InboxRow) => void
  /** Tells a sender a later stage of its message. */
  sendReceipt: (peerId: string, receipt: WireAck) => Promise<void>
  /** A fresh message ID. */
  newId: () => string
  clock: Clock
  random: () => number
  log: Logger
}

/** A stored message and a place where one of the owner's channels shows it. */
export interface ForwardedRow {
  row: InboxRow
  target: DeliveryTarget
}

export class Incoming {
  readonly calls: CallMessages
  readonly #init: IncomingInit
  readonly #store: InboxStore
  readonly #inbox: Inbox
  readonly #turns: Turns
  readonly #forwards: Forwards
  readonly #seen: SeenBroadcasts
  readonly #broadcasts: Broadcasts

  constructor(init: IncomingInit) {
    const { config, database, commits, clock, statusOf } = init
    this.#init = init
    this.#store = new InboxStore(database)
    this.#inbox = new Inbox({
      config, store: this.#store, commits, statusOf, now: clock.now, findSent: init.findSent, countReply: init.countReply,
      onHeld: init.onHeld, judgeCall: init.judgeCall,
      onReceived: (row) => { this.#handleReceived(row) },
      onStoring: (row) => { if (this.#goesToChannels(row)) this.#forwards.plan(row.id) },
      onReplied: (sent, reply) => { init.onReplied(sent, reply.state === 'held' ? undefined : reply.text) }
    })
    this.calls = new CallMessages({ inbox: this.#inbox, store: this.#store, onRings: (row) => { this.#handleReceived(row) } })
    this.#turns = new Turns({ dmPolicy: config.dmPolicy, budget: config.turnBudget, store: this.#store, commits, statusOf, now: clock.now })
    this.#seen = new SeenBroadcasts({ database })
    this.#broadcasts = new Broadcasts({ config, inbox: this.#inbox, store: this.#store, seen: this.#seen, statusOf, newId: init.newId, now: clock.now })
    this.#forwards = new Forwards({
      targets: config.inboundTargets, store: new ForwardStore(database), commits, clock, random: init.random,
      onDue: (messageId, target) => { this.#handleDue(messageId, target) }
    })
  }

  /** What the last run was in the middle of is `uncertain` now, and its senders are told. */
  async start(): Promise<void> {
    for (const row of await this.#turns.recover()) {
      this.#init.log.warn(`A restart interrupted the agent turn of message ${row.id} from ${row.peerId}: its outcome is uncertain, and it is not repeated`)
      await this.#tell(row)
    }
    for (const report of await this.#forwards.start()) {
      const ended = report.deliveries.filter(delivery => !delivery.ok).map(({ channel, target, error }) => `${channel} ${target}: ${error ?? ''}`)
      this.#init.log.warn(`The restart ended forwarding of message ${report.messageId}, which is not repeated: ${ended.join('; ')}`)
      await this.#report(report)
    }
  }

  stop(): void {
    this.#forwards.stop()
  }

  get unread(): number {
    return this.#store.unreadCount()
  }

  /** How many messages of each unapproved peer are held. */
  heldByPeer(): Map<string, number> {
    return this.#store.heldByPeer()
  }

  list(filter: InboxFilter): InboxRow[] {
    return this.#store.list(filter)
  }

  /** Stores or refuses a message; see {@link Inbox.receive}. */
  async receive(from: PeerId, message: WireMessage, address: string): Promise<WireAck> {
    return await this.#inbox.receive({ from, message, address })
  }

  /** Takes a broadcast, unless it was taken before or the owner wants none of this author. */
  async receiveBroadcast(arrival: BroadcastArrival): Promise<BroadcastOutcome> {
    const outcome = await this.#broadcasts.receive(arrival)
    if (outcome.kind === 'shown') this.#handleReceived(outcome.row)
    return outcome
  }

  deliveriesOf(messageId: string): TargetDelivery[] {
    return this.#forwards.deliveriesOf(messageId)
  }

  /** Marks messages as read and tells their senders that they were shown. */
  async markShown(rows: readonly InboxRow[]): Promise<void> {
    const shown = rows.filter(row => row.isUnread)
    const delivered = shown.filter(row => row.state === 'received' && !this.#isForwarded(row.id))
    await this.#init.commits.write(() => {
      this.#store.markRead(shown.map(row => row.id))
      for (const row of delivered) this.#store.setState(row.id, 'delivered')
    })
    for (const row of delivered) await this.#tell({ ...row, state: 'delivered' })
  }

  /** Lets in what an approved peer left before, and tells the peer. */
  async release(peerId: string): Promise<number> {
    const rows = await this.#inbox.release(peerId)
    for (const row of rows) await this.#tell(row)
    return rows.length
  }

  /** Drops what an unapproved peer left. */
  async discardHeld(peerId: string): Promise<void> {
    await this.#inbox.discardHeld(peerId)
  }

  /** Messages that no agent took yet. */
  openMessages(): InboxRow[] {
    return this.#turns.open()
  }

  async claimTurn(messageId: string): Promise<ClaimedRow> {
    return await this.#turns.claim(messageId)
  }

  /** Where a message is forwarded too, its targets decide whether it was delivered. */
  async finishTurn(messageId: string, outcome: TurnOutcome): Promise<void> {
    const row = await this.#turns.finish(messageId, this.#isForwarded(messageId) ? 'received' : outcome)
    if (row !== undefined) await this.#tell(row)
  }

  /** Tells which messages wait to be forwarded; call it once somebody listens. */
  announceDueForwards(): void {
    this.#forwards.announceDue()
  }

  /** The stored message, when the target was free to be handed it and its sender is still approved. */
  async beginForward(messageId: string, target: DeliveryTarget): Promise<InboxRow | undefined> {
    if (!await this.#forwards.begin(messageId, target)) return undefined
    const row = this.#store.get(messageId)
    if (row !== undefined && this.#init.statusOf(row.peerId) === 'approved') return row
    await this.finishForward(messageId, target, { kind: 'failed', error: 'the recipient does not approve this node any more' })
    return undefined
  }

  async finishForward(messageId: string, target: DeliveryTarget, outcome: ForwardOutcome): Promise<void> {
    const report = await this.#forwards.finish(messageId, target, outcome)
    if (report !== undefined) await this.#report(report)
  }

  /** The messages that a channel shows under this ID, and where. */
  findForwarded(channel: string, platformId: string): ForwardedRow[] {
    return this.#forwards.shownAs(channel, platformId).flatMap(({ messageId, target }) => {
      const row = this.#store.get(messageId)
      return row === undefined ? [] : [{ row, target }]
    })
  }

  async keepHouse(): Promise<void> {
    await this.#inbox.keepHouse()
    await this.#init.commits.write(() => { this.#seen.keepHouse(this.#init.clock.now()) })
    await this.#forwards.keepHouse()
  }

  #goesToChannels({ kind, peerId }: InboxRow): boolean {
    return this.#init.statusOf(peerId) === 'approved' && (kind !== 'broadcast' || this.#init.config.enableBroadcastForwarding)
  }

  #isForwarded(messageId: string): boolean {
    return this.#forwards.deliveriesOf(messageId).length > 0
  }

  #handleReceived(row: InboxRow): void {
    this.#init.onReceived(row)
    if (this.#forwards.isOn) this.#forwards.announceDue()
  }

  #handleDue(messageId: string, target: DeliveryTarget): void {
    const row = this.#store.get(messageId)
    if (row !== undefined) this.#init.onForwardDue(row, target)
  }

  /** Tells the sender how its message fared at our channels. */
  async #report({ messageId, state, deliveries }: ForwardReport): Promise<void> {
    const stage = STAGE_OF_REPORT[state]
    const row = await this.#init.commits.write(() => {
      if (stage !== 'received') this.#store.setState(messageId, stage)
      return this.#store.get(messageId)
    })
    if (row === undefined) return
    this.#init.onForwarded(row)
    await this.#tell({ ...row, state: stage }, deliveries)
  }

  /** The author of a broadcast waits for nothing; the sender of a file learns of it by the transfer; what this node tells of a call itself, no peer sent. */
  async #tell({ id, kind, peerId, state, call }: InboxRow, deliveries?: TargetDelivery[]): Promise<void> {
    if (kind === 'broadcast' || kind === 'file' || isOurs(call)) return
    await this.#init.sendReceipt(peerId, { id, stage: state, ...deliveries !== undefined && { deliveries } })
  }
}

function isOurs(call: CallNote | undefined): boolean {
  return call?.act === 'asks' || call?.act === 'over'
}

const STAGE_OF_REPORT = { done: 'delivered', open: 'received', failed: 'received', uncertain: 'uncertain' } as const
