/** What the inbox asks about a step of a call, and what it is told. */
import type { ErrorCode } from '../lib/errors.ts'
import type { CallNote } from '../mesh-api.ts'
import type { WireMessage } from '../protocols/wire-message.ts'
import type { CallDecision } from '../trust/policy.ts'

/** Why something is not taken; with `retryAfterMs` only for now. */
export interface Refusal {
  code: ErrorCode
  text: string
  retryAfterMs?: number
}

/** A step of a call, and what its sender's standing allows. */
export interface CallArrival {
  peerId: string
  message: WireMessage
  decision: CallDecision
}

/** What comes of a step of a call. */
export type CallVerdict =
  | { refusal: Refusal }
  | { note?: CallDraft, afterCommit: () => void }

/** A call's message for the inbox. */
export interface CallDraft {
  text: string
  call: CallNote
  /** Whether it may start an agent turn. */
  isTurn: boolean
}
