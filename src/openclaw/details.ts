/** Results as programs get them: `{ ok: true, ... }` or `{ ok: false, error, ... }`, never an exception. */
import { errorLine, type ErrorCode, type MeshError } from '../lib/errors.ts'
import type { TargetDelivery } from '../mesh-api.ts'
import { deliveryLines } from './render.ts'

/** The facts of a success; their names are the public interface. */
export interface SuccessDetails {
  ok: true
  [fact: string]: unknown
}

/** The facts of a failure. */
export interface FailureDetails {
  ok: false
  error: { code: ErrorCode, message: string, retryAfterMs?: number, cause?: string, candidates?: string[] }
  messageId?: string
  state?: string
  queued?: boolean
  deliveries?: readonly TargetDelivery[]
}

export type Details = SuccessDetails | FailureDetails

/** A failure for programs. */
export function failureDetails(error: MeshError): FailureDetails {
  return {
    ok: false,
    error: {
      code: error.code,
      message: error.message,
      ...error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs },
      ...error.reason === undefined ? {} : { cause: error.reason },
      ...error.candidates === undefined ? {} : { candidates: error.candidates }
    },
    ...error.messageId === undefined ? {} : { messageId: error.messageId },
    ...error.state === undefined ? {} : { state: error.state },
    ...error.queued === undefined ? {} : { queued: error.queued },
    ...error.deliveries === undefined ? {} : { deliveries: error.deliveries }
  }
}

/** A failure for people and agents: what went wrong, what is known, and whether to try again. */
export function failureText(error: MeshError): string {
  const { candidates, deliveries } = error
  return [
    errorLine(error),
    ...candidates === undefined ? [] : [`It could be: ${candidates.join(', ')}`],
    ...deliveries === undefined ? [] : deliveryLines(deliveries),
    ...adviceLines(error)
  ].join('\n')
}

/** States of a message that the recipient has. */
const ARRIVED: ReadonlySet<string> = new Set(['held', 'received', 'uncertain', 'delivered', 'replied'])

function adviceLines({ messageId = '', state = '', queued, retryAfterMs }: MeshError): string[] {
  const wait = retryAfterMs === undefined ? undefined : `${Math.ceil(retryAfterMs / 1000)} s`
  if (queued === true) return [`The message ${messageId} stays queued and goes out by itself${wait === undefined ? '' : ` in ${wait}`}: do not send it again.`]
  if (ARRIVED.has(state)) return [`The recipient has the message ${messageId} (${state}): do not send it again.`]
  return wait === undefined ? [] : [`Try again in ${wait}.`]
}
