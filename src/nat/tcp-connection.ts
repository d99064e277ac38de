/** A TCP socket that both sides opened at once, as a raw libp2p connection. */
import type { Socket } from 'node:net'
import type { Logger } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { TCP_CLOSE_TIMEOUT_MS } from '../config/nat-limits.ts'
import { DuplexConnection } from './duplex-connection.ts'

export interface TcpConnectionInit {
  socket: Socket
  /** Ends in the peer ID, so that the upgrade fails for anybody else. */
  remoteAddr: Multiaddr
  direction: 'inbound' | 'outbound'
  log: Logger
}

/** Unlike UDX, TCP can hold the sender back. */
export class TcpConnection extends DuplexConnection {
  readonly #socket: Socket

  constructor({ socket, ...init }: TcpConnectionInit) {
    super({ ...init, duplex: socket, closeTimeoutMs: TCP_CLOSE_TIMEOUT_MS, metricPrefix: 'tcp_punch_' })
    this.#socket = socket
  }

  override sendPause(): void {
    this.#socket.pause()
  }

  override sendResume(): void {
    this.#socket.resume()
  }
}
