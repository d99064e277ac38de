/** The end of a connection or stream: in order where the other side plays along, else cut. */
import type { Connection } from '@libp2p/interface'
import { toError } from './errors.ts'

/** Never rejects. @param timeoutMs how long the orderly end may take */
export async function closeOrAbort(target: Pick<Connection, 'close' | 'abort'>, timeoutMs: number): Promise<void> {
  try {
    await target.close({ signal: AbortSignal.timeout(timeoutMs) })
  } catch (error) {
    target.abort(toError(error))
  }
}
