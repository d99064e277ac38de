/** One STUN question over UDP, as any client asks it. */

import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { decodeStun, encodeStunRequest } from '../../src/nat/stun.ts'

export type StunAnswer = Extract<NonNullable<ReturnType<typeof decodeStun>>, { kind: 'response' }> & {
  /** Whether the server saw the port that was asked from. */
  isSeen: boolean
}

/** Asks from loopback, for the server's signature too. */
export async function askStun(host: string, port: number, { timeoutMs }: { timeoutMs: number }): Promise<StunAnswer> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1')
  try {
    await once(socket, 'listening')
    socket.send(encodeStunRequest({ transactionId: new Uint8Array(12).fill(9), wantsAttestation: true }), port, host)
    const [answer] = await once(socket, 'message', { signal: AbortSignal.timeout(timeoutMs) }) as [Buffer]
    const decoded = decodeStun(answer)
    if (decoded?.kind !== 'response') return assert.fail('no answer to the question')
    return { ...decoded, isSeen: decoded.mapped.port === socket.address().port }
  } finally {
    socket.close()
  }
}
