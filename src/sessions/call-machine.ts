/** What a call does at each event in each phase: one table, pure. */
import type { CallEndReason } from '../mesh-api.ts'
import type { CallAct } from '../protocols/wire-message.ts'

/** `calling` rings over there, `ringing` here; `waiting` waits there until another call is over, `queued` here. */
export type CallPhase = 'idle' | 'calling' | 'waiting' | 'ringing' | 'queued' | 'active' | 'ended'

/** What our side does. */
type OwnEvent = 'dial' | 'accept' | 'reject' | 'say' | 'escalate' | 'hang-up'

/** What the peer does. An invitation `waits` while another call is on; one that crosses ours `wins` (it is answered by that) or `loses`. */
type PeerEvent =
  | 'invited' | 'invited-waits' | 'invited-wins' | 'invited-loses'
  | 'rings' | 'waits' | 'accepted' | 'rejected' | 'said' | 'escalated' | 'peer-ended'

/** What happens to both; a peer that was blocked is told nothing. */
type WorldEvent =
  | 'crossed' | 'line-free' | 'ring-timeout' | 'idle-timeout' | 'away-timeout' | 'refused' | 'no-room' | 'unreachable' | 'blocked'

export type CallEvent = OwnEvent | PeerEvent | WorldEvent

export interface CallStep {
  to: CallPhase
  /** What the peer is told. */
  tell?: CallAct
  /** Of a step to `ended`; absent where the peer says why. */
  reason?: CallEndReason
}

/** `impossible`: whoever asks for it is told so; `nothing`: late, repeated or out of place, and changes nothing. */
export type CallOutcome = CallStep | 'impossible' | 'nothing'

const IMPOSSIBLE: Readonly<Record<OwnEvent, CallOutcome>> = {
  dial: 'impossible', accept: 'impossible', reject: 'impossible', say: 'impossible', escalate: 'impossible', 'hang-up': 'impossible'
}

const NOTHING: Readonly<Record<PeerEvent | WorldEvent, CallOutcome>> = {
  invited: 'nothing', 'invited-waits': 'nothing', 'invited-wins': 'nothing', 'invited-loses': 'nothing',
  rings: 'nothing', waits: 'nothing', accepted: 'nothing', rejected: 'nothing', said: 'nothing', escalated: 'nothing', 'peer-ended': 'nothing',
  crossed: 'nothing', 'line-free': 'nothing', 'ring-timeout': 'nothing', 'idle-timeout': 'nothing', 'away-timeout': 'nothing',
  refused: 'nothing', 'no-room': 'nothing', unreachable: 'nothing', blocked: 'nothing'
}

/** The peer has our invitation. */
const ASKED = {
  'hang-up': { to: 'ended', tell: 'end', reason: 'cancelled' },
  rings: { to: 'calling' },
  waits: { to: 'waiting' },
  accepted: { to: 'active' },
  rejected: { to: 'ended', reason: 'rejected' },
  'peer-ended': { to: 'ended' },
  crossed: { to: 'ended', reason: 'crossed' },
  refused: { to: 'ended', reason: 'refused' },
  'no-room': { to: 'ended', reason: 'busy' },
  unreachable: { to: 'ended', tell: 'end', reason: 'unreachable' },
  blocked: { to: 'ended', reason: 'cancelled' }
} as const satisfies Partial<Record<CallEvent, CallStep>>

/** We have the invitation of the peer. */
const INVITED = {
  reject: { to: 'ended', tell: 'reject', reason: 'rejected' },
  'hang-up': { to: 'ended', tell: 'reject', reason: 'rejected' },
  'peer-ended': { to: 'ended' },
  refused: { to: 'ended', reason: 'broken' },
  blocked: { to: 'ended', reason: 'refused' }
} as const satisfies Partial<Record<CallEvent, CallStep>>

const ended = (reason: CallEndReason): CallStep => ({ to: 'ended', reason })
const end = (reason: CallEndReason): CallStep => ({ to: 'ended', tell: 'end', reason })

/** Every phase answers every event; what a row does not name is impossible for us and nothing from outside. */
export const CALL_TABLE: Readonly<Record<CallPhase, Readonly<Record<CallEvent, CallOutcome>>>> = {
  idle: {
    ...IMPOSSIBLE, ...NOTHING,
    dial: { to: 'calling', tell: 'invite' },
    invited: { to: 'ringing', tell: 'ring' },
    'invited-waits': { to: 'queued', tell: 'busy' },
    'invited-wins': { to: 'active', tell: 'accept' },
    'invited-loses': ended('crossed')
  },
  calling: { ...IMPOSSIBLE, ...NOTHING, ...ASKED, 'ring-timeout': end('no-answer') },
  waiting: { ...IMPOSSIBLE, ...NOTHING, ...ASKED, 'ring-timeout': end('busy') },
  ringing: { ...IMPOSSIBLE, ...NOTHING, ...INVITED, accept: { to: 'active', tell: 'accept' }, 'ring-timeout': end('no-answer') },
  queued: { ...IMPOSSIBLE, ...NOTHING, ...INVITED, 'line-free': { to: 'ringing', tell: 'ring' }, 'ring-timeout': end('busy') },
  active: {
    ...IMPOSSIBLE, ...NOTHING,
    say: { to: 'active', tell: 'say' },
    escalate: { to: 'active', tell: 'escalate' },
    'hang-up': end('hung-up'),
    said: { to: 'active' },
    escalated: { to: 'active' },
    'peer-ended': { to: 'ended' },
    'idle-timeout': end('idle'),
    'away-timeout': end('peer-away'),
    refused: ended('broken'),
    blocked: ended('hung-up')
  },
  ended: { ...IMPOSSIBLE, ...NOTHING }
}

/** The event that a step of the peer is, where it does not depend on anything else. */
export const PEER_EVENTS: Readonly<Record<Exclude<CallAct, 'invite'>, CallEvent>> = {
  ring: 'rings', busy: 'waits', accept: 'accepted', reject: 'rejected', say: 'said', escalate: 'escalated', end: 'peer-ended'
}
