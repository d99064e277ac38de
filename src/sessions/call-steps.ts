/** One step of a call, in one transaction: its new phase, its line in the transcript, and the message that tells the peer. */
import { CALL_IDLE_MS, MAX_CALL_STEPS } from '../config/call-limits.ts'
import { MAX_TEXT_BYTES } from '../config/limits.ts'
import { MeshError, type ErrorCode } from '../lib/errors.ts'
import { oneLine, utf8Bytes } from '../lib/text.ts'
import type { OutboxDraft } from '../mailbox/outbox-store.ts'
import type { CallEndReason, CallEntry } from '../mesh-api.ts'
import type { CallAct, WireCall } from '../protocols/wire-message.ts'
import { CALL_TABLE, type CallEvent, type CallStep } from './call-machine.ts'
import type { CallRow, CallStore } from './call-store.ts'

export interface CallStepsInit {
  store: CallStore
  /** Stores a message of ours in the running transaction. */
  post: (draft: OutboxDraft) => void
  newId: () => string
  messageTtlMs: number
  now: () => number
}

/** What goes with an event. */
export interface StepFacts {
  text?: string
  /** The peer's step, where the event is one. */
  from?: WireCall
  /** Who speaks here from now on. */
  speaker?: CallRow['speaker']
  /** Of what we say: see {@link hopsIn}. */
  hops?: number
}

const REASONS: ReadonlySet<string> = new Set<CallEndReason>([
  'hung-up', 'cancelled', 'rejected', 'no-answer', 'busy', 'refused', 'unreachable', 'crossed', 'peer-away', 'idle', 'broken'
])
const MAX_REASON_CHARACTERS = 300

const KINDS: Partial<Record<CallAct, CallEntry['kind']>> = { say: 'message', escalate: 'escalation', file: 'file' }

export class CallSteps {
  readonly #init: CallStepsInit

  constructor(init: CallStepsInit) {
    this.#init = init
  }

  /**
   * Takes a call through an event; call it in a transaction.
   *
   * @throws MeshError when our side cannot do that in this phase
   */
  take(row: CallRow, event: CallEvent, facts: StepFacts = {}): CallRow {
    const outcome = CALL_TABLE[row.phase][event]
    if (outcome === 'impossible') throw whyImpossible(row, event)
    let after = facts.from === undefined ? row : this.#noteTheirs(row, facts.from, facts.text ?? '')
    if (outcome !== 'nothing') after = this.#move(after, outcome, facts)
    this.#init.store.save(after)
    if (outcome !== 'nothing' && outcome.tell !== undefined) after = this.#tell(after, outcome.tell, facts.from === undefined ? facts : {})
    return after
  }

  #move(row: CallRow, { to, reason }: CallStep, { text, from, speaker = row.speaker }: StepFacts): CallRow {
    const now = this.#init.now()
    if (to !== 'ended') return { ...row, phase: to, speaker, ...to === 'active' && { deadline: now + CALL_IDLE_MS } }
    const endText = text === undefined || text === '' ? null : oneLine(text, MAX_REASON_CHARACTERS)
    return { ...row, phase: to, endedAt: now, endReason: reason ?? reasonOf(from), endText }
  }

  #noteTheirs(row: CallRow, { act, seq, clock, reason }: WireCall, text: string): CallRow {
    this.#init.store.save(row) // the entry refers to it
    this.#init.store.addEntry({
      callId: row.id, isOwn: false, seq, clock, at: this.#init.now(), kind: KINDS[act] ?? 'event', text: entryText(row, { act, text, reason })
    })
    return { ...row, inSeq: seq, clock: Math.max(row.clock, clock) }
  }

  #tell(row: CallRow, act: CallAct, { text: words = '', hops = 0 }: StepFacts): CallRow {
    const text = act === 'reject' || KINDS[act] !== undefined ? words : '' // why the network failed is ours to know
    const { store, post, now, newId, messageTtlMs } = this.#init
    if (KINDS[act] !== undefined && row.outSeq + row.inSeq >= MAX_CALL_STEPS) {
      throw new MeshError('QUOTA_EXCEEDED', `the call has ${String(MAX_CALL_STEPS)} steps, which is all it can have; end it and call again`)
    }
    const after = { ...row, outSeq: row.outSeq + 1, clock: row.clock + 1 }
    const reason = act === 'end' ? row.endReason ?? undefined : undefined
    store.save(after)
    store.addEntry({
      callId: row.id, isOwn: true, seq: after.outSeq, clock: after.clock, at: now(), kind: KINDS[act] ?? 'event', text: entryText(row, { act, text, reason })
    })
    post({
      id: act === 'invite' ? row.id : newId(), peerId: row.peerId, kind: 'call', hops: hopsIn(row, hops), text: act === 'invite' ? row.topic : text,
      expiresAt: act === 'invite' ? row.deadline : now() + messageTtlMs,
      call: { callId: row.id, act, seq: after.outSeq, clock: after.clock, ...reason !== undefined && { reason } }
    })
    return after
  }
}

/**
 * How many agents something said in a call passed through: no more than the call itself, however long that goes on, unless it comes from
 * a conversation that is deeper than the turns of the call.
 */
export function hopsIn({ hops }: Pick<CallRow, 'hops'>, hopsOfWords: number): number {
  return hopsOfWords > hops + 1 ? hopsOfWords : hops
}

/** A transcript's line, alike on both sides. */
function entryText({ topic }: CallRow, { act, text, reason }: { act: CallAct, text: string, reason: string | undefined }): string {
  const more = text === '' ? '' : `: ${oneLine(text, MAX_REASON_CHARACTERS)}`
  switch (act) {
    case 'say':
    case 'escalate':
    case 'file':
      return text
    case 'invite':
      return `called: ${topic}`
    case 'ring':
      return 'rings'
    case 'busy':
      return 'is in another call; this one waits'
    case 'accept':
      return 'accepted'
    case 'reject':
      return `rejected${more}`
    case 'end':
      return `ended (${reasonOf({ reason })})${more}`
  }
}

/** What a peer gives as reason, where it is one. */
function reasonOf(step: { reason?: string | undefined } | undefined): CallEndReason {
  const reason = step?.reason
  return reason !== undefined && REASONS.has(reason) ? reason as CallEndReason : 'hung-up'
}

const CODES: Partial<Record<CallEndReason, ErrorCode>> = {
  rejected: 'CALL_REJECTED', 'no-answer': 'NO_ANSWER', busy: 'CALL_BUSY', refused: 'NOT_APPROVED', unreachable: 'UNREACHABLE'
}

/** The failure that a call which ended like this means for whoever still wants something of it. */
export function endError({ peerId, endReason, endText }: CallRow): MeshError {
  const why = endText === null ? '' : `: ${endText}`
  return new MeshError((endReason === null ? undefined : CODES[endReason]) ?? 'NO_ACTIVE_CALL', `the call with ${peerId} is over (${endReason ?? 'ended'})${why}`)
}

/** What a refusal means for a call, where it is not that the peer takes none. */
export const FAILURES: Partial<Record<ErrorCode, CallEvent>> = { CALL_BUSY: 'no-room', EXPIRED: 'ring-timeout' }

/** The failure of a call that another one of this node is in the way of. */
export function busyError({ peerId, phase }: CallRow): MeshError {
  return new MeshError('CALL_BUSY', phase === 'ringing' ? `${peerId} is calling: answer it first` : `this node is in a call with ${peerId}: end it first`)
}

/** @throws MeshError `INVALID_ARGUMENT`, `TOO_LARGE` for what nobody can say in a call */
export function checkText(text: string): void {
  if (text.trim() === '') throw new MeshError('INVALID_ARGUMENT', 'the text is empty')
  if (utf8Bytes(text) > MAX_TEXT_BYTES) throw new MeshError('TOO_LARGE', `the text has ${String(utf8Bytes(text))} bytes, at most ${String(MAX_TEXT_BYTES)} fit`)
}

function whyImpossible(row: CallRow, event: CallEvent): MeshError {
  if (row.phase === 'ended') return endError(row)
  if (row.phase === 'queued') return new MeshError('CALL_BUSY', `the call of ${row.peerId} waits until the call that is on ends`)
  const what = row.phase === 'active' ? 'was answered already' : 'was not answered yet'
  return new MeshError(event === 'accept' || event === 'reject' ? 'INVALID_ARGUMENT' : 'NO_ACTIVE_CALL', `the call with ${row.peerId} ${what}`)
}
