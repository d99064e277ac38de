/** `/libp2p-mesh/file/1.0.0` as a libp2p service: opens streams for files that go out, and hands over those that come in. */
import type { ComponentLogger, Connection, Logger, PeerId, Startable, Stream } from '@libp2p/interface'
import type { ConnectionManager, Registrar } from '@libp2p/interface-internal'
import { FILE_STALL_MS, MAX_FILE_STREAMS } from '../config/file-limits.ts'
import { OPEN_STREAM_TIMEOUT_MS } from '../config/limits.ts'
import { bestOpen } from '../lib/connection-path.ts'
import { MeshError, toError } from '../lib/errors.ts'
import { FileChannel, type FileOffer } from './file-frames.ts'

export const FILE_PROTOCOL = '/libp2p-mesh/file/1.0.0'

/** How long an orderly end of a stream may take. */
const CLOSE_TIMEOUT_MS = 5_000

/** A stream on which a peer offers a file. */
export interface FileVisit {
  peerId: PeerId
  channel: FileChannel
  offer: FileOffer
  /** The node stops. */
  signal: AbortSignal
}

/** What the owner of the files does with what peers want. */
export interface FileHandler {
  /** Takes the file or refuses it, and ends the stream's business; what it throws aborts the stream. */
  handleOffer: (visit: FileVisit) => Promise<void>
  /** The peer does not send the file any more. */
  handleCancel: (peerId: PeerId, transferId: string) => Promise<void>
  /** The peer decided about a file of ours. */
  handleCall: (peerId: PeerId, transferId: string) => Promise<void>
}

export interface FileProtocolComponents {
  registrar: Pick<Registrar, 'handle' | 'unhandle'>
  connectionManager: Pick<ConnectionManager, 'getConnections'>
  logger: ComponentLogger
}

/** A stream of ours, and the connection that carries it. */
export interface OpenChannel {
  channel: FileChannel
  connection: Connection
}

export class FileProtocol implements Startable {
  readonly #components: FileProtocolComponents
  readonly #handler: FileHandler
  readonly #log: Logger
  #stopping = new AbortController()

  constructor(components: FileProtocolComponents, handler: FileHandler) {
    this.#components = components
    this.#handler = handler
    this.#log = components.logger.forComponent('libp2p-mesh:file')
  }

  async start(): Promise<void> {
    this.#stopping = new AbortController()
    await this.#components.registrar.handle(FILE_PROTOCOL, async (stream, connection) => { await this.#handleStream(stream, connection) }, {
      maxInboundStreams: MAX_FILE_STREAMS,
      maxOutboundStreams: MAX_FILE_STREAMS,
      runOnLimitedConnection: true
    })
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new MeshError('NOT_RUNNING', 'the mesh is stopping'))
    await this.#components.registrar.unhandle(FILE_PROTOCOL)
  }

  /**
   * Opens a stream over an existing connection to the peer, direct before relayed.
   *
   * @throws MeshError `UNREACHABLE`: `not-connected`, or `unsupported` where the peer takes no files
   */
  async open(peerId: PeerId): Promise<OpenChannel> {
    const connection = bestOpen(this.#components.connectionManager.getConnections(peerId))
    if (connection === undefined) throw new MeshError('UNREACHABLE', `no connection to ${peerId.toString()}`, { reason: 'not-connected' })
    try {
      const stream = await connection.newStream(FILE_PROTOCOL, {
        runOnLimitedConnection: true, maxOutboundStreams: MAX_FILE_STREAMS, signal: this.#within(OPEN_STREAM_TIMEOUT_MS)
      })
      return { channel: new FileChannel(stream), connection }
    } catch (error) {
      throw openError(peerId, toError(error))
    }
  }

  /** Tells the peer that a file of ours is cancelled, or that one of its own was decided about. */
  async tell(peerId: PeerId, kind: 'cancel' | 'call', transferId: string): Promise<void> {
    const { channel } = await this.open(peerId)
    const signal = this.#within(FILE_STALL_MS)
    try {
      channel.write({ kind, transferId })
      await channel.read(['done'], { signal })
      await channel.close({ signal })
    } catch (error) {
      channel.stream.abort(toError(error))
      throw error
    }
  }

  async #handleStream(stream: Stream, { remotePeer }: Connection): Promise<void> {
    try {
      const channel = new FileChannel(stream)
      const frame = await channel.read(['offer', 'cancel', 'call'], { signal: this.#within(FILE_STALL_MS) })
      if (frame.kind === 'offer') {
        await this.#handler.handleOffer({ peerId: remotePeer, channel, offer: frame.offer, signal: this.#stopping.signal })
      } else {
        await (frame.kind === 'cancel' ? this.#handler.handleCancel(remotePeer, frame.transferId) : this.#handler.handleCall(remotePeer, frame.transferId))
        channel.write({ kind: 'done' })
      }
      await channel.close({ signal: this.#within(CLOSE_TIMEOUT_MS) })
    } catch (error) {
      this.#log('stream with %p broke off - %e', remotePeer, error)
      stream.abort(toError(error))
    }
  }

  #within(ms: number): AbortSignal {
    return AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(ms)])
  }
}

function openError(peerId: PeerId, error: Error): MeshError {
  if (error.name === 'UnsupportedProtocolError') {
    return new MeshError('UNREACHABLE', `peer ${peerId.toString()} takes no files: it runs another version of libp2p-mesh`, { cause: error, reason: 'unsupported' })
  }
  return new MeshError('UNREACHABLE', `no stream to ${peerId.toString()} could be opened: ${error.message}`, { cause: error, reason: 'closed' })
}
