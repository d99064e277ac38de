/** A lane to a peer, with the disk and the wire in the hands of the test. */

import { Lane } from '../../src/mailbox/lane.ts'
import type { OutboxRow } from '../../src/mailbox/outbox-store.ts'
import { FakeClock } from './fake-clock.ts'

interface StoredRow extends OutboxRow {
  isAnswered: boolean
}

/** The numbers from `first` to `last`. */
export const upTo = (last: number, first = 1): number[] => Array.from({ length: last - first + 1 }, (_, index) => first + index)

class LaneFixture {
  readonly clock = new FakeClock()
  /** Sequence numbers of what was written. */
  readonly written: number[] = []
  readonly wire = { isUp: true, reads: 0 }
  readonly lane: Lane
  readonly #disk: StoredRow[] = []

  constructor(pausedForMs: number) {
    this.lane = new Lane({
      now: this.clock.now,
      pausedUntil: this.clock.now() + pausedForMs,
      load: (afterSeq, limit) => {
        this.wire.reads += 1
        return this.#disk.filter(row => row.seq > afterSeq && !row.isAnswered && row.retryAt <= this.clock.now()).slice(0, limit)
      },
      write: ({ seq }) => {
        if (this.wire.isUp) this.written.push(seq)
        return this.wire.isUp
      }
    })
  }

  /** Stores messages `m1`, `m2` and so on. */
  readonly store = (count: number, text = 'x'): StoredRow[] => upTo(count).map(() => {
    const seq = this.#disk.length + 1
    const row: StoredRow = {
      seq, id: `m${seq}`, peerId: 'peer', kind: 'chat', text, hops: 0, expiresAt: Infinity, state: 'queued', retryAt: 0, error: null,
      replies: 0, deliveries: null, times: {}, isAnswered: false
    }
    this.#disk.push(row)
    return row
  })

  /** Stores messages and offers each to the lane. */
  readonly offer = (count: number): void => { for (const row of this.store(count)) this.lane.offer(row) }

  readonly settle = (...seqs: number[]): void => {
    for (const seq of seqs) {
      this.lane.settle(`m${seq}`)
      this.#row(seq).isAnswered = true
    }
  }

  readonly postpone = (seq: number, ms: number): void => {
    this.#row(seq).retryAt = this.clock.now() + ms
    this.lane.postpone(`m${seq}`, this.clock.now() + ms)
  }

  #row(seq: number): StoredRow {
    const row = this.#disk[seq - 1]
    if (row === undefined) throw new Error(`message ${seq} is not stored`)
    return row
  }
}

/** @param pausedForMs for how long an earlier run was asked to wait */
export function createLane(pausedForMs = 0): LaneFixture {
  return new LaneFixture(pausedForMs)
}
