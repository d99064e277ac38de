/** Carries waiting messages to peers that can be reached, and their acknowledgements back to the outbox. */
import type { PeerId } from '@libp2p/interface'
import { ACK_DEADLINE_MS, MAX_TRACKED_PEERS, MIN_RETRY_MS, RELINK_FIRST_MS, RELINK_MAX_MS } from '../config/limits.ts'
import { backoffDelay } from '../lib/backoff.ts'
import type { Clock, Timer } from '../lib/clock.ts'
import { MeshError, toError } from '../lib/errors.ts'
import { parsePeerId } from '../lib/recipient.ts'
import type { MessageProtocol } from '../protocols/message-protocol.ts'
import type { WireAck } from '../protocols/wire-message.ts'
import { RateLimiter } from '../lib/rate-limiter.ts'
import { eventOfAck } from './delivery.ts'
import { Lane } from './lane.ts'
import type { OutboxRow } from './outbox-store.ts'
import type { FlightAnswer, Outbox } from './outbox.ts'

export interface CourierInit {
  outbox: Outbox
  protocol: Pick<MessageProtocol, 'send' | 'isLinked' | 'abortLinks'>
  /** Connects to the peer and opens a message stream; rejects when that fails now. */
  reach: (peerId: PeerId) => Promise<void>
  /** Whether messages wait for the peer, so that it is kept connected while they do. */
  onWaiting: (peerId: PeerId, isWaiting: boolean) => void
  onSent: (row: OutboxRow) => void
  onUnreachable: (peerId: string, error: Error) => void
  /** The message waits because the peer asked us to wait with its messages. */
  onPaused: (messageId: string, retryAfterMs: number) => void
  onWriteError: (error: unknown) => void
  clock: Clock
}

/** An honest recipient acknowledges a message once, a few of them late. */
const STRAY_ACKS_PER_MINUTE = 120

/** A peer that messages go to; it stays until housekeeping, so that the next message finds everything ready. */
interface Destination {
  readonly peerId: PeerId
  readonly lane: Lane
  /** Whether messages wait for the peer. */
  isAwaited: boolean
}

export class Courier {
  readonly #init: CourierInit
  readonly #destinations = new Map<string, Destination>()
  readonly #reaching = new Set<string>()
  /** Peers that connected by themselves while we tried to reach them. */
  readonly #arrived = new Set<string>()
  readonly #retryTimers = new Map<string, Timer>()
  readonly #strayAcks: RateLimiter

  constructor(init: CourierInit) {
    this.#init = init
    this.#strayAcks = new RateLimiter({ limit: STRAY_ACKS_PER_MINUTE, windowMs: 60_000, maxKeys: MAX_TRACKED_PEERS, now: init.clock.now })
  }

  /** Takes up what earlier runs left waiting. */
  start(): void {
    for (const key of this.#init.outbox.waitingPeers()) {
      if (this.#awaited(key) !== undefined) this.#scheduleRetry(key)
    }
  }

  stop(): void {
    for (const timer of this.#retryTimers.values()) timer.cancel()
    this.#retryTimers.clear()
    this.#destinations.clear()
  }

  /** A message was stored: sends it as soon as those before it allow. */
  carry(row: OutboxRow): void {
    const lane = this.#awaited(row.peerId)?.lane
    lane?.offer(row)
    this.#advance(row.peerId)
    const retryAfterMs = (lane?.pausedUntil ?? 0) - this.#init.clock.now()
    if (retryAfterMs > 0) this.#init.onPaused(row.id, retryAfterMs)
  }

  /** A message was stored outside of `carry`: the disk tells its place among the others. */
  wake(peerId: string): void {
    this.#awaited(peerId)?.lane.restart()
    this.#advance(peerId)
  }

  /** When the message was written, while it is in flight. */
  sentAt(peerId: string, messageId: string): number | undefined {
    return this.#destinations.get(peerId)?.lane.flight(messageId)?.sentAt
  }

  drop(peerId: string, messageId: string): void {
    this.#destinations.get(peerId)?.lane.drop(messageId)
    this.#releaseIdle(peerId)
  }

  handlePeerConnected(peerId: PeerId): void {
    const key = peerId.toString()
    if (this.#reaching.has(key)) this.#arrived.add(key)
    this.#advance(key)
  }

  /** What the stream carried goes out again over a new one: at once, or later where the last ones led to nothing either. */
  handleLinkClosed(peerId: PeerId): void {
    const key = peerId.toString()
    const destination = this.#destinations.get(key)
    if (destination?.isAwaited !== true) return
    for (const lost of destination.lane.lose()) this.#init.outbox.lose(key, lost)
    const repeats = destination.lane.fruitlessStreams - 1
    if (repeats === 0) this.#advance(key)
    else this.#scheduleRetryAt(key, this.#init.clock.now() + backoffDelay({ firstMs: RELINK_FIRST_MS, maxMs: RELINK_MAX_MS }, repeats, () => 1))
  }

  handleAcks(from: PeerId, acks: readonly WireAck[]): void {
    const peerId = from.toString()
    const lane = this.#destinations.get(peerId)?.lane
    for (const ack of acks) {
      const flight = lane?.flight(ack.id)
      if (lane === undefined || flight === undefined) this.#handleStray(peerId, ack)
      else this.#handleAnswer(lane, { ...flight, peerId, ack })
    }
    lane?.pump()
    this.#releaseIdle(peerId)
  }

  /** Replaces streams that acknowledge nothing, tries again to reach connected peers, and forgets those that nothing waits for. */
  keepHouse(isConnected: (peerId: PeerId) => boolean): void {
    const deadline = this.#init.clock.now() - ACK_DEADLINE_MS
    for (const [key, { peerId, lane, isAwaited }] of this.#destinations) {
      if (!isAwaited) {
        this.#destinations.delete(key)
        continue
      }
      if ((lane.oldestSentAt ?? Infinity) < deadline) {
        this.#init.protocol.abortLinks(peerId, new MeshError('ACK_TIMEOUT', 'the peer acknowledges nothing on this stream'))
      }
      if (isConnected(peerId)) this.#advance(key)
    }
  }

  /** The destination of messages that wait for a peer; undefined for what is no peer ID. */
  #awaited(key: string): Destination | undefined {
    const destination = this.#destinations.get(key) ?? this.#open(key)
    if (destination === undefined || destination.isAwaited) return destination
    destination.isAwaited = true
    this.#init.onWaiting(destination.peerId, true)
    return destination
  }

  #open(key: string): Destination | undefined {
    const peerId = parsePeerId(key)
    if (peerId === undefined) return undefined
    const { outbox, clock } = this.#init
    const lane = new Lane({
      load: (afterSeq, limit) => outbox.due(key, afterSeq, limit),
      write: row => this.#write(peerId, row),
      pausedUntil: outbox.retryAt(key),
      now: clock.now
    })
    const destination: Destination = { peerId, lane, isAwaited: false }
    this.#destinations.set(key, destination)
    return destination
  }

  #write(peerId: PeerId, row: OutboxRow): boolean {
    const { id, kind, text, hops, inReplyTo, receipt, call } = row
    const isWritten = this.#init.protocol.send(peerId, {
      id, kind, text, hops,
      ttlMs: Math.max(1, row.expiresAt - this.#init.clock.now()),
      ...inReplyTo !== undefined && { inReplyTo },
      ...receipt !== undefined && { receipt },
      ...call !== undefined && { call }
    })
    if (isWritten) this.#init.onSent(row)
    return isWritten
  }

  /** Writes to a linked peer, or tries to reach it (one attempt at a time). */
  #advance(key: string): void {
    const destination = this.#destinations.get(key)
    if (destination?.isAwaited !== true || this.#reaching.has(key)) return
    const { peerId, lane } = destination
    if (this.#init.protocol.isLinked(peerId)) {
      lane.pump()
      return
    }
    this.#reaching.add(key)
    this.#init.reach(peerId).then(() => {
      this.#endReaching(key)
      this.#destinations.get(key)?.lane.pump()
    }, (error: unknown) => {
      if (this.#endReaching(key)) this.#advance(key) // our dial failed, theirs did not
      else this.#init.onUnreachable(key, toError(error))
    })
  }

  /** @returns whether the peer connected by itself meanwhile */
  #endReaching(key: string): boolean {
    this.#reaching.delete(key)
    return this.#arrived.delete(key)
  }

  #handleAnswer(lane: Lane, answer: FlightAnswer): void {
    const { ack, peerId } = answer
    const event = eventOfAck(ack)
    if (event !== undefined) {
      lane.settle(ack.id)
      this.#init.outbox.settle(answer, event)
      return
    }
    const retryAt = this.#init.clock.now() + Math.max(ack.retryAfterMs ?? 0, MIN_RETRY_MS)
    lane.postpone(ack.id, retryAt)
    this.#init.outbox.postpone(answer, retryAt)
    this.#scheduleRetryAt(peerId, retryAt)
  }

  #handleStray(peerId: string, ack: WireAck): void {
    if (this.#strayAcks.take(peerId) > 0) return // a peer that acknowledges what was never sent costs no disk access
    this.#init.outbox.applyStage(peerId, ack).catch((error: unknown) => { this.#init.onWriteError(error) })
  }

  #scheduleRetry(peerId: string): void {
    const retryAt = this.#init.outbox.retryAt(peerId)
    if (retryAt > this.#init.clock.now()) this.#scheduleRetryAt(peerId, retryAt)
  }

  #scheduleRetryAt(peerId: string, retryAt: number): void {
    this.#retryTimers.get(peerId)?.cancel()
    this.#retryTimers.set(peerId, this.#init.clock.after(retryAt - this.#init.clock.now() + 1, () => {
      this.#retryTimers.delete(peerId)
      this.#destinations.get(peerId)?.lane.restart()
      this.#advance(peerId)
      this.#scheduleRetry(peerId)
    }))
  }

  #releaseIdle(key: string): void {
    const destination = this.#destinations.get(key)
    if (destination?.isAwaited !== true || this.#init.outbox.waitingFor(key) > 0) return
    destination.isAwaited = false
    this.#retryTimers.get(key)?.cancel()
    this.#retryTimers.delete(key)
    this.#init.onWaiting(destination.peerId, false)
  }
}
