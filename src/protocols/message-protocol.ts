/** `/libp2p-mesh/message/1.0.0` as a libp2p service: at most one stream in use for each connected peer, in both directions. */
import type { ComponentLogger, Connection, Logger, PeerId, Startable, Stream } from '@libp2p/interface'
import type { ConnectionManager, Registrar } from '@libp2p/interface-internal'
import { MAX_INBOUND_MESSAGE_STREAMS, MAX_OUTBOUND_MESSAGE_STREAMS, MAX_TRACKED_PEERS, OPEN_STREAM_TIMEOUT_MS, PENALTY_MS } from '../config/limits.ts'
import { BoundedMap } from '../lib/bounded-map.ts'
import type { Clock } from '../lib/clock.ts'
import { closeOrAbort } from '../lib/close-or-abort.ts'
import { MeshError, toError } from '../lib/errors.ts'
import { bestOpen, isRelayed } from '../lib/connection-path.ts'
import { MessageLink, type MessageHandler } from './message-link.ts'
import { isOffence, TooManyStreamsError } from './offences.ts'
import type { WireMessage } from './wire-message.ts'

export const MESSAGE_PROTOCOL = '/libp2p-mesh/message/1.0.0'

/** How long an orderly end of a stream may take. */
const CLOSE_TIMEOUT_MS = 1_000

export interface MessageProtocolComponents {
  registrar: Pick<Registrar, 'handle' | 'unhandle'>
  connectionManager: Pick<ConnectionManager, 'getConnections'>
  logger: ComponentLogger
}

export interface MessageProtocolInit {
  clock: Clock
  handler: MessageHandler
  /** Told in one line when a peer was cut off for breaking the protocol. */
  onOffence: (peerId: PeerId, error: Error) => void
}

/**
 * Carries messages between peers. Either side opens the stream when it has something to say; both use it.
 * Where two exist (both opened at once, or a better connection came up), the newest on a direct connection is written to
 * and all are read; those on relayed connections then end.
 */
export class MessageProtocol implements Startable {
  readonly #components: MessageProtocolComponents
  readonly #init: MessageProtocolInit
  readonly #log: Logger
  readonly #links = new Map<string, MessageLink[]>()
  readonly #opening = new Map<string, Promise<void>>()
  readonly #penalties: BoundedMap<string, number>
  readonly #handler: MessageHandler
  #stopping = new AbortController()

  constructor(components: MessageProtocolComponents, init: MessageProtocolInit) {
    this.#components = components
    this.#init = init
    this.#log = components.logger.forComponent('libp2p-mesh:message')
    this.#penalties = new BoundedMap(MAX_TRACKED_PEERS)
    this.#handler = {
      ...init.handler,
      handleAcks: (from, acks) => {
        for (const link of this.#linksTo(from)) link.settle(acks)
        init.handler.handleAcks(from, acks)
      }
    }
  }

  async start(): Promise<void> {
    this.#stopping = new AbortController()
    await this.#components.registrar.handle(MESSAGE_PROTOCOL, (stream, connection) => { this.#handleStream(stream, connection) }, {
      maxInboundStreams: MAX_INBOUND_MESSAGE_STREAMS + 1, // libp2p refuses without a word: the first one too many is for us to name
      maxOutboundStreams: MAX_OUTBOUND_MESSAGE_STREAMS,
      runOnLimitedConnection: true
    })
  }

  /** Closes the streams in order, so that acknowledgements already due still leave. */
  async beforeStop(): Promise<void> {
    const signal = AbortSignal.timeout(CLOSE_TIMEOUT_MS)
    const links = [...this.#links.values()].flat()
    await Promise.allSettled(links.map(async (link) => { await link.close({ signal }) }))
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new MeshError('NOT_RUNNING', 'the mesh is stopping'))
    await this.#components.registrar.unhandle(MESSAGE_PROTOCOL)
    for (const link of [...this.#links.values()].flat()) link.abort(new MeshError('NOT_RUNNING', 'the mesh is stopping'))
    this.#penalties.clear()
  }

  /** Whether a message could be written to the peer now. */
  isLinked(peerId: PeerId): boolean {
    return this.#bestLink(peerId) !== undefined
  }

  /** Writes to the peer's stream; false when there is none (see `link`). */
  send(peerId: PeerId, message: WireMessage): boolean {
    const link = this.#bestLink(peerId)
    link?.send(message)
    return link !== undefined
  }

  /** Tells the peer our signed instance record over each stream: two nodes that share a key both hear it. False when there is none. */
  announce(peerId: PeerId, record: Uint8Array): boolean {
    const open = this.#linksTo(peerId).filter(link => link.isOpen)
    for (const link of open) link.announce(record)
    return open.length > 0
  }

  /** Peers with a stream, each with the connection in use. */
  linkedPeers(): Array<{ peerId: PeerId, connection: Connection }> {
    return [...this.#links.values()].flatMap((links) => {
      const link = this.#bestOf(links)
      return link === undefined ? [] : [{ peerId: link.peerId, connection: link.connection }]
    })
  }

  /** Cuts the peer's streams, so that what they carried is sent again over new ones. */
  abortLinks(peerId: PeerId, error: Error): void {
    for (const link of this.#linksTo(peerId)) link.abort(error)
  }

  /**
   * Opens a stream over an existing connection to the peer unless there is one; direct before relayed.
   *
   * @throws MeshError `UNREACHABLE` without a connection or after an offence, or the error of the negotiation
   */
  async link(peerId: PeerId): Promise<void> {
    if (this.isLinked(peerId)) return
    if (this.#isPenalized(peerId)) {
      throw new MeshError('UNREACHABLE', `${peerId.toString()} broke the message protocol and is not served for a minute`, { reason: 'offence' })
    }
    const connection = bestOpen(this.#components.connectionManager.getConnections(peerId))
    if (connection === undefined) throw new MeshError('UNREACHABLE', `no connection to ${peerId.toString()}`, { reason: 'not-connected' })
    await this.#openOver(connection)
  }

  /**
   * A connection that we dialled is there: a stream makes both sides say over it who they are. Beside other direct connections it
   * gets one of its own, since it may lead to another node with the same key; whether one replaces relayed ones is for `follow`.
   *
   * @throws as `link` does
   */
  async greet(connection: Connection): Promise<void> {
    await this.link(connection.remotePeer)
    const direct = this.#linksTo(connection.remotePeer).filter(link => link.isOpen && !isRelayed(link.connection))
    if (!isRelayed(connection) && direct.length > 0 && !direct.some(link => link.connection.id === connection.id)) await this.#openOver(connection)
  }

  /** The connection that is written to. */
  inUse(peerId: PeerId): Connection | undefined {
    return this.#bestLink(peerId)?.connection
  }

  /** Ends the streams over this connection once nothing is under way on them; another one is in use. */
  retire(connection: Connection): void {
    this.#retire(this.#linksTo(connection.remotePeer).filter(link => link.connection.id === connection.id))
  }

  /**
   * A better connection to the peer has proved itself: whoever dialled it opens a stream over it, which takes over from those on
   * relayed connections; these end when nothing is under way on them. Does nothing where the peer has no stream.
   *
   * @throws the error of the negotiation; what there is stays in use then
   */
  async follow(connection: Connection): Promise<void> {
    const links = this.#linksTo(connection.remotePeer)
    const isDue = connection.direction === 'outbound' && links.length > 0 && !links.some(link => link.isOpen && link.connection.id === connection.id)
    if (isDue) await this.#openOver(connection)
  }

  async #openOver(connection: Connection): Promise<void> {
    const { id } = connection
    const opening = this.#opening.get(id) ?? this.#open(connection).finally(() => { this.#opening.delete(id) })
    this.#opening.set(id, opening)
    await opening
  }

  async #open(connection: Connection): Promise<void> {
    const stopping = this.#stopping.signal
    const stream = await connection.newStream(MESSAGE_PROTOCOL, {
      runOnLimitedConnection: true,
      maxOutboundStreams: MAX_OUTBOUND_MESSAGE_STREAMS,
      signal: AbortSignal.any([stopping, AbortSignal.timeout(OPEN_STREAM_TIMEOUT_MS)])
    })
    if (stopping.aborted) stream.abort(toError(stopping.reason)) // it was open just when we stopped
    stopping.throwIfAborted()
    this.#addLink(stream, connection)
  }

  #isPenalized(peerId: PeerId): boolean {
    return (this.#penalties.get(peerId.toString()) ?? 0) > this.#init.clock.now()
  }

  #handleStream(stream: Stream, connection: Connection): void {
    if (this.#isPenalized(connection.remotePeer)) {
      stream.abort(new MeshError('RATE_LIMITED', 'the peer broke the protocol a moment ago'))
      return
    }
    if (this.#linksTo(connection.remotePeer).filter(link => !link.isOurs && link.connection.id === connection.id).length >= MAX_INBOUND_MESSAGE_STREAMS) {
      const error = new TooManyStreamsError(`more than ${MAX_INBOUND_MESSAGE_STREAMS} message streams on one connection`)
      stream.abort(error)
      this.#penalize(connection.remotePeer, error)
      return
    }
    this.#addLink(stream, connection)
  }

  #penalize(peerId: PeerId, error: Error): void {
    this.#penalties.set(peerId.toString(), this.#init.clock.now() + PENALTY_MS)
    this.#init.onOffence(peerId, error)
  }

  #addLink(stream: Stream, connection: Connection): void {
    const link = new MessageLink({
      stream, connection, clock: this.#init.clock, handler: this.#handler,
      onClose: (closed, error) => { this.#removeLink(closed, error) }
    })
    const peerKey = link.peerId.toString()
    this.#links.set(peerKey, [...this.#links.get(peerKey) ?? [], link])
    link.open()
    this.#init.handler.handleLinkOpened(link.peerId, connection)
    if (!isRelayed(connection)) this.#retire((this.#links.get(peerKey) ?? []).filter(other => isRelayed(other.connection)))
  }

  #retire(links: readonly MessageLink[]): void {
    for (const link of links) {
      link.retire(() => {
        if (this.#bestLink(link.peerId) === link) return // the better one is gone meanwhile
        void closeOrAbort(link, CLOSE_TIMEOUT_MS)
      })
    }
  }

  #removeLink(link: MessageLink, error: Error | undefined): void {
    const peerKey = link.peerId.toString()
    const left = (this.#links.get(peerKey) ?? []).filter(other => other !== link)
    if (left.length === 0) this.#links.delete(peerKey)
    else this.#links.set(peerKey, left)
    if (error !== undefined && isOffence(error)) this.#penalize(link.peerId, error)
    this.#log('stream with %p ended - %s', link.peerId, error?.message ?? 'in order')
    if (link.hasUnanswered || left.length === 0) this.#init.handler.handleLinkClosed(link.peerId)
  }

  #linksTo(peerId: PeerId): readonly MessageLink[] {
    return this.#links.get(peerId.toString()) ?? []
  }

  #bestLink(peerId: PeerId): MessageLink | undefined {
    return this.#bestOf(this.#linksTo(peerId))
  }

  #bestOf(links: readonly MessageLink[]): MessageLink | undefined {
    const open = links.filter(link => link.isOpen)
    return open.findLast(link => !isRelayed(link.connection)) ?? open.at(-1)
  }
}
