/** Runs an operation against the mesh that is live now; a process without one answers `NOT_RUNNING` like any other failure. */
import { toMeshError } from '../lib/errors.ts'
import { failureDetails, failureText } from './details.ts'
import { requireMesh, type LiveMesh } from './live-mesh.ts'
import type { Audience } from '../mesh-api.ts'
import type { Operation, Outcome } from './operations/definition.ts'

/** Who calls, and from which agent session. */
export interface Caller {
  audience: Audience
  sessionKey?: string | undefined
  /** Folders whose files it may send; of an agent. */
  fileRoots?: readonly string[]
}

/** The outcome of the operation; never throws. */
export async function runOperation(operation: Operation, params: unknown, caller: Caller): Promise<Outcome> {
  let live: LiveMesh
  try {
    live = requireMesh()
  } catch (thrown) {
    const error = toMeshError(thrown)
    return { details: failureDetails(error), text: failureText(error) }
  }
  const { mesh, host, turns } = live
  const { sessionKey, ...rest } = caller
  return operation.run({ mesh, host, ...rest, hops: turns.hopsOf(sessionKey) }, params)
}
