/** Broadcasts over gossipsub: signed by their authors, checked before they are passed on, bounded by author and by neighbour. */
import { gossipsub, TopicValidatorResult, type GossipSub, type GossipSubComponents, type Message } from '@libp2p/gossipsub'
import type { Connection, PeerId, Startable } from '@libp2p/interface'
import {
  BROADCASTS_OF_STRANGERS, BROADCASTS_PER_AUTHOR, BROADCASTS_PER_NEIGHBOUR, BROADCAST_AUTHOR_WINDOW_MS, BROADCAST_BYTES_OF_STRANGERS,
  BROADCAST_BYTES_PER_AUTHOR, BROADCAST_NEIGHBOUR_WINDOW_MS, BROADCAST_STRANGERS_WINDOW_MS, BROADCAST_TOLERANCE, BROADCAST_WINDOW_MS
} from '../config/broadcast-limits.ts'
import { MAX_TRACKED_PEERS } from '../config/limits.ts'
import { MeshError, toError } from '../lib/errors.ts'
import type { Logger } from '../lib/log.ts'
import { RateLimiter } from '../lib/rate-limiter.ts'
import { gossipOptions, type GossipOptionsInit } from './gossip-options.ts'
import { GossipStreams } from './gossip-streams.ts'
import { LateNeighbours } from './late-neighbours.ts'
import { decodeBroadcast, encodeBroadcast, type WireBroadcast } from './wire-broadcast.ts'

export interface BroadcastProtocolInit extends GossipOptionsInit {
  /** A broadcast of somebody else that is passed on; its author is proven. Each frame on the wire once, each `id` not only once. */
  onBroadcast: (author: PeerId, broadcast: WireBroadcast) => void
  /** Whether the peer is connected for more than a question of the DHT: others are no neighbours. */
  isCompany: (peerId: PeerId) => boolean
  now: () => number
  log: Pick<Logger, 'debug' | 'warn'>
}

/** Broadcasts in numbers and in bytes. */
interface Limits {
  count: RateLimiter
  bytes: RateLimiter
}

/** All authors that are not approved count as one. */
const STRANGERS = 'strangers'

export class BroadcastProtocol implements Startable {
  readonly #init: BroadcastProtocolInit
  readonly #self: PeerId
  readonly #gossip: GossipSub & Startable
  readonly #streams: GossipStreams
  readonly #own: Limits
  readonly #authors: Limits
  readonly #strangers: Limits
  readonly #neighbours: RateLimiter

  constructor(components: GossipSubComponents, init: BroadcastProtocolInit) {
    const { now, topic, isCompany, log } = init
    this.#init = init
    this.#self = components.peerId
    this.#own = authorLimits(1, now)
    this.#authors = authorLimits(BROADCAST_TOLERANCE, now)
    this.#strangers = limits({ count: BROADCASTS_OF_STRANGERS, bytes: BROADCAST_BYTES_OF_STRANGERS, windowMs: BROADCAST_STRANGERS_WINDOW_MS, maxKeys: 1, now })
    this.#neighbours = new RateLimiter({ limit: BROADCASTS_PER_NEIGHBOUR, windowMs: BROADCAST_NEIGHBOUR_WINDOW_MS, maxKeys: MAX_TRACKED_PEERS, now })
    const late = new LateNeighbours({ topic, send: (peerId, frame) => { this.#streams.send(peerId, frame) } })
    this.#streams = new GossipStreams({
      registrar: components.registrar, connectionManager: components.connectionManager, topics: [topic], isCompany, now,
      onOpen: (peerId) => { late.add(peerId.toString()) },
      onFlood: (peerId) => { log.warn(`Peer ${peerId.toString()} sends too much gossip and is cut off until it has calmed down`) }
    })
    const { privateKey, peerId, peerStore, connectionManager, logger } = components
    const { registrar } = this.#streams
    this.#gossip = gossipsub(gossipOptions(init))({ privateKey, peerId, peerStore, connectionManager, logger, registrar }) as GossipSub & Startable
    this.#gossip.addEventListener('gossipsub:heartbeat', () => { this.#streams.heal() })
    late.watch(this.#gossip)
  }

  async start(): Promise<void> {
    this.#gossip.topicValidators.set(this.#init.topic, (neighbour, message) => this.#validate(neighbour, message))
    await this.#gossip.start()
    this.#gossip.subscribe(this.#init.topic)
  }

  async stop(): Promise<void> {
    await this.#gossip.stop()
  }

  /**
   * Sends a broadcast to every neighbour that takes its topic; they pass it on.
   *
   * @returns how many neighbours it went to
   * @throws MeshError `RATE_LIMITED`
   */
  async publish(topic: string, broadcast: WireBroadcast): Promise<number> {
    const bytes = encodeBroadcast(broadcast)
    const waitMs = excess(this.#own, this.#self.toString(), bytes.byteLength)
    if (waitMs > 0) throw new MeshError('RATE_LIMITED', 'this node has broadcast as much as others take in an hour', { retryAfterMs: waitMs })
    const { recipients } = await this.#gossip.publish(topic, bytes)
    return recipients.filter(recipient => !recipient.equals(this.#self)).length
  }

  /** A direct connection to the peer proved itself. */
  async follow(connection: Connection): Promise<void> {
    await this.#streams.follow(connection)
  }

  /** The peer is company now. */
  handleMet(peerId: PeerId): void {
    this.#streams.handleMet(peerId)
  }

  /** Gossipsub has proven the author and asks once for each message: accepted, it is passed on; rejected, its neighbour loses score. */
  #validate(neighbour: PeerId, message: Message): TopicValidatorResult {
    if (message.type !== 'signed' || message.from.type !== 'Ed25519') return TopicValidatorResult.Reject
    const { from: author, data } = message
    let broadcast: WireBroadcast
    try {
      broadcast = decodeBroadcast(data)
    } catch (error) {
      this.#init.log.debug(`A broadcast of ${author.toString()} through ${neighbour.toString()} was rejected: ${toError(error).message}`)
      return TopicValidatorResult.Reject
    }
    const reason = this.#whyIgnored({ author, neighbour, sentAt: broadcast.sentAt, bytes: data.byteLength })
    if (reason !== undefined) {
      this.#init.log.debug(`A broadcast of ${author.toString()} through ${neighbour.toString()} was ignored: ${reason}`)
      return TopicValidatorResult.Ignore
    }
    this.#init.onBroadcast(author, broadcast)
    return TopicValidatorResult.Accept
  }

  /** None of this is the neighbour's fault for certain: it may have another clock, another owner, or honest neighbours of its own. */
  #whyIgnored({ author, neighbour, sentAt, bytes }: { author: PeerId, neighbour: PeerId, sentAt: number, bytes: number }): string | undefined {
    const key = author.toString()
    const status = this.#init.statusOf(key)
    if (author.equals(this.#self)) return 'it is our own'
    if (status === 'blocked') return 'its author is blocked'
    if (Math.abs(this.#init.now() - sentAt) > BROADCAST_WINDOW_MS) return 'it is too old, or a clock is wrong'
    if (this.#neighbours.take(neighbour.toString()) > 0) return 'too many through this neighbour'
    if (excess(this.#authors, key, bytes) > 0) return 'too many of this author'
    if (status !== 'approved' && excess(this.#strangers, STRANGERS, bytes) > 0) return 'too many of authors that are not approved'
    return undefined
  }
}

function authorLimits(tolerance: number, now: () => number): Limits {
  const [count, bytes] = [BROADCASTS_PER_AUTHOR * tolerance, BROADCAST_BYTES_PER_AUTHOR * tolerance]
  return limits({ count, bytes, windowMs: BROADCAST_AUTHOR_WINDOW_MS, maxKeys: MAX_TRACKED_PEERS, now })
}

function limits({ count, bytes, ...shared }: { count: number, bytes: number, windowMs: number, maxKeys: number, now: () => number }): Limits {
  return { count: new RateLimiter({ ...shared, limit: count }), bytes: new RateLimiter({ ...shared, limit: bytes }) }
}

/** Milliseconds until the next is allowed; 0 takes what is asked for. */
function excess({ count, bytes }: Limits, key: string, size: number): number {
  const waitMs = bytes.debtMs(key)
  if (waitMs > 0) return waitMs
  const countWaitMs = count.take(key)
  if (countWaitMs === 0) bytes.charge(key, size)
  return countWaitMs
}
