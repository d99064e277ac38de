/** A ping over one particular connection: the proof that its other end is alive, and how far away it is. */
import { randomBytes } from 'node:crypto'
import type { Connection } from '@libp2p/interface'
import { byteStream } from '@libp2p/utils'

const PING_PROTOCOL = '/ipfs/ping/1.0.0'
const PING_BYTES = 32

/**
 * @returns the round trip time in milliseconds
 * @throws the error of the stream, or an Error when something else than our bytes came back
 */
export async function pingConnection(connection: Connection, options: { signal: AbortSignal }): Promise<number> {
  const stream = await connection.newStream(PING_PROTOCOL, { ...options, runOnLimitedConnection: true })
  try {
    const sent = randomBytes(PING_BYTES)
    const bytes = byteStream(stream)
    const startedAt = performance.now()
    await bytes.write(sent, options)
    const received = await bytes.read({ ...options, bytes: PING_BYTES })
    const rttMs = performance.now() - startedAt
    if (Buffer.compare(sent, received.subarray()) !== 0) throw new Error('the peer answered the ping with other bytes')
    await bytes.unwrap().close(options)
    return rttMs
  } catch (error) {
    stream.abort(error instanceof Error ? error : new Error(String(error)))
    throw error
  }
}
