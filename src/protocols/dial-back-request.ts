/** Asks a peer by AutoNAT v1 to dial one of our addresses, from a socket of its own. */
import type { Connection, PeerId } from '@libp2p/interface'
import { pbStream } from '@libp2p/utils'
import type { Multiaddr } from '@multiformats/multiaddr'
import { MAX_DIAL_ANSWER_BYTES } from '../config/nat-limits.ts'
import { toError } from '../lib/errors.ts'
import { AutoNATMessage } from './pb/autonat.ts'

const PROTOCOL = '/libp2p/autonat/1.0.0'
const DIAL = 0
const [OK, DIAL_ERROR] = [0, 100]

/** `unknown`: the peer did not try. */
export type DialBackResult = 'reached' | 'unreachable' | 'unknown'

export interface DialBackRequest {
  /** Ours. */
  peerId: PeerId
  /** Has the IP address that the other side sees us at. */
  address: Multiaddr
}

/** @throws when the peer does not know the protocol or gives no answer */
export async function requestDialBack(connection: Connection, own: DialBackRequest, options: { signal: AbortSignal }): Promise<DialBackResult> {
  const stream = await connection.newStream(PROTOCOL, options)
  try {
    const messages = pbStream(stream, { maxDataLength: MAX_DIAL_ANSWER_BYTES })
    const peer = { id: Uint8Array.from(own.peerId.toMultihash().bytes), addrs: [Uint8Array.from(own.address.bytes)] }
    await messages.write({ type: DIAL, dial: { peer } }, AutoNATMessage, options)
    const { dialResponse } = await messages.read(AutoNATMessage, options)
    await stream.close(options)
    if (dialResponse === undefined) return 'unknown'
    const status = dialResponse.status ?? OK // a zero is not written
    if (status === OK) return 'reached'
    return status === DIAL_ERROR ? 'unreachable' : 'unknown'
  } catch (error) {
    stream.abort(toError(error))
    throw error
  }
}
