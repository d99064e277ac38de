/** Calls as plain data: a conversation of two agents with a topic, a beginning and an end. Times are milliseconds since the epoch. */

/** `ringing` until it is answered, on both sides. */
export type CallState = 'ringing' | 'active' | 'ended'

/**
 * Why a call ended: a side hung up, or the caller did before the answer (`cancelled`); the callee `rejected` it, did not answer
 * (`no-answer`), was in another call all the time (`busy`), takes no calls of this peer (`refused`) or cannot be reached (`unreachable`);
 * both called at once and the other call goes on (`crossed`); the peer stayed away (`peer-away`); nobody said anything (`idle`); the
 * peer does not know the call any more (`broken`).
 */
export type CallEndReason =
  | 'hung-up' | 'cancelled' | 'rejected' | 'no-answer' | 'busy' | 'refused' | 'unreachable' | 'crossed' | 'peer-away' | 'idle' | 'broken'

/** Who speaks in a call here: the agent in turns, or the owner by commands. */
export type CallSpeaker = 'agent' | 'owner'

export interface CallSummary {
  callId: string
  peerId: string
  alias?: string
  role: 'caller' | 'callee'
  topic: string
  state: CallState
  /** While ringing: another call is in the way, and this one rings when that ends. */
  waits?: boolean
  speaker: CallSpeaker
  startedAt: number
  endedAt?: number
  endReason?: CallEndReason
  /** What the side that ended it said about that. */
  endText?: string
  /** A side fetched its owner. */
  isEscalated?: true
}

/** A call that is on or rings, without anybody's words. */
export type OpenCall = Pick<CallSummary, 'callId' | 'peerId' | 'role' | 'state' | 'waits'>

/** A line of a transcript. */
export interface CallEntry {
  /** Counts what its author did in this call from 1. */
  seq: number
  /** Peer ID. */
  from: string
  kind: 'message' | 'file' | 'escalation' | 'event'
  text: string
  at: number
  file?: { name: string, bytes: number, sha256: string, path?: string }
}

/** Both sides keep the same entries in the same order; times are those of the side that kept it. */
export interface CallTranscript {
  callId: string
  topic: string
  caller: string
  callee: string
  startedAt: number
  endedAt?: number
  endReason?: CallEndReason
  entries: CallEntry[]
}

/** What a message of a call means to whoever it is shown to. */
export interface CallNote {
  callId: string
  topic: string
  /** `called` and `accepted` await an answer like `said`; `asks` is our own agent's call for its owner, and `over` says that time ended the call here. */
  act: 'called' | 'accepted' | 'said' | 'escalated' | 'ended' | 'asks' | 'over'
}

export interface CallRequest {
  to: string
  topic: string
  speaker: CallSpeaker
  /** How many agents the conversation passed through to get here. */
  hops?: number
}

/** Which call: absent, the one that is meant. */
export interface CallChoice {
  callId?: string
}

export interface CallAnswer extends CallChoice {
  accept: boolean
  reason?: string
  speaker: CallSpeaker
}

export interface CallSpeech extends CallChoice {
  text: string
  /** Whose words they are; an agent may not write to peers that its owner keeps for himself. @default 'owner' */
  author?: CallSpeaker
  /** How many agents the conversation passed through that these words come from. */
  hops?: number
}
