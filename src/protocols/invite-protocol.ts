/** `/libp2p-mesh/invite/1.0.0` as a libp2p service: takes peers that come with a ticket, and comes to others with one. */
import { randomBytes } from 'node:crypto'
import type { ComponentLogger, Connection, Logger, PeerId, Startable, Stream } from '@libp2p/interface'
import type { ConnectionManager, Registrar } from '@libp2p/interface-internal'
import { INVITE_BUSY_RETRY_MS, INVITE_EXCHANGE_MS, MAX_INVITE_EXCHANGES } from '../config/invite-limits.ts'
import { bestOpen } from '../lib/connection-path.ts'
import { MeshError, toError } from '../lib/errors.ts'
import { InviteChannel, INVITE_NONCE_BYTES, type InviteAnswer, type InviteHello, type WireProof } from './invite-frames.ts'

export const INVITE_PROTOCOL = '/libp2p-mesh/invite/1.0.0'

/** One in use, and one that a joiner begins anew while we do not know yet that the other broke. */
const MAX_STREAMS = 2

/** A peer that says to have a ticket, with its proof, unchecked. */
export interface InviteGuest {
  connection: Connection
  hello: InviteHello
  /** Ours, 32 bytes. */
  nonce: Uint8Array
  proof: WireProof
}

/** What the owner of the invitations does with those who come. */
export interface InviteHandler {
  /** Takes one try of the peer; the milliseconds to wait when it has none left. */
  handleTry: (connection: Connection) => number
  handleGuest: (guest: InviteGuest) => Promise<InviteAnswer>
}

export interface InviteProtocolComponents {
  registrar: Pick<Registrar, 'handle' | 'unhandle'>
  connectionManager: Pick<ConnectionManager, 'getConnections'>
  logger: ComponentLogger
}

/** How a visit ended. */
export interface InviteOutcome {
  answer: InviteAnswer
  /** Empty when it was turned away at the door. */
  inviterNonce: Uint8Array
}

/** A ticket as its holder comes with it. */
export interface InviteVisit {
  hello: InviteHello
  /** The proof for the inviter's nonce. */
  prove: (inviterNonce: Uint8Array) => WireProof
}

export class InviteProtocol implements Startable {
  readonly #components: InviteProtocolComponents
  readonly #handler: InviteHandler
  readonly #log: Logger
  #stopping = new AbortController()
  #inHand = 0

  constructor(components: InviteProtocolComponents, handler: InviteHandler) {
    this.#components = components
    this.#handler = handler
    this.#log = components.logger.forComponent('libp2p-mesh:invite')
  }

  async start(): Promise<void> {
    this.#stopping = new AbortController()
    await this.#components.registrar.handle(INVITE_PROTOCOL, async (stream, connection) => { await this.#handleStream(stream, connection) }, {
      maxInboundStreams: MAX_STREAMS,
      maxOutboundStreams: MAX_STREAMS,
      runOnLimitedConnection: true
    })
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new MeshError('NOT_RUNNING', 'the mesh is stopping'))
    await this.#components.registrar.unhandle(INVITE_PROTOCOL)
  }

  /**
   * Comes to a connected peer with a ticket.
   *
   * @throws MeshError `UNREACHABLE`: `closed` when the exchange broke off, `unsupported` when the peer knows no tickets
   */
  async visit(peerId: PeerId, visit: InviteVisit): Promise<InviteOutcome> {
    const signal = this.#deadline()
    let stream: Stream | undefined
    try {
      stream = await this.#connectionTo(peerId).newStream(INVITE_PROTOCOL, { runOnLimitedConnection: true, maxOutboundStreams: MAX_STREAMS, signal })
      const outcome = await present(new InviteChannel(stream), visit, signal)
      stream.close({ signal }).catch((error: unknown) => { this.#log('stream to %p was not closed in order - %e', peerId, error) })
      return outcome
    } catch (error) {
      stream?.abort(toError(error))
      throw visitError(peerId, toError(error))
    }
  }

  #connectionTo(peerId: PeerId): Connection {
    const connection = bestOpen(this.#components.connectionManager.getConnections(peerId))
    if (connection === undefined) throw new Error('there is no connection')
    return connection
  }

  async #handleStream(stream: Stream, connection: Connection): Promise<void> {
    this.#inHand += 1
    try {
      await this.#exchange(new InviteChannel(stream), connection)
    } catch (error) {
      this.#log('exchange with %p broke off - %e', connection.remotePeer, error)
      stream.abort(toError(error))
    } finally {
      this.#inHand -= 1
    }
  }

  async #exchange(channel: InviteChannel, connection: Connection): Promise<void> {
    const signal = this.#deadline()
    const retryAfterMs = this.#inHand > MAX_INVITE_EXCHANGES ? INVITE_BUSY_RETRY_MS : this.#handler.handleTry(connection)
    if (retryAfterMs > 0) {
      await channel.write({ kind: 'refusal', reason: 'busy', retryAfterMs }, { signal })
    } else {
      const { hello } = await channel.read(['hello'], { signal })
      const nonce = randomBytes(INVITE_NONCE_BYTES)
      await channel.write({ kind: 'challenge', nonce }, { signal })
      const { proof } = await channel.read(['proof'], { signal })
      await channel.write(await this.#handler.handleGuest({ connection, hello, nonce, proof }), { signal })
    }
    await channel.close({ signal })
  }

  #deadline(): AbortSignal {
    return AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(INVITE_EXCHANGE_MS)])
  }
}

async function present(channel: InviteChannel, { hello, prove }: InviteVisit, signal: AbortSignal): Promise<InviteOutcome> {
  await channel.write({ kind: 'hello', hello }, { signal })
  const challenge = await channel.read(['challenge', 'refusal'], { signal })
  if (challenge.kind === 'refusal') return { answer: challenge, inviterNonce: new Uint8Array() }
  await channel.write({ kind: 'proof', proof: prove(challenge.nonce) }, { signal })
  return { answer: await channel.read(['welcome', 'refusal'], { signal }), inviterNonce: challenge.nonce }
}

function visitError(peerId: PeerId, error: Error): MeshError {
  if (error instanceof MeshError) return error
  if (error.name === 'UnsupportedProtocolError') {
    return new MeshError('UNREACHABLE', `peer ${peerId.toString()} takes no tickets: it runs another version of libp2p-mesh`, { cause: error, reason: 'unsupported' })
  }
  return new MeshError('UNREACHABLE', `the connection to ${peerId.toString()} broke off before it answered`, { cause: error, reason: 'closed' })
}
