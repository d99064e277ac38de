/** Proves that a connection carries bytes both ways: an echo of the punch protocol over the connection itself. */
import type { Connection } from '@libp2p/interface'
import { MAX_PUNCH_STREAMS, PATH_CHECK_TIMEOUT_MS } from '../config/nat-limits.ts'
import { toError } from '../lib/errors.ts'
import { PUNCH_PROTOCOL, PunchSignalError, SignalChannel } from '../protocols/punch-signal.ts'

export interface PathCheckOptions {
  signal: AbortSignal
  /** 16 bytes that the peer cannot guess. */
  challenge: Uint8Array
  /** @default PATH_CHECK_TIMEOUT_MS */
  timeoutMs?: number
}

/**
 * libp2p's ping is not used: it allows one stream, and a second one on the connection (the connection monitor's) aborts it.
 *
 * @throws when the echo did not come back in time
 */
export async function checkPath(connection: Connection, { signal, challenge, timeoutMs }: PathCheckOptions): Promise<void> {
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs ?? PATH_CHECK_TIMEOUT_MS)])
  const stream = await connection.newStream(PUNCH_PROTOCOL, { signal: deadline, runOnLimitedConnection: true, maxOutboundStreams: MAX_PUNCH_STREAMS })
  const channel = new SignalChannel(stream)
  try {
    await channel.write({ kind: 'echo', bytes: challenge }, { signal: deadline })
    const answer = await channel.read({ signal: deadline })
    if (answer.kind !== 'echo' || Buffer.compare(answer.bytes, challenge) !== 0) throw new PunchSignalError('the echo differs')
    await channel.close({ signal: deadline })
  } catch (error) {
    channel.abort(toError(error))
    throw error
  }
}
