/** Messages in both directions: what the mesh can do with its outbox, inbox and turns, put together. */
import type { DatabaseSync } from 'node:sqlite'
import type { Connection, PeerId } from '@libp2p/interface'
import type { MeshConfig } from '../config/resolve.ts'
import type { Clock } from '../lib/clock.ts'
import { MeshError, toError, toMeshError } from '../lib/errors.ts'
import type { GroupCommit } from '../lib/group-commit.ts'
import type { Logger } from '../lib/log.ts'
import type { ApprovalStatus, DeliveryState, DeliveryTarget, ForwardOutcome, MessageStatus, SendResult, TargetDelivery, TurnOutcome } from '../mesh-api.ts'
import type { MessageHandler } from '../protocols/message-link.ts'
import type { MessageProtocol } from '../protocols/message-protocol.ts'
import type { WireAck, WireMessage } from '../protocols/wire-message.ts'
import { Courier } from './courier.ts'
import { ForwardStore } from './forward-store.ts'
import { Forwards, type ForwardReport } from './forwards.ts'
import { InboxStore, type InboxFilter, type InboxRow } from './inbox-store.ts'
import { Inbox } from './inbox.ts'
import { OutboxStore, type OutboxDraft, type OutboxRow } from './outbox-store.ts'
import { Outbox, type DeliveryChange } from './outbox.ts'
import { Sender, type Letter } from './sender.ts'
import { Turns, type ClaimedRow } from './turns.ts'

export interface MailboxInit {
  config: Pick<MeshConfig, 'dmPolicy' | 'rateLimit' | 'turnBudget' | 'inboundTargets' | 'messageTtlMs' | 'deliveryAckTimeoutMs'>
  database: DatabaseSync
  commits: GroupCommit
  protocol: Pick<MessageProtocol, 'send' | 'isLinked' | 'abortLinks'>
  statusOf: (peerId: string) => ApprovalStatus
  reach: (peerId: PeerId) => Promise<void>
  isConnected: (peerId: PeerId) => boolean
  onWaiting: (peerId: PeerId, isWaiting: boolean) => void
  onReceived: (row: InboxRow) => void
  onHeld: (row: InboxRow) => void
  onDelivery: (change: DeliveryChange) => void
  /** A message may be forwarded to that target now. */
  onForwardDue: (row: InboxRow, target: DeliveryTarget) => void
  random: () => number
  newId: () => string
  clock: Clock
  log: Logger
}

export class Mailbox implements Pick<MessageHandler, 'handleMessage' | 'handleAcks' | 'handleLinkClosed'> {
  readonly #init: MailboxInit
  readonly #outbox: Outbox
  readonly #courier: Courier
  readonly #inbox: Inbox
  readonly #inboxStore: InboxStore
  readonly #turns: Turns
  readonly #forwards: Forwards
  readonly #sender: Sender

  constructor(init: MailboxInit) {
    const { database, commits, clock, statusOf } = init
    this.#init = init
    this.#inboxStore = new InboxStore(database)
    this.#sender = new Sender({ config: init.config, post: async (draft) => { await this.#post(draft) }, stateOf: id => this.#stateOf(id), newId: init.newId, clock })
    const onWriteError = (error: unknown): void => { init.log.error(`A message state could not be stored: ${toError(error).message}`) }
    this.#outbox = new Outbox({
      store: new OutboxStore(database), commits, onWriteError, now: clock.now,
      onChange: (change) => { this.#handleChange(change) },
      onDropped: (peerId, messageId) => { this.#courier.drop(peerId, messageId) }
    })
    this.#courier = new Courier({
      outbox: this.#outbox, protocol: init.protocol, reach: init.reach, onWaiting: init.onWaiting, onWriteError, clock,
      onSent: (row) => { this.#handleChange({ messageId: row.id, peerId: row.peerId, kind: row.kind, state: 'sent' }) },
      onUnreachable: (peerId, error) => { this.#sender.handleUnreachable(peerId, toMeshError(error)) }
    })
    this.#inbox = new Inbox({
      config: init.config, store: this.#inboxStore, commits, statusOf, now: clock.now,
      findSent: messageId => this.#outbox.get(messageId),
      onReceived: (row) => {
        init.onReceived(row)
        if (this.#forwards.isOn) this.#forwards.announceDue()
      },
      onHeld: init.onHeld,
      onStoring: (messageId, peerId) => { if (statusOf(peerId) === 'approved') this.#forwards.plan(messageId) },
      onReplied: (sent, reply) => { this.#handleReply(sent, reply) }
    })
    this.#forwards = new Forwards({
      targets: init.config.inboundTargets, store: new ForwardStore(database), commits, clock, random: init.random,
      onDue: (messageId, target) => { this.#handleDue(messageId, target) }
    })
    this.#turns = new Turns({ budget: init.config.turnBudget, store: this.#inboxStore, commits, statusOf, now: clock.now })
  }

  /** Takes up what the last run left: waiting messages, and turns that it was in the middle of. */
  async start(): Promise<void> {
    this.#courier.start()
    for (const row of await this.#turns.recover()) {
      this.#init.log.warn(`A restart interrupted the agent turn of message ${row.id} from ${row.peerId}: its outcome is uncertain, and it is not repeated`)
      await this.#sendReceipt(row)
    }
    for (const report of await this.#forwards.start()) {
      this.#init.log.warn(`A restart interrupted forwarding of message ${report.messageId}: whether it was shown is not known, and it is not repeated`)
      await this.#sendReport(report)
    }
  }

  stop(): void {
    this.#forwards.stop()
    this.#courier.stop()
  }

  get unread(): number {
    return this.#inboxStore.unreadCount()
  }

  get waiting(): number {
    return this.#outbox.waiting
  }

  /** Held messages of each unapproved peer that left some. */
  heldByPeer(): Map<string, number> {
    return this.#inboxStore.heldByPeer()
  }

  /** Messages that no agent took yet. */
  openMessages(): InboxRow[] {
    return this.#turns.open()
  }

  /** See {@link Sender.send}. */
  async send(letter: Letter): Promise<SendResult> {
    return await this.#sender.send(letter)
  }

  /** See {@link Sender.sendToInstance}. */
  async sendToInstance(letter: Letter): Promise<DeliveryChange> {
    return await this.#sender.sendToInstance(letter)
  }

  /** Tells which messages wait to be forwarded; call it once somebody listens. */
  announceDueForwards(): void {
    this.#forwards.announceDue()
  }

  /** The stored message, when the target was free to be handed it. */
  async beginForward(messageId: string, target: DeliveryTarget): Promise<InboxRow | undefined> {
    return await this.#forwards.begin(messageId, target) ? this.#inboxStore.get(messageId) : undefined
  }

  async finishForward(messageId: string, target: DeliveryTarget, outcome: ForwardOutcome): Promise<void> {
    const report = await this.#forwards.finish(messageId, target, outcome)
    if (report !== undefined) await this.#sendReport(report)
  }

  /** The message that a channel shows under this ID. */
  findForwarded(channel: string, platformId: string): InboxRow | undefined {
    const messageId = this.#forwards.messageShownAs(channel, platformId)
    return messageId === undefined ? undefined : this.#inboxStore.get(messageId)
  }

  /**
   * @throws MeshError `NOT_FOUND`
   */
  async messageStatus(messageId: string): Promise<MessageStatus> {
    const row = await this.#init.commits.write(() => this.#outbox.get(messageId)) // after the writes that nobody waited for
    if (row === undefined) throw new MeshError('NOT_FOUND', `no message of ours has the ID ${messageId}`)
    const sentAt = row.state === 'queued' ? this.#courier.sentAt(row.peerId, messageId) : undefined
    const times = sentAt === undefined ? row.times : { ...row.times, sent: sentAt }
    const history = Object.entries(times).map(([state, at]) => ({ state: state as DeliveryState, at })).sort((one, other) => one.at - other.at)
    return {
      messageId, peerId: row.peerId, state: sentAt === undefined ? row.state : 'sent', history,
      ...row.error !== null && { error: this.#refusal(row, row.error) },
      ...row.deliveries !== null && { deliveries: row.deliveries }
    }
  }

  list(filter: InboxFilter): InboxRow[] {
    return this.#inboxStore.list(filter)
  }

  /** Marks messages as read and tells their senders that they were shown. */
  async markShown(rows: readonly InboxRow[]): Promise<void> {
    const shown = rows.filter(row => row.isUnread)
    await this.#init.commits.write(() => {
      this.#inboxStore.markRead(shown.map(row => row.id))
      for (const row of shown) if (row.state === 'received') this.#inboxStore.setState(row.id, 'delivered')
    })
    for (const row of shown) if (row.state === 'received') await this.#sendReceipt({ ...row, state: 'delivered' })
  }

  async claimTurn(messageId: string): Promise<ClaimedRow> {
    return await this.#turns.claim(messageId)
  }

  async finishTurn(messageId: string, outcome: TurnOutcome): Promise<void> {
    const isForwarded = this.#forwards.deliveriesOf(messageId).length > 0
    const row = await this.#turns.finish(messageId, isForwarded ? 'received' : outcome)
    if (row !== undefined) await this.#sendReceipt(row)
  }

  /** Gives out what an approved peer left before it was approved, and tells the peer. */
  async release(peerId: string): Promise<number> {
    const rows = await this.#inbox.release(peerId)
    for (const row of rows) await this.#sendReceipt(row)
    return rows.length
  }

  /** Drops what an unapproved peer left. */
  async discardHeld(peerId: string): Promise<void> {
    await this.#inbox.discardHeld(peerId)
  }

  async handleMessage(from: PeerId, message: WireMessage, connection: Connection): Promise<WireAck> {
    if (message.kind !== 'system') return await this.#inbox.receive({ from, message, address: hostOf(connection) })
    const isKnown = message.receipt !== undefined && await this.#outbox.applyStage(from.toString(), message.receipt)
    return isKnown ? { id: message.id, stage: 'received' } : { id: message.id, stage: 'refused', code: 'INVALID_ARGUMENT', text: 'a receipt of no message of ours to you' }
  }

  handleAcks(from: PeerId, acks: WireAck[]): void {
    this.#courier.handleAcks(from, acks)
  }

  handleLinkClosed(peerId: PeerId): void {
    this.#courier.handleLinkClosed(peerId)
    if (this.#init.isConnected(peerId)) this.#courier.handlePeerConnected(peerId)
  }

  handlePeerConnected(peerId: PeerId): void {
    this.#courier.handlePeerConnected(peerId)
  }

  async keepHouse(): Promise<void> {
    this.#courier.keepHouse(this.#init.isConnected)
    await this.#outbox.keepHouse()
    await this.#inbox.keepHouse()
    await this.#forwards.keepHouse()
  }

  #stateOf(messageId: string): DeliveryState {
    const row = this.#outbox.get(messageId)
    if (row === undefined) return 'failed'
    return row.state === 'queued' && this.#courier.sentAt(row.peerId, messageId) !== undefined ? 'sent' : row.state
  }

  #handleDue(messageId: string, target: DeliveryTarget): void {
    const row = this.#inboxStore.get(messageId)
    if (row !== undefined) this.#init.onForwardDue(row, target)
  }

  /** Tells the sender how its message fared at our channels. */
  async #sendReport(report: ForwardReport): Promise<void> {
    const stage = report.state === 'done' ? 'delivered' : report.state === 'uncertain' ? 'uncertain' : 'received'
    const row = await this.#init.commits.write(() => {
      if (stage !== 'received') this.#inboxStore.setState(report.messageId, stage)
      return this.#inboxStore.get(report.messageId)
    })
    if (row !== undefined) await this.#sendReceipt({ ...row, state: stage }, report.deliveries)
  }

  async #post(draft: OutboxDraft): Promise<void> {
    this.#courier.carry(await this.#outbox.queue(draft))
  }

  #refusal(row: OutboxRow, { code, text }: { code: string, text: string }): NonNullable<MessageStatus['error']> {
    return { code, message: text, ...row.retryAt > 0 && { retryAfterMs: Math.max(0, row.retryAt - this.#init.clock.now()) } }
  }

  /** Tells the sender of a message a later stage of it; durable like a message. */
  async #sendReceipt(row: Pick<InboxRow, 'id' | 'peerId' | 'state'>, deliveries?: TargetDelivery[]): Promise<void> {
    try {
      await this.#post({
        id: this.#init.newId(), peerId: row.peerId, kind: 'system', text: '', hops: 0, inReplyTo: row.id,
        receipt: { id: row.id, stage: row.state, ...deliveries !== undefined && { deliveries } }, expiresAt: this.#init.clock.now() + this.#init.config.messageTtlMs
      })
    } catch (error) {
      this.#init.log.warn(`The sender of message ${row.id} cannot be told that it is ${row.state}: ${toError(error).message}`)
    }
  }

  #handleChange(change: DeliveryChange): void {
    if (change.kind === 'system') return // receipts are plumbing
    this.#sender.handleChange(change)
    this.#init.onDelivery(change)
  }

  #handleReply(sent: OutboxRow, reply: InboxRow): void {
    if (reply.state !== 'held') this.#sender.handleReply(sent.id, reply.text)
    this.#outbox.apply({ peerId: sent.peerId, messageId: sent.id, event: { kind: 'replied' } })
      .catch((error: unknown) => { this.#init.log.error(`A reply could not be noted: ${toError(error).message}`) })
  }
}

function hostOf(connection: Connection): string {
  const [host] = connection.remoteAddr.getComponents()
  return host?.value ?? 'unknown'
}
