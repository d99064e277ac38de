/** Everything about our own messages: queue, courier and those who wait for news, put together. */
import type { DatabaseSync } from 'node:sqlite'
import type { PeerId } from '@libp2p/interface'
import { MAX_LOGGED_CHARACTERS } from '../config/limits.ts'
import type { MeshConfig } from '../config/resolve.ts'
import type { Clock } from '../lib/clock.ts'
import { errorLine, MeshError, toError, toMeshError } from '../lib/errors.ts'
import type { GroupCommit } from '../lib/group-commit.ts'
import type { Logger } from '../lib/log.ts'
import { oneLine } from '../lib/text.ts'
import type { DeliveryState, MessageStatus, SendResult } from '../mesh-api.ts'
import type { MessageProtocol } from '../protocols/message-protocol.ts'
import type { WireAck } from '../protocols/wire-message.ts'
import { Courier } from './courier.ts'
import { reasonOf } from './delivery.ts'
import { OutboxStore, type OutboxDraft, type OutboxRow } from './outbox-store.ts'
import { Outbox, type DeliveryChange } from './outbox.ts'
import { Sender, type Letter } from './sender.ts'

export interface OutgoingInit {
  config: Pick<MeshConfig, 'messageTtlMs' | 'deliveryAckTimeoutMs'>
  database: DatabaseSync
  commits: GroupCommit
  protocol: Pick<MessageProtocol, 'send' | 'isLinked' | 'abortLinks'>
  /** Connects to the peer and opens a message stream; rejects when that fails now. */
  reach: (peerId: PeerId) => Promise<void>
  isConnected: (peerId: PeerId) => boolean
  /** Whether messages wait for the peer, so that it is kept connected while they do. */
  onWaiting: (peerId: PeerId, isWaiting: boolean) => void
  onDelivery: (change: DeliveryChange) => void
  /** A step of a call was refused for good, or its time ran out. */
  onCallFailed: (callId: string, error: MeshError) => void
  /** An attempt to reach a peer that messages wait for failed. */
  onUnreachable: (peerId: string, error: MeshError) => void
  /** A fresh message ID in UUID form. */
  newId: () => string
  clock: Clock
  log: Logger
}

export class Outgoing {
  readonly #init: OutgoingInit
  readonly #outbox: Outbox
  readonly #courier: Courier
  readonly #sender: Sender

  constructor(init: OutgoingInit) {
    const { database, commits, clock } = init
    const onWriteError = (error: unknown): void => { init.log.error(`A message state could not be stored: ${toError(error).message}`) }
    this.#init = init
    this.#outbox = new Outbox({
      store: new OutboxStore(database), commits, onWriteError, now: clock.now,
      onChange: (change) => { this.#handleChange(change) },
      onDropped: (peerId, messageId) => { this.#courier.drop(peerId, messageId) }
    })
    this.#courier = new Courier({
      outbox: this.#outbox, protocol: init.protocol, reach: init.reach, onWaiting: init.onWaiting, onWriteError, clock,
      onSent: (row) => { this.#handleChange({ messageId: row.id, peerId: row.peerId, kind: row.kind, state: 'sent' }) },
      onUnreachable: (peerId, error) => {
        this.#sender.handleUnreachable(peerId, toMeshError(error))
        init.onUnreachable(peerId, toMeshError(error))
      },
      onPaused: (messageId, retryAfterMs) => { this.#sender.handlePaused(messageId, retryAfterMs) }
    })
    this.#sender = new Sender({
      config: init.config, newId: init.newId, clock,
      post: async draft => await this.#post(draft),
      stateOf: messageId => this.#find(messageId)?.state ?? 'failed'
    })
  }

  /** Messages that no recipient has confirmed. */
  get waiting(): number {
    return this.#outbox.waiting
  }

  start(): void {
    this.#courier.start()
  }

  stop(): void {
    this.#sender.stop()
    this.#courier.stop()
  }

  /** See {@link Sender.send}. */
  async send(letter: Letter): Promise<SendResult> {
    return await this.#sender.send(letter)
  }

  /** See {@link Sender.sendToInstance}. */
  async sendToInstance(letter: Letter): Promise<DeliveryChange> {
    return await this.#sender.sendToInstance(letter)
  }

  /** See {@link Outbox.checkRoom}. */
  checkRoom(peerId: string): void {
    this.#outbox.checkRoom(peerId)
  }

  /** Stores a message in the transaction that runs, whether there is room or not; call `dispatch` after it. */
  insert(draft: OutboxDraft): void {
    this.#outbox.insert(draft)
  }

  /** Sends what was inserted, and is on disk now. */
  dispatch(peerId: string): void {
    this.#outbox.noteStored(peerId)
    this.#courier.wake(peerId)
  }

  /** Tells a peer a later stage of one of its messages; durable like a message. */
  async sendReceipt(peerId: string, receipt: WireAck): Promise<void> {
    const { newId, clock, config, log } = this.#init
    try {
      const expiresAt = clock.now() + config.messageTtlMs
      await this.#post({ id: newId(), peerId, kind: 'system', text: '', hops: 0, inReplyTo: receipt.id, receipt, expiresAt })
    } catch (error) {
      log.warn(`The sender of message ${receipt.id} cannot be told that it is ${receipt.stage}: ${toError(error).message}`)
    }
  }

  /**
   * @throws MeshError `NOT_FOUND`
   */
  async status(messageId: string): Promise<MessageStatus> {
    const row = await this.#init.commits.write(() => this.#find(messageId)) // after the writes that nobody waited for
    if (row === undefined) throw new MeshError('NOT_FOUND', `no message of ours has the ID ${messageId}`)
    const history = Object.entries(row.times).map(([state, at]) => ({ state: state as DeliveryState, at })).sort((one, other) => one.at - other.at)
    return {
      messageId, peerId: row.peerId, state: row.state, history,
      ...row.error !== null && { error: this.#refusal(row, row.error) },
      ...row.deliveries !== null && { deliveries: row.deliveries }
    }
  }

  /** The stored message of ours, as its row says. */
  get(messageId: string): OutboxRow | undefined {
    return this.#outbox.get(messageId)
  }

  /** Counts a reply to one of our messages; call it in the transaction that stores the reply. */
  countReply(messageId: string): void {
    this.#outbox.countReply(messageId)
  }

  /** A peer's receipt; false when it names no message of ours to that peer. */
  async applyReceipt(peerId: string, receipt: WireAck): Promise<boolean> {
    return await this.#outbox.applyStage(peerId, receipt)
  }

  /** A reply to one of our messages was stored; its text is absent while its sender waits for approval. */
  handleReply(sent: OutboxRow, text: string | undefined): void {
    if (text !== undefined) this.#sender.handleReply(sent.id, text)
    this.#outbox.apply({ peerId: sent.peerId, messageId: sent.id, event: { kind: 'replied' } })
      .catch((error: unknown) => { this.#init.log.error(`A reply could not be noted: ${toError(error).message}`) })
  }

  handleAcks(from: PeerId, acks: WireAck[]): void {
    this.#courier.handleAcks(from, acks)
  }

  handleLinkClosed(peerId: PeerId): void {
    this.#courier.handleLinkClosed(peerId)
  }

  handlePeerConnected(peerId: PeerId): void {
    this.#courier.handlePeerConnected(peerId)
  }

  async keepHouse(): Promise<void> {
    this.#courier.keepHouse(this.#init.isConnected)
    await this.#outbox.keepHouse()
  }

  /** False when a message had this ID before. */
  async #post(draft: OutboxDraft): Promise<boolean> {
    const row = await this.#outbox.queue(draft)
    if (row !== undefined) this.#courier.carry(row)
    return row !== undefined
  }

  /** The message as it stands now, in flight included. */
  #find(messageId: string): OutboxRow | undefined {
    const row = this.#outbox.get(messageId)
    if (row?.state !== 'queued') return row
    const sentAt = this.#courier.sentAt(row.peerId, messageId)
    return sentAt === undefined ? row : { ...row, state: 'sent', times: { ...row.times, sent: sentAt } }
  }

  #handleChange(change: DeliveryChange): void {
    if (change.kind === 'system') return // receipts are plumbing
    if (change.kind === 'call') {
      this.#handleCallChange(change)
      return
    }
    const { messageId, peerId, state, error } = change
    if (error !== undefined) this.#init.log.info(`Message ${messageId} to ${peerId} is ${state}: ${oneLine(errorLine(error), MAX_LOGGED_CHARACTERS)}`)
    this.#sender.handleChange(change)
    this.#init.onDelivery(change)
  }

  /** How far the steps of a call got is told by what the peer does next, except where it gets nowhere. */
  #handleCallChange({ messageId, state, error }: DeliveryChange): void {
    const call = state === 'failed' || state === 'expired' ? this.#outbox.get(messageId)?.call : undefined
    if (call !== undefined) this.#init.onCallFailed(call.callId, error ?? new MeshError('EXPIRED', 'the peer did not take the call in time'))
  }

  #refusal(row: OutboxRow, { code, text }: { code: string, text: string }): NonNullable<MessageStatus['error']> {
    const { reason } = reasonOf(code)
    const retryAfterMs = Math.max(0, row.retryAt - this.#init.clock.now())
    return { code, message: text, ...reason !== undefined && { cause: reason }, ...row.retryAt > 0 && { retryAfterMs } }
  }
}
