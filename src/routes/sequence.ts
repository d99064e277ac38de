/** Sequence numbers of this node's records: each above all before it, across crashes and clocks that are set back. */
import { SEQUENCE_RESERVE } from '../config/limits.ts'

export interface SequenceInit {
  now: () => number
  /** `stored` changed and is to be written. */
  onReserve: () => void
}

export class Sequence {
  readonly #init: SequenceInit
  #last = 0
  #reserved = 0

  constructor(init: SequenceInit) {
    this.#init = init
  }

  /** What to keep on disk: no number above it was given out. */
  get stored(): number {
    return this.#reserved
  }

  /** Goes on where an earlier run stopped. */
  restore(stored: number): void {
    this.#last = stored
    this.#reserved = stored
  }

  next(): number {
    this.#last = Math.max(this.#last + 1, this.#init.now())
    if (this.#last > this.#reserved) {
      this.#reserved = this.#last + SEQUENCE_RESERVE
      this.#init.onReserve()
    }
    return this.#last
  }

  /** Gives back what was reserved and not used; for the last write. */
  settle(): void {
    this.#reserved = this.#last
  }
}
