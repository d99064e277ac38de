/** Broadcasts that were shown, in SQLite, so that none is shown again: not after a restart, and not when somebody sends it again. */
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { BROADCAST_WINDOW_MS, MAX_SEEN_BROADCASTS } from '../config/broadcast-limits.ts'

export const SEEN_BROADCASTS_MIGRATIONS = [`
  CREATE TABLE seen_broadcasts (
    author TEXT NOT NULL,
    id TEXT NOT NULL,
    sent_at INTEGER NOT NULL,
    PRIMARY KEY (author, id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX seen_broadcasts_sent_at ON seen_broadcasts (sent_at)`] as const

/** A broadcast as its author made it; an ID is unique for its author only. */
export interface BroadcastKey {
  author: string
  id: string
  sentAt: number
}

export interface SeenBroadcastsInit {
  database: DatabaseSync
  /** @default MAX_SEEN_BROADCASTS */
  maxEntries?: number
}

/**
 * Bounded without forgetting: in a full table the oldest makes room, and whatever is not younger than the oldest counts as seen. Older
 * ones than `forgetBefore` was told are refused by their time alone, so they need no place here.
 */
export class SeenBroadcasts {
  readonly #database: DatabaseSync
  readonly #maxEntries: number
  readonly #find: StatementSync
  readonly #insert: StatementSync
  readonly #dropOldest: StatementSync
  #count: number

  constructor({ database, maxEntries = MAX_SEEN_BROADCASTS }: SeenBroadcastsInit) {
    this.#database = database
    this.#maxEntries = maxEntries
    this.#find = database.prepare('SELECT 1 FROM seen_broadcasts WHERE author = ? AND id = ?')
    this.#insert = database.prepare('INSERT INTO seen_broadcasts (author, id, sent_at) VALUES (?, ?, ?)')
    this.#dropOldest = database.prepare(`DELETE FROM seen_broadcasts WHERE (author, id) =
      (SELECT author, id FROM seen_broadcasts ORDER BY sent_at LIMIT 1)`)
    this.#count = Number(database.prepare('SELECT count(*) AS n FROM seen_broadcasts').get()?.['n'] ?? 0)
  }

  /** Notes the broadcast; false when it was seen before. Call it in the transaction that stores the broadcast. */
  take({ author, id, sentAt }: BroadcastKey): boolean {
    if (this.#find.get(author, id) !== undefined) return false
    if (this.#count >= this.#maxEntries) {
      if (sentAt <= this.#oldest()) return false
      this.#count -= Number(this.#dropOldest.run().changes)
    }
    this.#insert.run(author, id, sentAt)
    this.#count += 1
    return true
  }

  /** Drops what no clock here would take any more; twice the window, because clocks are set back. */
  keepHouse(now: number): void {
    const before = now - 2 * BROADCAST_WINDOW_MS
    this.#count -= Number(this.#database.prepare('DELETE FROM seen_broadcasts WHERE sent_at < ?').run(before).changes)
  }

  #oldest(): number {
    return Number(this.#database.prepare('SELECT min(sent_at) AS oldest FROM seen_broadcasts').get()?.['oldest'] ?? 0)
  }
}
