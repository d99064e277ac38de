/** Steps of calls that peers take: which are taken, and what the inbox shows of them. */
import { MAX_CALLS_PER_HOUR, MAX_CALL_STEPS, MAX_CALL_TOPIC_CHARACTERS, MAX_QUEUED_CALLS, RING_TIMEOUT_MS } from '../config/call-limits.ts'
import { MAX_TRACKED_PEERS, MIN_RETRY_MS } from '../config/limits.ts'
import { RateLimiter } from '../lib/rate-limiter.ts'
import { oneLine } from '../lib/text.ts'
import type { CallArrival, CallDraft, CallVerdict } from '../mailbox/call-verdict.ts'
import type { CallNote } from '../mesh-api.ts'
import type { WireCall } from '../protocols/wire-message.ts'
import { PEER_EVENTS } from './call-machine.ts'
import type { CallRow, CallStore } from './call-store.ts'
import { isOnLine, type CallTransaction } from './call-transaction.ts'

export interface CallArrivalsInit {
  store: CallStore
  now: () => number
}

type Refusal = Extract<CallVerdict, { refusal: unknown }>

/** A step that is taken, with what the inbox shows of it. */
export interface TakenStep {
  note?: CallDraft
}

export class CallArrivals {
  readonly #init: CallArrivalsInit
  readonly #limit: RateLimiter

  constructor(init: CallArrivalsInit) {
    this.#init = init
    this.#limit = new RateLimiter({ limit: MAX_CALLS_PER_HOUR, windowMs: 3_600_000, maxKeys: MAX_TRACKED_PEERS, now: init.now })
  }

  /** Call it in a transaction. */
  judge(arrival: CallArrival, transaction: CallTransaction): Refusal | TakenStep {
    const { call } = arrival.message
    if (call === undefined) return refuse('INVALID_ARGUMENT', 'a message of a call without its step')
    const row = this.#init.store.get(call.callId)
    if (row === undefined) return call.act === 'invite' ? this.#invite(arrival, call, transaction) : refuse('NO_ACTIVE_CALL', 'no such call here')
    if (row.peerId !== arrival.peerId) return refuse('INVALID_ARGUMENT', 'this call ID is in use')
    return this.#step(arrival, { row, call }, transaction)
  }

  #invite(arrival: CallArrival, call: WireCall, transaction: CallTransaction): Refusal | TakenStep {
    const { peerId, message, decision } = arrival
    if (decision.action !== 'accept') return refuse(decision.code, decision.text)
    const topic = oneLine(message.text.trim(), MAX_CALL_TOPIC_CHARACTERS)
    if (call.seq !== 1 || call.clock !== 1 || message.id !== call.callId || topic === '') return refuse('INVALID_ARGUMENT', 'a call begins with its topic')
    if (this.#limit.take(peerId) > 0) return refuse('CALL_BUSY', 'too many calls of this peer within the hour')
    const now = this.#init.now()
    return this.#admit({
      id: call.callId, peerId, role: 'callee', topic, phase: 'idle', speaker: 'agent', hops: message.hops, outSeq: 0, inSeq: 0, clock: 0,
      deadline: now + Math.min(message.ttlMs, RING_TIMEOUT_MS), startedAt: now, endedAt: null, endReason: null, endText: null
    }, call, transaction)
  }

  #admit(row: CallRow, call: WireCall, transaction: CallTransaction): Refusal | TakenStep {
    const open = this.#init.store.open()
    const ofPeer = open.find(other => other.peerId === row.peerId)
    const shown: Shown = { act: 'called', text: row.topic, isTurn: true }
    if (ofPeer?.phase === 'calling' || ofPeer?.phase === 'waiting') return this.#cross(row, { crossing: ofPeer, call }, transaction)
    if (!open.some(isOnLine)) {
      const rung = transaction.take(row, 'invited', { from: call })
      return taken(rung, rung.phase === 'active' ? { ...shown, act: 'accepted', text: `called, and was answered at once: ${row.topic}` } : shown)
    }
    if (ofPeer !== undefined || open.length > MAX_QUEUED_CALLS) return refuse('CALL_BUSY', 'too many calls wait here')
    return taken(transaction.take(row, 'invited-waits', { from: call }), { ...shown, isTurn: false })
  }

  /** Both called at once: the call that was made first goes on, and is answered by the other. */
  #cross(row: CallRow, { crossing, call }: { crossing: CallRow, call: WireCall }, transaction: CallTransaction): TakenStep {
    if (crossing.id < row.id) {
      transaction.take(row, 'invited-loses', { from: call })
      return {}
    }
    const won = transaction.take(row, 'invited-wins', { from: call, speaker: crossing.speaker })
    transaction.take(crossing, 'crossed')
    return taken(won, { act: 'accepted', text: `called at the same time: ${row.topic}`, isTurn: false })
  }

  #step({ message, decision }: CallArrival, { row, call }: { row: CallRow, call: WireCall }, transaction: CallTransaction): Refusal | TakenStep {
    if (decision.action !== 'accept' && decision.code === 'BLOCKED') return refuse(decision.code, decision.text)
    if (row.endReason === 'crossed') return refuse('NO_ACTIVE_CALL', 'another call went on instead of this one')
    if (call.seq <= row.inSeq) return {}
    if (call.seq > row.inSeq + 1) return { refusal: { code: 'QUEUE_FULL', text: 'an earlier step of this call is not here yet', retryAfterMs: MIN_RETRY_MS } }
    if (call.act === 'invite' || !isHonest(call, row)) return refuse('INVALID_ARGUMENT', 'no step of this call')
    if (call.act !== 'end' && call.seq + row.outSeq > MAX_CALL_STEPS + 1) return refuse('QUOTA_EXCEEDED', 'the call has as many steps as it can have')
    const { text } = message
    const note = noteOf(call.act, { before: row, after: transaction.take(row, PEER_EVENTS[call.act], { from: call, text }), text })
    return note === undefined ? {} : { note }
  }
}

/** No clock is further than all steps that its side took and can have seen. */
function isHonest({ seq, clock }: WireCall, { outSeq }: CallRow): boolean {
  return clock >= seq && clock <= seq + outSeq
}

/** What is shown of a step: what changed the call, and what was said in it. */
function noteOf(act: WireCall['act'], { before, after, text }: { before: CallRow, after: CallRow, text: string }): CallDraft | undefined {
  const isMoved = after.phase !== before.phase
  const isTurn = after.speaker === 'agent'
  if (isMoved && after.phase === 'ended') return draft(after, { act: 'ended', text: endText(after), isTurn: false })
  if (isMoved && after.phase === 'active') return draft(after, { act: 'accepted', text: 'accepted the call', isTurn })
  if (after.phase !== 'active' || text === '') return undefined
  if (act === 'say') return draft(after, { act: 'said', text, isTurn })
  return act === 'escalate' ? draft(after, { act: 'escalated', text, isTurn: false }) : undefined
}

function endText({ endReason, endText: text }: CallRow): string {
  return `ended the call (${endReason ?? 'hung-up'})${text === null ? '' : `: ${text}`}`
}

interface Shown {
  act: CallNote['act']
  text: string
  isTurn: boolean
}

function draft({ id, topic }: CallRow, { act, text, isTurn }: Shown): CallDraft {
  return { text, isTurn, call: { callId: id, topic, act } }
}

function taken(row: CallRow, facts: Shown): TakenStep {
  return { note: draft(row, facts) }
}

function refuse(code: Refusal['refusal']['code'], text: string): Refusal {
  return { refusal: { code, text } }
}
