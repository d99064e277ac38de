/** The messages on their way to one peer: what is written and unacknowledged, what comes next, and how much at a time. */
import { MAX_BYTES_IN_FLIGHT, MAX_IN_FLIGHT } from '../config/limits.ts'
import { utf8Bytes } from '../lib/text.ts'
import type { MessageKind } from '../protocols/wire-message.ts'
import type { OutboxRow } from './outbox-store.ts'

export interface LaneInit {
  /** Waiting messages that are due, in order, after that sequence number. */
  load: (afterSeq: number, limit: number) => OutboxRow[]
  /** Writes to the peer's stream; false when there is none. */
  write: (row: OutboxRow) => boolean
  /** The peer asked an earlier run of ours to wait until then; 0 when it did not. */
  pausedUntil: number
  now: () => number
}

/** A message that is written and not acknowledged. */
export interface Flight {
  kind: MessageKind
  /** When it was written, in ms since the epoch. */
  sentAt: number
}

interface OpenFlight extends Flight {
  textBytes: number
}

const BATCH = 64

/**
 * Sends in the order of queueing with at most `MAX_IN_FLIGHT` messages and `MAX_BYTES_IN_FLIGHT` unacknowledged. After a
 * temporary refusal it starts again with one and doubles, so that a rate-limited peer is asked, not flooded.
 */
export class Lane {
  readonly #init: LaneInit
  readonly #inFlight = new Map<string, OpenFlight>()
  #bytesInFlight = 0
  #ready: OutboxRow[] = []
  /** Sequence number up to which messages were taken from disk. */
  #cursor = 0
  #hasMoreOnDisk = true
  #window = MAX_IN_FLIGHT
  #pausedUntil: number
  #fruitlessStreams = 0

  constructor(init: LaneInit) {
    this.#init = init
    this.#pausedUntil = init.pausedUntil
  }

  /** Streams in a row that ended without an answer to any message. */
  get fruitlessStreams(): number {
    return this.#fruitlessStreams
  }

  /** When the oldest unacknowledged message was written; undefined with none in flight. */
  get oldestSentAt(): number | undefined {
    for (const { sentAt } of this.#inFlight.values()) return sentAt
    return undefined
  }

  /** Until when the peer asked us to wait; in the past when it did not. */
  get pausedUntil(): number {
    return this.#pausedUntil
  }

  flight(id: string): Flight | undefined {
    return this.#inFlight.get(id)
  }

  /** A message that was just stored: kept at hand unless older ones on disk come first. */
  offer(row: OutboxRow): void {
    if (this.#hasMoreOnDisk || row.seq <= this.#cursor) return
    if (this.#ready.length >= BATCH) {
      this.#hasMoreOnDisk = true
      return
    }
    this.#ready.push(row)
    this.#cursor = row.seq
  }

  /** Writes as many messages as the window allows. */
  pump(): void {
    if (this.#init.now() < this.#pausedUntil) return
    while (this.#inFlight.size < this.#window && this.#bytesInFlight < MAX_BYTES_IN_FLIGHT) {
      const row = this.#next()
      if (row === undefined) return
      if (!this.#init.write(row)) {
        this.restart()
        return
      }
      const textBytes = utf8Bytes(row.text)
      this.#bytesInFlight += textBytes
      this.#inFlight.set(row.id, { kind: row.kind, sentAt: this.#init.now(), textBytes })
    }
  }

  /** The recipient answered for good: the window opens again. */
  settle(id: string): void {
    this.#land(id)
    this.#fruitlessStreams = 0
    this.#window = Math.min(MAX_IN_FLIGHT, this.#window * 2)
  }

  /** The message ended for another reason, e.g. it expired. */
  drop(id: string): void {
    this.#land(id)
    this.#ready = this.#ready.filter(row => row.id !== id)
  }

  /** The peer wants the message later. */
  postpone(id: string, until: number): void {
    this.#land(id)
    this.#fruitlessStreams = 0
    this.#window = 1
    this.#pausedUntil = Math.max(this.#pausedUntil, until)
  }

  /** The stream ended: what was in flight goes out again, in order, when there is a new one. */
  lose(): Array<Flight & { id: string }> {
    const lost = [...this.#inFlight].map(([id, { kind, sentAt }]) => ({ id, kind, sentAt }))
    this.#inFlight.clear()
    this.#bytesInFlight = 0
    this.#fruitlessStreams += 1
    this.restart()
    return lost
  }

  /** Looks at the disk again from the first waiting message on. */
  restart(): void {
    this.#ready = []
    this.#cursor = 0
    this.#hasMoreOnDisk = true
  }

  #land(id: string): void {
    this.#bytesInFlight -= this.#inFlight.get(id)?.textBytes ?? 0
    this.#inFlight.delete(id)
  }

  #next(): OutboxRow | undefined {
    let row = this.#ready.shift() ?? this.#refill()
    while (row !== undefined && this.#inFlight.has(row.id)) row = this.#ready.shift() ?? this.#refill()
    return row
  }

  #refill(): OutboxRow | undefined {
    if (!this.#hasMoreOnDisk) return undefined
    const rows = this.#init.load(this.#cursor, BATCH)
    this.#hasMoreOnDisk = rows.length === BATCH
    this.#cursor = rows.at(-1)?.seq ?? this.#cursor
    this.#ready = rows
    return this.#ready.shift()
  }
}
