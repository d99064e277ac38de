/** Our messages and how far they got, on disk; the courier carries them. */
import { FINISHED_RETENTION_MS, MAX_QUEUED_PER_PEER, MAX_QUEUED_TOTAL } from '../config/limits.ts'
import { MeshError } from '../lib/errors.ts'
import type { GroupCommit } from '../lib/group-commit.ts'
import type { DeliveryState } from '../mesh-api.ts'
import type { MessageKind, TargetDelivery, WireAck } from '../protocols/wire-message.ts'
import { eventOfAck, isWaiting, nextState, notForwarded, reasonOf, refusalOf, type DeliveryEvent } from './delivery.ts'
import type { Flight } from './lane.ts'
import type { OutboxDraft, OutboxRow, OutboxStore } from './outbox-store.ts'

export interface OutboxInit {
  store: OutboxStore
  commits: GroupCommit
  /** Told of each new state, after it is on disk or where the wire proves it. */
  onChange: (change: DeliveryChange) => void
  /** A message stopped waiting without an acknowledgement in flight: it expired, or a receipt came late. */
  onDropped: (peerId: string, messageId: string) => void
  /** A write that nobody waits for failed. */
  onWriteError: (error: unknown) => void
  now: () => number
}

/** A message of ours reached a state, or was refused for now (`queued` with an error). */
export interface DeliveryChange {
  messageId: string
  peerId: string
  kind: MessageKind
  state: DeliveryState
  error?: MeshError
  /** What became of it at each of the recipient's channels. */
  deliveries?: TargetDelivery[]
}

/** An answer to a message in flight, with when the message was written. */
export interface FlightAnswer extends Flight {
  peerId: string
  ack: WireAck
}

/** Something happened to a stored message. */
export interface StageEvent {
  peerId: string
  messageId: string
  event: DeliveryEvent
  error?: MeshError
  deliveries?: TargetDelivery[]
}

interface Move {
  kind: MessageKind
  before: DeliveryState
  after: DeliveryState
}

const EXPIRY_BATCH = 256

export class Outbox {
  readonly #init: OutboxInit
  readonly #waiting = new Map<string, number>()
  /** Answered messages whose row does not say so yet; they are counted as ended already. */
  readonly #settling = new Set<string>()
  #total = 0

  constructor(init: OutboxInit) {
    this.#init = init
    for (const { peerId, waiting } of init.store.waitingCounts()) this.#count(peerId, waiting)
  }

  /** Messages that no recipient has confirmed. */
  get waiting(): number {
    return this.#total
  }

  waitingFor(peerId: string): number {
    return this.#waiting.get(peerId) ?? 0
  }

  waitingPeers(): string[] {
    return [...this.#waiting.keys()]
  }

  /**
   * Stores a message; it is `queued` when the promise resolves. Undefined when a message had this ID before: that one goes its way.
   *
   * @throws MeshError `QUEUE_FULL`, `DISK_FULL`
   */
  async queue(draft: OutboxDraft): Promise<OutboxRow | undefined> {
    const { peerId } = draft
    this.checkRoom(peerId)
    this.#count(peerId, 1)
    try {
      const queuedAt = this.#init.now()
      const seq = await this.#init.commits.write(() => this.#init.store.insert(draft, queuedAt))
      if (seq === undefined) {
        this.#count(peerId, -1)
        return undefined
      }
      this.#init.onChange({ messageId: draft.id, peerId, kind: draft.kind, state: 'queued' })
      return { ...draft, seq, state: 'queued', retryAt: 0, error: null, replies: 0, deliveries: null, times: { queued: queuedAt } }
    } catch (error) {
      this.#count(peerId, -1)
      throw error
    }
  }

  /** @throws MeshError `QUEUE_FULL` when no more messages may wait for the peer */
  checkRoom(peerId: string): void {
    if (this.waitingFor(peerId) < MAX_QUEUED_PER_PEER && this.#total < MAX_QUEUED_TOTAL) return
    const waiting = `${String(this.waitingFor(peerId))} messages already wait for ${peerId} (${String(this.#total)} in total)`
    throw new MeshError('QUEUE_FULL', waiting, { reason: 'sender-full' })
  }

  /** Stores a message in the transaction that runs, whether there is room or not; `noteStored` comes after it. */
  insert(draft: OutboxDraft): void {
    this.#init.store.insert(draft, this.#init.now())
  }

  /** A message that was inserted is on disk. */
  noteStored(peerId: string): void {
    this.#count(peerId, 1)
  }

  get(id: string): OutboxRow | undefined {
    return this.#init.store.get(id)
  }

  /** Counts a reply to the message; call it in the transaction that stores the reply. */
  countReply(id: string): void {
    this.#init.store.countReply(id)
  }

  /** Messages to the peer that wait and are due, in the order of queueing. */
  due(peerId: string, afterSeq: number, limit: number): OutboxRow[] {
    this.#init.commits.commitNow() // answers that just came in: what they settle is not to go out again
    return this.#init.store.waiting({ peerId, afterSeq, limit, now: this.#init.now() })
  }

  /** Until when the peer asked us to wait with its messages; 0 when it did not. */
  retryAt(peerId: string): number {
    return this.#init.store.retryAt(peerId)
  }

  /** The final answer of a recipient to a message in flight. */
  settle({ peerId, kind, sentAt, ack }: FlightAnswer, event: DeliveryEvent): void {
    const state = nextState('sent', event)
    const at = this.#init.now()
    const error = refusalOf(ack)
    this.#count(peerId, -1)
    this.#settling.add(ack.id)
    const settled = (): void => { this.#settling.delete(ack.id) }
    this.#writeLater(() => { this.#init.store.setState({ id: ack.id, state, at, sentAt, error }) }, settled)
    this.#init.onChange({ messageId: ack.id, peerId, kind, state, ...error !== undefined && { error } })
  }

  /** A recipient refused for now: the message waits until `retryAt`. */
  postpone({ peerId, kind, ack }: FlightAnswer, retryAt: number): void {
    const error = refusalOf(ack) ?? new MeshError('INTERNAL', 'refused for now')
    this.#writeLater(() => { this.#init.store.postpone(ack.id, retryAt, error) })
    this.#init.onChange({ messageId: ack.id, peerId, kind, state: 'queued', error })
  }

  /** The stream ended before an answer: the message waits again. */
  lose(peerId: string, { id, kind, sentAt }: Flight & { id: string }): void {
    this.#writeLater(() => { this.#init.store.noteSent(id, sentAt) })
    this.#init.onChange({ messageId: id, peerId, kind, state: 'queued' })
  }

  /**
   * A stage that a recipient reports outside of a flight: a receipt, or a late acknowledgement.
   *
   * @returns whether it named a message of ours to that peer
   */
  async applyStage(peerId: string, ack: WireAck): Promise<boolean> {
    const event = eventOfAck(ack)
    if (event === undefined) return true // refused for now, and no longer in flight: it is on its way again anyway
    const error = refusalOf(ack) ?? notForwarded(ack)
    const { deliveries } = ack
    return await this.apply({ peerId, messageId: ack.id, event, ...error !== undefined && { error }, ...deliveries !== undefined && { deliveries } })
  }

  /** Moves a stored message to the state that the event leads to; false when it is no message of ours to that peer. */
  async apply(change: StageEvent): Promise<boolean> {
    const { peerId, messageId, error, deliveries } = change
    const moved = await this.#init.commits.write(() => this.#move(change))
    if (moved === undefined) return false
    if (isWaiting(moved.before) && !isWaiting(moved.after) && !this.#settling.has(messageId)) {
      this.#count(peerId, -1)
      this.#init.onDropped(peerId, messageId)
    }
    const isOvertaken = isDeliveredAfterAnswer(moved, change.event)
    if (isOvertaken || moved.before !== moved.after || deliveries !== undefined) {
      const state = isOvertaken ? 'delivered' : moved.after
      this.#init.onChange({ messageId, peerId, kind: moved.kind, state, ...error !== undefined && { error }, ...deliveries !== undefined && { deliveries } })
    }
    return true
  }

  /** Ends what is overdue and forgets what ended long ago. */
  async keepHouse(): Promise<void> {
    const now = this.#init.now()
    const error = new MeshError('EXPIRED', 'the message was not delivered within its time to live', reasonOf('EXPIRED'))
    for (const { id, peerId } of this.#init.store.overdue(now, EXPIRY_BATCH)) {
      await this.apply({ peerId, messageId: id, event: { kind: 'expired' }, error })
    }
    await this.#init.commits.write(() => { this.#init.store.prune(now - FINISHED_RETENTION_MS) })
  }

  #move({ peerId, messageId, event, error, deliveries }: StageEvent): Move | undefined {
    const { store } = this.#init
    const row = store.get(messageId)
    if (row?.peerId !== peerId) return undefined
    const after = nextState(row.state, event)
    if (after !== row.state) store.setState({ id: messageId, state: after, at: this.#init.now(), error })
    if (deliveries !== undefined) store.noteDeliveries(messageId, deliveries, error)
    return { kind: row.kind, before: row.state, after }
  }

  #writeLater(run: () => void, onEnd: () => void = () => undefined): void {
    this.#init.commits.write(run)
      .catch((error: unknown) => { this.#init.onWriteError(error) })
      .finally(onEnd)
  }

  #count(peerId: string, change: number): void {
    const waiting = this.waitingFor(peerId) + change
    this.#total += change
    if (waiting > 0) this.#waiting.set(peerId, waiting)
    else this.#waiting.delete(peerId)
  }
}

/** An agent may answer before the channels show the message; that they do is news all the same. */
function isDeliveredAfterAnswer({ before }: Move, event: DeliveryEvent): boolean {
  return before === 'replied' && event.kind === 'stage' && event.stage === 'delivered'
}
