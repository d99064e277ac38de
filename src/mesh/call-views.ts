/** From stored calls to the plain data that callers see. */
import type { CallState, CallSummary, CallTranscript, OpenCall } from '../mesh-api.ts'
import type { CallPhase } from '../sessions/call-machine.ts'
import type { CallRow, EntryRow } from '../sessions/call-store.ts'
import { fileEntry } from './call-files.ts'
import type { UnnumberedEvent } from './views.ts'

const STATES: Readonly<Record<CallPhase, CallState>> = {
  idle: 'ringing', calling: 'ringing', waiting: 'ringing', ringing: 'ringing', queued: 'ringing', active: 'active', ended: 'ended'
}

const WAITING: ReadonlySet<CallPhase> = new Set(['waiting', 'queued'])

export function toCallSummary(row: CallRow, { alias, isEscalated }: { alias: string | undefined, isEscalated: boolean }): CallSummary {
  const { topic, speaker, startedAt, endedAt, endReason, endText } = row
  return {
    ...toOpenCall(row), topic, speaker, startedAt,
    ...alias !== undefined && { alias },
    ...endedAt !== null && { endedAt },
    ...endReason !== null && { endReason },
    ...endText !== null && { endText },
    ...isEscalated && { isEscalated }
  }
}

export function toOpenCall({ id, peerId, role, phase }: CallRow): OpenCall {
  return { callId: id, peerId, role, state: STATES[phase], ...WAITING.has(phase) && { waits: true } }
}

export function toCallEvent(row: CallRow): Extract<UnnumberedEvent, { type: 'call' }> {
  const { id, peerId, phase, inSeq, endReason } = row
  return {
    type: 'call', callId: id, peerId, state: STATES[phase], isConfirmed: inSeq > 0, waits: WAITING.has(phase), ...endReason !== null && { endReason }
  }
}

/** Who looks, and where files that came in are. */
export interface TranscriptReader {
  self: string
  pathOf: (transferId: string) => string | undefined
}

export function toTranscript(row: CallRow, entries: readonly EntryRow[], { self, pathOf }: TranscriptReader): CallTranscript {
  const { id, peerId, role, topic, startedAt, endedAt, endReason } = row
  return {
    callId: id, topic, startedAt,
    caller: role === 'caller' ? self : peerId,
    callee: role === 'caller' ? peerId : self,
    ...endedAt !== null && { endedAt },
    ...endReason !== null && { endReason },
    entries: entries.map(({ seq, isOwn, kind, text, at }) => ({
      seq, from: isOwn ? self : peerId, kind, at, ...kind === 'file' ? fileEntry(text, pathOf) : { text }
    }))
  }
}
