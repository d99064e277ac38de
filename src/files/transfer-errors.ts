/** Errors of transfers that either side, or both, give the same words. */
import { MeshError } from '../lib/errors.ts'

/** Why a transfer does not move now; it goes on by itself. */
export function brokenOff(error: Error): MeshError {
  return error instanceof MeshError ? error : new MeshError('UNREACHABLE', `the transfer broke off: ${error.message}`, { cause: error, reason: 'broke-off' })
}

/** What the recipient says to a file that its owner refused. */
export function rejectedError(): MeshError {
  return new MeshError('NOT_ALLOWED', 'its owner wants none of it', { reason: 'rejected' })
}
