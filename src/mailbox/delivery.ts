/** How far one of our messages got: states and what moves them, pure. */
import { MeshError, type ErrorCode } from '../lib/errors.ts'
import type { DeliveryState } from '../mesh-api.ts'
import type { WireAck } from '../protocols/wire-message.ts'

export type DeliveryEvent =
  /** Written to a stream. */
  | { kind: 'written' }
  /** The stream ended before an acknowledgement: it may or may not have arrived. */
  | { kind: 'stream-lost' }
  /** The recipient told a stage, in an acknowledgement or a receipt. */
  | { kind: 'stage', stage: 'received' | 'held' | 'delivered' | 'uncertain' }
  | { kind: 'refused' }
  | { kind: 'replied' }
  | { kind: 'expired' }

/** Stages of the recipient only ever move forward. */
const RANK: Readonly<Record<DeliveryState, number>> = {
  queued: 0, sent: 1, held: 2, received: 3, uncertain: 4, delivered: 5, replied: 6, failed: 7, expired: 7
}

/** Whether the message still waits in the outbox. */
export function isWaiting(state: DeliveryState): boolean {
  return state === 'queued' || state === 'sent'
}

/** The state after the event; the same state where the event changes nothing (late, repeated or out of order). */
export function nextState(state: DeliveryState, event: DeliveryEvent): DeliveryState {
  switch (event.kind) {
    case 'written':
      return state === 'queued' ? 'sent' : state
    case 'stream-lost':
      return state === 'sent' ? 'queued' : state
    case 'refused':
      return isWaiting(state) || state === 'held' ? 'failed' : state
    case 'expired':
      return isWaiting(state) ? 'expired' : state
    case 'stage':
      return state === 'expired' || RANK[event.stage] > RANK[state] ? event.stage : state
    case 'replied':
      return state === 'failed' ? state : 'replied'
  }
}

/** What an acknowledgement means; undefined for a temporary refusal, after which the message waits. */
export function eventOfAck(ack: WireAck): DeliveryEvent | undefined {
  if (ack.stage !== 'refused') return { kind: 'stage', stage: ack.stage }
  return ack.retryAfterMs === undefined ? { kind: 'refused' } : undefined
}

const REFUSAL_CODES = [
  'BLOCKED', 'NOT_APPROVED', 'NOT_ALLOWED', 'RATE_LIMITED', 'QUEUE_FULL', 'DISK_FULL', 'TOO_LARGE', 'INVALID_ARGUMENT', 'EXPIRED',
  'CALL_BUSY', 'NO_ACTIVE_CALL', 'QUOTA_EXCEEDED'
] as const satisfies readonly ErrorCode[]

/** The refusal in an acknowledgement as an error of ours; undefined when it is none. */
export function refusalOf(ack: WireAck): MeshError | undefined {
  if (ack.stage !== 'refused') return undefined
  const code = REFUSAL_CODES.find(known => known === ack.code) ?? 'INTERNAL'
  return new MeshError(code, `the recipient refused the message: ${ack.text ?? code}`, {
    ...reasonOf(code),
    ...ack.retryAfterMs !== undefined && { retryAfterMs: ack.retryAfterMs }
  })
}

/** The short word under the code of what ended or holds up a message of ours. */
const REASONS: Partial<Record<string, string>> = {
  BLOCKED: 'by-recipient', NOT_APPROVED: 'by-recipient', NOT_ALLOWED: 'by-recipient', INVALID_ARGUMENT: 'by-recipient',
  RATE_LIMITED: 'rate-limited', QUEUE_FULL: 'recipient-full', DISK_FULL: 'recipient-full', TOO_LARGE: 'text', EXPIRED: 'time-to-live'
}

/** That word, where there is one. */
export function reasonOf(code: string): { reason?: string } {
  const reason = REASONS[code]
  return reason === undefined ? {} : { reason }
}

/** The recipient has the message, but not all of its channels do; undefined where nothing failed. */
export function notForwarded({ deliveries }: WireAck): MeshError | undefined {
  const failed = deliveries?.filter(delivery => !delivery.ok) ?? []
  if (deliveries === undefined || failed.length === 0) return undefined
  const why = failed.map(({ channel, target, error }) => `${channel} ${target}: ${error ?? 'failed'}`).join('; ')
  return new MeshError('NOT_FORWARDED', `the recipient has the message, but ${failed.length} of its ${deliveries.length} channels did not confirm it (${why})`, { deliveries })
}
