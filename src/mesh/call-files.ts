/** Files in the transcript of a call: what both sides note of one, alike. */
import Type from 'typebox'
import { Check } from 'typebox/value'
import { MAX_OFFERED_NAME_CHARACTERS } from '../config/file-limits.ts'
import { safeFileName } from '../files/file-name.ts'
import type { TransferRow } from '../files/transfer-store.ts'
import type { CallEntry } from '../mesh-api.ts'

const NOTED = Type.Object({
  transferId: Type.String({ pattern: '^[0-9a-f-]{36}$' }),
  name: Type.String({ maxLength: MAX_OFFERED_NAME_CHARACTERS }),
  bytes: Type.Integer({ minimum: 0 }),
  sha256: Type.String({ pattern: '^[0-9a-f]{64}$' })
})

/** The text of the step that tells of a file. */
export function callFileText({ id, name, bytes, sha256 }: TransferRow): string {
  return JSON.stringify({ transferId: id, name: safeFileName(name), bytes, sha256 })
}

/** An entry that tells of a file, as people read it; of one that came in with where it is. */
export function fileEntry(text: string, pathOf: (transferId: string) => string | undefined): Pick<CallEntry, 'text' | 'file'> {
  const noted = parse(text)
  if (!Check(NOTED, noted)) return { text }
  const name = safeFileName(noted.name)
  const path = pathOf(noted.transferId)
  return { text: `${name} (${String(noted.bytes)} bytes)`, file: { name, bytes: noted.bytes, sha256: noted.sha256, ...path !== undefined && { path } } }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // a peer wrote it
  }
}
