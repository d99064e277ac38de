/** Which call is meant: the one that is named, else the first that is in one of some phases. */
import { MeshError } from '../lib/errors.ts'
import { oneLine } from '../lib/text.ts'
import type { CallRow, CallStore } from './call-store.ts'

export interface Choice {
  callId: string | undefined
  /** The first of them in which there is a call counts; of those that ended only the newest can be meant. */
  phases: ReadonlyArray<CallRow['phase']>
  /** Said where there is none. */
  otherwise: string
}

/** @throws MeshError `NOT_FOUND` for a name that no call has, `NO_ACTIVE_CALL` where none was named and none can be meant */
export function chooseCall(store: Pick<CallStore, 'get' | 'open' | 'list'>, { callId, phases, otherwise }: Choice): CallRow {
  if (callId !== undefined) {
    const row = store.get(callId)
    if (row === undefined) throw new MeshError('NOT_FOUND', `no call has the ID ${oneLine(callId, 64)}`)
    return row
  }
  const candidates = [...store.open(), ...store.list(1)]
  const found = phases.map(phase => candidates.find(row => row.phase === phase)).find(row => row !== undefined)
  if (found === undefined) throw new MeshError('NO_ACTIVE_CALL', otherwise)
  return found
}
