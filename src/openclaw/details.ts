/** Results as programs get them: `{ ok: true, ... }` or `{ ok: false, error, ... }`, never an exception. */
import type { ErrorCode, MeshError } from '../lib/errors.ts'

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
    ...error.queued === undefined ? {} : { queued: error.queued }
  }
}

/** A failure for people and agents. */
export function failureText(error: MeshError): string {
  const { code, message, candidates, retryAfterMs, queued, messageId } = error
  return [
    `${code}: ${message}`,
    ...candidates === undefined ? [] : [`It could be: ${candidates.join(', ')}`],
    ...retryAfterMs === undefined ? [] : [`Try again in ${Math.ceil(retryAfterMs / 1000)} s.`],
    ...queued === true ? [`The message ${messageId ?? ''} stays queued and goes out later; do not send it again.`] : []
  ].join('\n')
}
