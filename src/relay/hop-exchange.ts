/** The messages of circuit relay v2 as the relay exchanges them with the peer that asks and the peer that is dialled. */
import { once } from 'node:events'
import type { Connection, Stream } from '@libp2p/interface'
import { pbStream, type ProtobufStream } from '@libp2p/utils'
import { MAX_CIRCUITS_PER_PEER, MAX_HOP_BYTES } from '../config/relay-limits.ts'
import { toError } from '../lib/errors.ts'
import { HopMessage, StopMessage, type Reservation } from '../protocols/pb/circuit.ts'

export const HOP_PROTOCOL = '/libp2p/circuit/relay/0.2.0/hop'
const STOP_PROTOCOL = '/libp2p/circuit/relay/0.2.0/stop'

/** Status codes of the specification, those that a relay answers with. */
export const STATUS = {
  OK: 100,
  RESERVATION_REFUSED: 200,
  RESOURCE_LIMIT_EXCEEDED: 201,
  PERMISSION_DENIED: 202,
  CONNECTION_FAILED: 203,
  NO_RESERVATION: 204,
  MALFORMED_MESSAGE: 400,
  UNEXPECTED_MESSAGE: 401
} as const

export type Status = keyof typeof STATUS

/** What a peer asks of a relay; `peer` is the multihash of the peer to dial. */
export type HopRequest = { kind: 'reserve' } | { kind: 'connect', peer: Uint8Array } | { kind: 'refused', status: Status }

const HOP_TYPE = { RESERVE: 0, CONNECT: 1, STATUS: 2 } as const
const STOP_TYPE = { CONNECT: 0, STATUS: 1 } as const

export interface Deadline {
  signal: AbortSignal
}

/** The stream of a peer that asks. */
export class HopExchange {
  readonly #stream: ProtobufStream<Stream>

  constructor(stream: Stream) {
    this.#stream = pbStream(stream, { maxDataLength: MAX_HOP_BYTES })
  }

  /** @throws when no whole message comes in time, or one that is longer than a request ever is */
  async read(deadline: Deadline): Promise<HopRequest> {
    const { type, peer } = await this.#stream.read(HopMessage, deadline)
    if (type === HOP_TYPE.RESERVE) return { kind: 'reserve' }
    if (type !== HOP_TYPE.CONNECT) return { kind: 'refused', status: type === undefined ? 'MALFORMED_MESSAGE' : 'UNEXPECTED_MESSAGE' }
    return peer === undefined ? { kind: 'refused', status: 'MALFORMED_MESSAGE' } : { kind: 'connect', peer: peer.id }
  }

  async answer(status: Status, deadline: Deadline, reservation?: Reservation): Promise<void> {
    await this.#stream.write({ type: HOP_TYPE.STATUS, status: STATUS[status], ...reservation !== undefined && { reservation } }, HopMessage, deadline)
  }

  /** @throws when the peer does not end its side in time; the stream is there until it is aborted then */
  async close(deadline: Deadline): Promise<void> {
    const stream = this.unwrap()
    await stream.close(deadline)
    if (stream.status === 'open' || stream.status === 'closing') await once(stream, 'close', deadline)
  }

  /** The stream for the bytes of the circuit; no message is exchanged on it after this. */
  unwrap(): Stream {
    return this.#stream.unwrap()
  }
}

/**
 * Asks a peer to take a circuit from `source`, a multihash.
 *
 * @returns the stream for the bytes of the circuit; undefined when the peer refuses
 */
export async function stopExchange(connection: Connection, source: Uint8Array<ArrayBuffer>, deadline: Deadline): Promise<Stream | undefined> {
  const stream = await connection.newStream(STOP_PROTOCOL, { maxOutboundStreams: MAX_CIRCUITS_PER_PEER, ...deadline })
  try {
    const messages = pbStream(stream, { maxDataLength: MAX_HOP_BYTES })
    await messages.write({ type: STOP_TYPE.CONNECT, peer: { id: source } }, StopMessage, deadline)
    const { type, status } = await messages.read(StopMessage, deadline)
    if (type === STOP_TYPE.STATUS && status === STATUS.OK) return messages.unwrap()
    await stream.close(deadline)
    return undefined
  } catch (error) {
    stream.abort(toError(error))
    throw error
  }
}
