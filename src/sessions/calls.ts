/** Calls with peers: what is asked of them, what peers and time do to them, and who is told. */
import type { DatabaseSync } from 'node:sqlite'
import { MAX_CALL_STEPS, MAX_CALL_TOPIC_CHARACTERS, MAX_TRANSCRIPTS, RING_TIMEOUT_MS, TRANSCRIPT_AGE_MS } from '../config/call-limits.ts'
import type { Clock } from '../lib/clock.ts'
import { MeshError, toError } from '../lib/errors.ts'
import type { GroupCommit } from '../lib/group-commit.ts'
import type { Logger } from '../lib/log.ts'
import { oneLine } from '../lib/text.ts'
import type { CallArrival, CallVerdict } from '../mailbox/call-verdict.ts'
import type { InboxRow } from '../mailbox/inbox-store.ts'
import type { Mailbox } from '../mailbox/mailbox.ts'
import type { Audience, CallAnswer, CallChoice, CallSpeech, CallSpeaker } from '../mesh-api.ts'
import { CallArrivals } from './call-arrivals.ts'
import { chooseCall } from './call-choice.ts'
import type { CallEvent } from './call-machine.ts'
import { busyError, checkText, FAILURES } from './call-steps.ts'
import { CallStore, type CallRow, type EntryRow } from './call-store.ts'
import { CallTimers } from './call-timers.ts'
import { CallTransaction, isOnLine } from './call-transaction.ts'

export interface CallsInit {
  database: DatabaseSync
  commits: GroupCommit
  mailbox: Pick<Mailbox, 'outgoing' | 'incoming'>
  isConnected: (peerId: string) => boolean
  /** Whether a call is open with the peer, so that it is kept connected. */
  onOpen: (peerId: string, isOpen: boolean) => void
  onChange: (row: CallRow) => void
  /** @throws MeshError `NOT_ALLOWED` for what the owner does not let his agent say */
  checkAuthor: (peerId: string, author: Audience) => void
  /** Peers whose calls are answered at once. */
  autoAnswer: readonly string[]
  /** How long whoever calls waits to hear what became of it. */
  dialWaitMs: number
  messageTtlMs: number
  newId: () => string
  clock: Clock
  log: Logger
}

/** A call as it is made. */
export interface Dialled {
  peerId: string
  topic: string
  speaker: CallSpeaker
  hops?: number | undefined
}

export class Calls {
  readonly #init: CallsInit
  readonly #store: CallStore
  readonly #arrivals: CallArrivals
  readonly #timers: CallTimers
  readonly #autoAnswer: ReadonlySet<string>

  constructor(init: CallsInit) {
    const { clock, isConnected } = init
    this.#init = init
    this.#store = new CallStore(init.database)
    this.#autoAnswer = new Set(init.autoAnswer)
    this.#arrivals = new CallArrivals({ store: this.#store, now: clock.now })
    this.#timers = new CallTimers({ clock, isConnected, onTime: (callId, event) => { this.#happen([callId], event) } })
  }

  /** Takes up the calls of the last run. */
  start(): void {
    for (const row of this.#store.open()) {
      this.#init.onOpen(row.peerId, true)
      this.#timers.follow(row)
    }
  }

  stop(): void {
    this.#timers.stop()
  }

  get(callId: string): CallRow | undefined {
    return this.#store.get(callId)
  }

  /** Calls that did not end, the oldest first. */
  open(): CallRow[] {
    return this.#store.open()
  }

  /** The newest first. */
  list(): CallRow[] {
    return this.#store.list(MAX_TRANSCRIPTS)
  }

  entries(row: CallRow): EntryRow[] {
    return this.#store.entries(row)
  }

  /** Whether a side of it fetched its owner. */
  isEscalated(callId: string): boolean {
    return this.#store.hasEntry(callId, 'escalation')
  }

  /** @throws MeshError `INVALID_ARGUMENT`, `CALL_BUSY`, `QUEUE_FULL`, `DISK_FULL` */
  async dial({ peerId, topic, speaker, hops = 0 }: Dialled): Promise<CallRow> {
    const line = oneLine(topic.trim(), MAX_CALL_TOPIC_CHARACTERS)
    if (line === '') throw new MeshError('INVALID_ARGUMENT', 'a call needs a topic')
    this.#init.mailbox.outgoing.checkRoom(peerId)
    return await this.#run((transaction) => {
      const busy = this.#store.open().find(isOnLine)
      if (busy !== undefined) throw busyError(busy)
      const now = this.#init.clock.now()
      return transaction.take({
        id: this.#init.newId(), peerId, role: 'caller', topic: line, phase: 'idle', speaker, hops, outSeq: 0, inSeq: 0, clock: 0,
        deadline: now + RING_TIMEOUT_MS, startedAt: now, endedAt: null, endReason: null, endText: null
      }, 'dial')
    })
  }

  /** @throws MeshError `NO_ACTIVE_CALL` and what the call ended with */
  async answer({ callId, accept, reason, speaker }: CallAnswer): Promise<CallRow> {
    return await this.#run((transaction) => {
      const row = chooseCall(this.#store, { callId, phases: ['ringing', 'queued'], otherwise: 'no call rings here' })
      return transaction.take(row, accept ? 'accept' : 'reject', accept ? { speaker } : { text: reason ?? '' })
    })
  }

  async say({ callId, text, author, hops = 0 }: CallSpeech): Promise<CallRow> {
    checkText(text)
    return await this.#run(transaction => transaction.take(this.#spokenIn(callId, author), 'say', { text, hops }))
  }

  /** The call, and the message that goes to the owner. */
  async escalate({ callId, text, author }: CallSpeech): Promise<{ row: CallRow, message: InboxRow }> {
    checkText(text)
    const messages = this.#init.mailbox.incoming.calls
    const escalated = await this.#run((transaction) => {
      const row = transaction.take(this.#spokenIn(callId, author), 'escalate', { text })
      const note = { callId: row.id, topic: row.topic, act: 'asks' } as const
      return { row, message: messages.insertOwn(this.#init.newId(), row.peerId, { text, call: note, isTurn: false }) }
    })
    messages.noteOwn(escalated.message)
    return escalated
  }

  /** A file of ours is there; call it in the transaction that notes that. What it returns is to run after it; a call that is over is told nothing. */
  noteFile(callId: string, text: string): () => void {
    const transaction = this.#begin()
    const row = this.#store.get(callId)
    if (row?.phase === 'active' && row.outSeq + row.inSeq < MAX_CALL_STEPS) transaction.take(row, 'send-file', { text })
    return () => { this.#settle(transaction) }
  }

  /** Ends the call, if that did not happen yet. */
  async end({ callId }: CallChoice): Promise<CallRow> {
    return await this.#run((transaction) => {
      const row = this.#current(callId)
      return row.phase === 'ended' ? row : transaction.take(row, 'hang-up')
    })
  }

  /** A step of a peer; call it in the transaction that stores what comes of it. */
  judge(arrival: CallArrival): CallVerdict {
    const transaction = this.#begin()
    const verdict = this.#arrivals.judge(arrival, transaction)
    return 'refusal' in verdict ? verdict : { ...verdict, afterCommit: () => { this.#settle(transaction) } }
  }

  /** The peer refused a step for good, or did not take it in time. */
  handleFailed(callId: string, error: MeshError): void {
    this.#happen([callId], FAILURES[error.code] ?? 'refused', error.message)
  }

  /** Only a call that the peer never had ends by that; the others have their own time. */
  handleUnreachable(peerId: string, error: MeshError): void {
    this.#happen(this.#openWith(peerId).filter(row => row.inSeq === 0).map(row => row.id), 'unreachable', error.message)
  }

  handlePeerConnected(peerId: string): void {
    this.#timers.handlePeerConnected(peerId)
  }

  handlePeerDisconnected(peerId: string): void {
    this.#timers.handlePeerDisconnected(peerId)
  }

  /** Ends what is open with a peer; one that was blocked is told nothing. */
  endAllWith(peerId: string, event: 'hang-up' | 'blocked'): void {
    this.#happen(this.#openWith(peerId).map(row => row.id), event)
  }

  /** Also tries again what was due and could not be stored. */
  async keepHouse(): Promise<void> {
    for (const row of this.#store.open()) this.#timers.follow(row)
    await this.#init.commits.write(() => { this.#store.prune(this.#init.clock.now() - TRANSCRIPT_AGE_MS, MAX_TRANSCRIPTS) })
  }

  #openWith(peerId: string): CallRow[] {
    return this.open().filter(row => row.peerId === peerId)
  }

  /** The call that is on, else the newest, which may be over: what is asked of that one fails with how it ended. */
  #current(callId: string | undefined): CallRow {
    return chooseCall(this.#store, { callId, phases: ['active', 'calling', 'waiting', 'ringing', 'ended'], otherwise: 'there was no call' })
  }

  /** The call in which somebody here says something. */
  #spokenIn(callId: string | undefined, author: Audience = 'owner'): CallRow {
    const row = this.#current(callId)
    this.#init.checkAuthor(row.peerId, author)
    if (row.phase === 'active') this.#init.mailbox.outgoing.checkRoom(row.peerId)
    return row
  }

  /** What time or the network does to calls, each by itself. */
  #happen(callIds: string[], event: CallEvent, text = ''): void {
    for (const callId of callIds) {
      this.#run((transaction) => {
        const row = this.#store.get(callId)
        if (row !== undefined) transaction.take(row, event, { text })
      }).catch((error: unknown) => { this.#init.log.error(`The call ${callId} could not be moved on (${event}): ${toError(error).message}`) })
    }
  }

  #begin(): CallTransaction {
    const { mailbox, newId, dialWaitMs, messageTtlMs, clock } = this.#init
    return new CallTransaction({
      store: this.#store, outgoing: mailbox.outgoing, messages: mailbox.incoming.calls, autoAnswer: this.#autoAnswer, newId, dialWaitMs, messageTtlMs,
      now: clock.now
    })
  }

  async #run<T>(work: (transaction: CallTransaction) => T): Promise<T> {
    const transaction = this.#begin()
    const result = await this.#init.commits.write(() => work(transaction))
    this.#settle(transaction)
    return result
  }

  /** The transaction is on disk. */
  #settle({ changed, posted, announced, noted }: CallTransaction): void {
    const { mailbox, onOpen, onChange } = this.#init
    for (const row of changed.values()) {
      this.#timers.follow(row)
      onOpen(row.peerId, this.#openWith(row.peerId).length > 0)
    }
    for (const peerId of posted) mailbox.outgoing.dispatch(peerId)
    for (const row of noted) mailbox.incoming.calls.noteOwn(row)
    for (const row of announced) mailbox.incoming.calls.announce(row)
    for (const row of changed.values()) onChange(row)
  }
}
