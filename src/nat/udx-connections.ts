/** All UDX connections of a node: their stream IDs, and which one leads to which peer. */
import type { ComponentLogger, PeerId } from '@libp2p/interface'
import { MAX_UDX_CONNECTIONS } from '../config/nat-limits.ts'
import { toError } from '../lib/errors.ts'
import { endpointMultiaddr } from './endpoint.ts'
import { UdxConnection, type UdxPath } from './udx-connection.ts'
import type { UdpPort } from './udx-socket.ts'
import type { Udx } from './udx.ts'

export interface UdxConnectionsInit {
  udx: Udx
  /** Whether a port is the node's own, which outlives its connections. */
  isMainPort: (port: UdpPort) => boolean
  /** Integers from 1 to 2^32 - 1, not to be guessed: an off-path attacker who knows the ID can end the stream. */
  randomId: () => number
  logger: ComponentLogger
}

export interface AttachInit {
  peerId: PeerId
  /** From `reserveId`. */
  streamId: number
  remoteStreamId: number
  path: UdxPath
  direction: 'inbound' | 'outbound'
}

export class UdxConnections {
  readonly #init: UdxConnectionsInit
  /** IDs in use: one that is used twice would silently take the other's packets. */
  readonly #ids = new Set<number>()
  readonly #connections = new Map<UdxConnection, string>()

  constructor(init: UdxConnectionsInit) {
    this.#init = init
  }

  get size(): number {
    return this.#connections.size
  }

  /** A stream ID of ours, or undefined when there are too many connections; release it unless it is attached. */
  reserveId(): number | undefined {
    if (this.#ids.size >= MAX_UDX_CONNECTIONS) return undefined
    let id = this.#init.randomId()
    while (this.#ids.has(id)) id = this.#init.randomId()
    this.#ids.add(id)
    return id
  }

  releaseId(id: number): void {
    if (![...this.#connections.keys()].some(connection => connection.streamId === id)) this.#ids.delete(id)
  }

  attach({ peerId, streamId, remoteStreamId, path, direction }: AttachInit): UdxConnection {
    const stream = this.#init.udx.createStream(streamId, { firewall: () => false })
    const connection = new UdxConnection({
      stream, remoteStreamId, path, direction,
      remoteAddr: endpointMultiaddr(path.remote, 'udp').encapsulate(`/p2p/${peerId.toString()}`),
      log: this.#init.logger.forComponent('libp2p-mesh:udx'),
      onPortFree: (port) => { this.closePort(port) }
    })
    this.#connections.set(connection, peerId.toString())
    stream.on('close', () => {
      this.#connections.delete(connection)
      this.#ids.delete(streamId)
    })
    return connection
  }

  /** The newest live connection with a peer. */
  of(peerId: PeerId): UdxConnection | undefined {
    const key = peerId.toString()
    return [...this.#connections].findLast(([connection, owner]) => owner === key && connection.status === 'open')?.[0]
  }

  /** Ends all; resolves when their streams are gone. */
  async stop(): Promise<void> {
    const connections = [...this.#connections.keys()]
    for (const connection of connections) connection.abort(new Error('the node is stopping'))
    await Promise.all(connections.map(async (connection) => { await connection.closed }))
    this.#ids.clear()
  }

  /** Closes a port that no path uses, unless it is the node's own. */
  closePort(port: UdpPort): void {
    if (this.#init.isMainPort(port)) return
    port.close().catch((error: unknown) => { this.#init.logger.forComponent('libp2p-mesh:udx').error('a port did not close - %e', toError(error)) })
  }
}
