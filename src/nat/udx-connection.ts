/** A UDX stream as a raw libp2p connection that can move to another path while it is in use. */
import type { Logger } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { MOVE_TIMEOUT_MS, UDX_CLOSE_TIMEOUT_MS, UDX_KEEPALIVE_MS, UDX_READ_BUFFER_BYTES } from '../config/nat-limits.ts'
import { toError } from '../lib/errors.ts'
import { DuplexConnection } from './duplex-connection.ts'
import { isSameEndpoint, type Endpoint } from './endpoint.ts'
import type { UdpPort } from './udx-socket.ts'
import type { UdxStream } from './udx.ts'

/** Where a UDX stream leads: our port, the other side's address. */
export interface UdxPath {
  via: UdpPort
  remote: Endpoint
}

export interface UdxConnectionInit {
  /** Made, and not connected yet. */
  stream: UdxStream
  /** The other side's ID of the stream. */
  remoteStreamId: number
  path: UdxPath
  /** Ends in the peer ID, so that the upgrade fails for anybody else. */
  remoteAddr: Multiaddr
  direction: 'inbound' | 'outbound'
  log: Logger
  /** Gets the port that the connection does not use any more. */
  onPortFree: (port: UdpPort) => void
}

export class UdxConnection extends DuplexConnection {
  readonly #stream: UdxStream
  readonly #onPortFree: (port: UdpPort) => void
  readonly remoteStreamId: number
  #path: UdxPath
  #isMoving = false

  constructor(init: UdxConnectionInit) {
    const { via, remote } = init.path
    init.stream.connect(via.raw, init.remoteStreamId, remote.port, remote.host) // first: a write before it would throw later, out of reach
    super({
      duplex: init.stream, remoteAddr: init.remoteAddr, direction: init.direction, log: init.log,
      closeTimeoutMs: UDX_CLOSE_TIMEOUT_MS, maxReadBufferLength: UDX_READ_BUFFER_BYTES, metricPrefix: 'udx_'
    })
    this.#stream = init.stream
    this.#path = init.path
    this.#onPortFree = init.onPortFree
    this.remoteStreamId = init.remoteStreamId
    init.stream.setKeepalive(UDX_KEEPALIVE_MS)
    init.stream.on('close', () => { init.onPortFree(this.#path.via) })
  }

  get streamId(): number {
    return this.#stream.id
  }

  /** The path in use; `remoteAddr` keeps naming the first one. */
  get path(): UdxPath {
    return this.#path
  }

  /**
   * Goes on over another path; the other side has to do the same.
   *
   * @throws when a move is under way, when data is in flight to an address that the path does not lead to (libudx repeats
   * a packet towards the address it was first sent to, so such a stream never recovers), or when it was not acknowledged in time
   */
  async move(path: UdxPath): Promise<void> {
    if (this.#isMoving) throw new Error('the connection is being moved already')
    const { via: freed, remote: left } = this.#path
    this.#isMoving = true
    try {
      const arrival = this.#stream.changeRemote(path.via.raw, this.remoteStreamId, path.remote.port, path.remote.host)
      this.#path = path
      if (freed !== path.via) this.#onPortFree(freed)
      arrival?.catch((error: unknown) => { this.log('moving ended - %e', toError(error)) })
      if (arrival === null) return
      if (!isSameEndpoint(left, path.remote)) throw new Error('data is in flight to the address that was left')
      await within(arrival, MOVE_TIMEOUT_MS)
    } finally {
      this.#isMoving = false
    }
  }
}

async function within(work: Promise<void>, ms: number): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => { reject(new Error(`not done within ${String(ms)} ms`)) }, ms)
  try {
    await Promise.race([work, promise])
  } finally {
    clearTimeout(timer)
  }
}
