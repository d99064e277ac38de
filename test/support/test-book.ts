/** A peer book in a database of its own. */

import { PeerBook } from '../../src/trust/peer-book.ts'
import { FakeClock } from './fake-clock.ts'
import { TestDatabase } from './test-database.ts'

/** Random numbers that are the same in every run. */
export function testRandom(seed = 1): () => number {
  let state = seed
  return () => {
    state = Math.imul(state, 1_664_525) + 1_013_904_223 >>> 0
    return state / 2 ** 32
  }
}

export class TestBook implements Disposable {
  readonly clock = new FakeClock()
  readonly db = new TestDatabase()
  peers: PeerBook
  readonly #allowFrom: string[]
  readonly #random: () => number

  constructor(allowFrom: string[] = [], random = testRandom()) {
    this.#allowFrom = allowFrom
    this.#random = random
    this.peers = this.#open()
  }

  /** As after a restart. */
  reopen(): void {
    this.db.reopen()
    this.peers = this.#open()
  }

  [Symbol.dispose](): void {
    this.db[Symbol.dispose]()
  }

  #open(): PeerBook {
    const { database, commits } = this.db
    return new PeerBook({ database, commits, allowFrom: this.#allowFrom, now: this.clock.now, random: this.#random })
  }
}
