/** The one error class of the mesh: what failed, for whom and what can be done, with a stable code. */

/** Stable codes that tools, commands and RPC hand out (the list is part of the public interface). */
export type ErrorCode =
  | 'NOT_RUNNING' | 'INVALID_ARGUMENT' | 'UNKNOWN_RECIPIENT' | 'AMBIGUOUS_RECIPIENT' | 'UNREACHABLE' | 'ACK_TIMEOUT'
  | 'NOT_FORWARDED' | 'HELD_FOR_APPROVAL' | 'NOT_APPROVED' | 'BLOCKED' | 'RATE_LIMITED' | 'TOO_LARGE' | 'QUEUE_FULL'
  | 'DISK_FULL' | 'QUOTA_EXCEEDED' | 'HASH_MISMATCH' | 'EXPIRED' | 'PIN_MISMATCH' | 'INVALID_TICKET' | 'CALL_BUSY'
  | 'NO_ANSWER' | 'CALL_REJECTED' | 'NO_ACTIVE_CALL' | 'NOT_ALLOWED' | 'NOT_FOUND' | 'INTERNAL'

/** Extra facts of a failure; `reason` is the short word under the code (`refused`, `timeout`, `wrong-key` ...). */
export interface MeshErrorInit {
  cause?: unknown
  reason?: string
  /** True time until a retry can succeed. */
  retryAfterMs?: number
  /** Recipients that an ambiguous name could mean. */
  candidates?: string[]
  messageId?: string
  state?: string
  /** Whether the message stays in the outbox and goes out later. */
  queued?: boolean
  /** What became of a message at each of the recipient's channels. */
  deliveries?: ReadonlyArray<{ channel: string, target: string, ok: boolean, error?: string }>
}

/** The host loads this plugin several times in one process, and the mesh of one copy fails for a tool of another. */
const EVERY_COPY = Symbol.for('libp2p-mesh.error')

/**
 * A failure with a code of the public interface; `instanceof` knows those of every copy of this module.
 *
 * @example
 * throw new MeshError('UNKNOWN_RECIPIENT', 'nobody announced "office"; see `openclaw p2p peers`')
 */
export class MeshError extends Error {
  override readonly name = 'MeshError'
  readonly [EVERY_COPY] = true
  readonly code: ErrorCode
  readonly reason: string | undefined
  readonly retryAfterMs: number | undefined
  readonly candidates: string[] | undefined
  readonly messageId: string | undefined
  readonly state: string | undefined
  readonly queued: boolean | undefined
  readonly deliveries: MeshErrorInit['deliveries'] | undefined

  constructor(code: ErrorCode, message: string, init: MeshErrorInit = {}) {
    super(message, init.cause === undefined ? undefined : { cause: init.cause })
    this.code = code
    this.reason = init.reason
    this.retryAfterMs = init.retryAfterMs
    this.candidates = init.candidates
    this.messageId = init.messageId
    this.state = init.state
    this.queued = init.queued
    this.deliveries = init.deliveries
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof Error && EVERY_COPY in value
  }
}

/** Whatever was thrown, as an Error. */
export function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown))
}

/** Whatever was thrown, as a MeshError; unexpected errors become `INTERNAL` and keep their cause. */
export function toMeshError(thrown: unknown): MeshError {
  if (thrown instanceof MeshError) return thrown
  const error = toError(thrown)
  return new MeshError('INTERNAL', error.message, { cause: error })
}

/** A failure on one line, as logs and people read it: `UNREACHABLE (refused): ...`. */
export function errorLine({ code, reason, message }: { code: string, reason: string | undefined, message: string }): string {
  return `${code}${reason === undefined ? '' : ` (${reason})`}: ${message}`
}

/** The system error code (`ECONNREFUSED`, `ENOENT` ...) of an error, where it has one. */
export function systemCode(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error) || !('code' in thrown)) return undefined
  return typeof thrown.code === 'string' ? thrown.code : undefined
}
