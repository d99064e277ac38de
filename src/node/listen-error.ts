/** Why a node cannot listen, for those who chose its addresses. */
import { MeshError, toError } from '../lib/errors.ts'

/**
 * One line for each address that cannot be listened on, in place of libp2p's advice to its programmers with stack traces, which is no
 * cause either: the host prints causes. `reason` is `port-taken` where others listen there and nothing else is wrong. Any other failure
 * stays what it is.
 */
export function listenError(thrown: unknown): Error {
  const error = toError(thrown)
  const failed = [...error.message.matchAll(/^ *(\/ip\S+): Error: (.+)$/gm)].map(([, address = '', why = '']) => ({ address, why }))
  if (failed.length === 0) return error
  const isTaken = failed.every(({ why }) => why.includes('EADDRINUSE'))
  const lines = failed.map(({ address, why }) => `${address}: ${why}`)
  return new MeshError('INTERNAL', `cannot listen on ${lines.join('; ')}`, isTaken ? { reason: 'port-taken' } : {})
}
