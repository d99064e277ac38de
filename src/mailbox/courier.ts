/** Carries waiting messages to peers that can be reached, and their acknowledgements back to the outbox. */
import type { PeerId } from '@libp2p/interface'
import { ACK_DEADLINE_MS, MAX_TRACKED_PEERS } from '../config/limits.ts'
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
  onWriteError: (error: unknown) => void
  clock: Clock
}

/** An honest recipient acknowledges a message once, a few of them late. */
const STRAY_ACKS_PER_MINUTE = 120

export class Courier {
  readonly #init: CourierInit
  readonly #lanes = new Map<string, Lane>()
  readonly #reaching = new Set<string>()
  readonly #retryTimers = new Map<string, Timer>()
  readonly #strayAcks: RateLimiter

  constructor(init: CourierInit) {
    this.#init = init
    this.#strayAcks = new RateLimiter({ limit: STRAY_ACKS_PER_MINUTE, windowMs: 60_000, maxKeys: MAX_TRACKED_PEERS, now: init.clock.now })
  }

  /** Takes up what earlier runs left waiting. */
  start(): void {
    for (const peerId of this.#init.outbox.waitingPeers()) {
      this.#lane(peerId)
      this.#scheduleRetry(peerId)
    }
  }

  stop(): void {
    for (const timer of this.#retryTimers.values()) timer.cancel()
    this.#retryTimers.clear()
    this.#lanes.clear()
  }

  /** A message was stored: sends it as soon as those before it allow. */
  carry(row: OutboxRow): void {
    this.#lane(row.peerId).offer(row)
    this.#advance(row.peerId)
  }

  /** When the message was written, while it is in flight. */
  sentAt(peerId: string, messageId: string): number | undefined {
    return this.#lanes.get(peerId)?.flight(messageId)?.sentAt
  }

  drop(peerId: string, messageId: string): void {
    this.#lanes.get(peerId)?.drop(messageId)
    this.#releaseIdle(peerId)
  }

  handlePeerConnected(peerId: PeerId): void {
    if (this.#lanes.has(peerId.toString())) this.#advance(peerId.toString())
  }

  handleLinkClosed(peerId: PeerId): void {
    const key = peerId.toString()
    for (const lost of this.#lanes.get(key)?.lose() ?? []) this.#init.outbox.lose(key, lost)
  }

  handleAcks(from: PeerId, acks: readonly WireAck[]): void {
    const peerId = from.toString()
    const lane = this.#lanes.get(peerId)
    for (const ack of acks) {
      const flight = lane?.flight(ack.id)
      if (lane === undefined || flight === undefined) this.#handleStray(peerId, ack)
      else this.#handleAnswer(lane, { ...flight, peerId, ack })
    }
    lane?.pump()
    this.#releaseIdle(peerId)
  }

  /** Replaces streams that acknowledge nothing, and tries again to reach connected peers. */
  keepHouse(isConnected: (peerId: PeerId) => boolean): void {
    const deadline = this.#init.clock.now() - ACK_DEADLINE_MS
    for (const [key, lane] of this.#lanes) {
      const peerId = parsePeerId(key)
      if (peerId === undefined) continue
      if ((lane.oldestSentAt ?? Infinity) < deadline) {
        this.#init.protocol.abortLinks(peerId, new MeshError('ACK_TIMEOUT', 'the peer acknowledges nothing on this stream'))
      }
      if (isConnected(peerId)) this.#advance(key)
    }
  }

  #lane(key: string): Lane {
    const existing = this.#lanes.get(key)
    if (existing !== undefined) return existing
    const { outbox, clock } = this.#init
    const lane = new Lane({
      load: (afterSeq, limit) => outbox.due(key, afterSeq, limit),
      write: row => this.#write(row),
      now: clock.now
    })
    this.#lanes.set(key, lane)
    const peerId = parsePeerId(key)
    if (peerId !== undefined) this.#init.onWaiting(peerId, true)
    return lane
  }

  #write(row: OutboxRow): boolean {
    const peerId = parsePeerId(row.peerId)
    if (peerId === undefined) return false
    const { id, kind, text, hops, inReplyTo, receipt } = row
    const isWritten = this.#init.protocol.send(peerId, {
      id, kind, text, hops,
      ttlMs: Math.max(1, row.expiresAt - this.#init.clock.now()),
      ...inReplyTo !== undefined && { inReplyTo },
      ...receipt !== undefined && { receipt }
    })
    if (isWritten) this.#init.onSent(row)
    return isWritten
  }

  /** Writes to a linked peer, or tries to reach it (one attempt at a time). */
  #advance(key: string): void {
    const peerId = parsePeerId(key)
    if (peerId === undefined || this.#reaching.has(key)) return
    if (this.#init.protocol.isLinked(peerId)) {
      this.#lanes.get(key)?.pump()
      return
    }
    this.#reaching.add(key)
    this.#init.reach(peerId).then(() => {
      this.#reaching.delete(key)
      this.#lanes.get(key)?.pump()
    }, (error: unknown) => {
      this.#reaching.delete(key)
      this.#init.onUnreachable(key, toError(error))
    })
  }

  #handleAnswer(lane: Lane, answer: FlightAnswer): void {
    const { ack, peerId } = answer
    const event = eventOfAck(ack)
    if (event !== undefined) {
      lane.settle(ack.id)
      this.#init.outbox.settle(answer, event)
      return
    }
    const retryAt = this.#init.clock.now() + (ack.retryAfterMs ?? 0)
    lane.postpone(ack.id, retryAt)
    this.#init.outbox.postpone(answer, retryAt)
    this.#scheduleRetryAt(peerId, retryAt)
  }

  #handleStray(peerId: string, ack: WireAck): void {
    if (this.#strayAcks.take(peerId) > 0) return // a peer that acknowledges what was never sent costs no disk access
    this.#init.outbox.applyStage(peerId, ack).catch((error: unknown) => { this.#init.onWriteError(error) })
  }

  #scheduleRetry(peerId: string): void {
    const retryAt = this.#init.outbox.nextRetryAt(peerId)
    if (retryAt !== undefined && retryAt > this.#init.clock.now()) this.#scheduleRetryAt(peerId, retryAt)
  }

  #scheduleRetryAt(peerId: string, retryAt: number): void {
    this.#retryTimers.get(peerId)?.cancel()
    this.#retryTimers.set(peerId, this.#init.clock.after(retryAt - this.#init.clock.now() + 1, () => {
      this.#retryTimers.delete(peerId)
      this.#lanes.get(peerId)?.restart()
      this.#advance(peerId)
      this.#scheduleRetry(peerId)
    }))
  }

  #releaseIdle(key: string): void {
    if (this.#init.outbox.waitingFor(key) > 0 || !this.#lanes.delete(key)) return
    this.#retryTimers.get(key)?.cancel()
    this.#retryTimers.delete(key)
    const peerId = parsePeerId(key)
    if (peerId !== undefined) this.#init.onWaiting(peerId, false)
  }
}
