/** Which message goes to which channel of the owner, and what became of it, in SQLite. */
import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite'

export const FORWARD_MIGRATIONS = [`
  CREATE TABLE forwards (
    message_id TEXT NOT NULL,
    channel TEXT NOT NULL,
    target TEXT NOT NULL,
    account_id TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'handed', 'done', 'failed', 'uncertain')),
    error TEXT,
    attempts INTEGER NOT NULL DEFAULT 0,
    due_at INTEGER NOT NULL,
    platform_id TEXT,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (message_id, channel, target, account_id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX forwards_due ON forwards (due_at) WHERE state = 'pending';
  CREATE INDEX forwards_platform ON forwards (channel, platform_id) WHERE platform_id IS NOT NULL`] as const

/** `handed`: the channel has it and has not answered; after a crash nobody knows. */
export type ForwardState = 'pending' | 'handed' | 'done' | 'failed' | 'uncertain'

export interface ForwardTarget {
  channel: string
  target: string
  /** Empty: the channel's default account. */
  accountId: string
}

export interface ForwardRow extends ForwardTarget {
  messageId: string
  state: ForwardState
  error: string | null
  attempts: number
  dueAt: number
  createdAt: number
}

/** How one attempt ended. */
export interface ForwardChange {
  state: ForwardState
  error: string | null
  dueAt: number
  /** The channel's own ID of the message. */
  platformId: string | null
}

const KEY = 'message_id = ? AND channel = ? AND target = ? AND account_id = ?'

export class ForwardStore {
  readonly #database: DatabaseSync
  readonly #insert: StatementSync

  constructor(database: DatabaseSync) {
    this.#database = database
    this.#insert = database.prepare(`INSERT OR IGNORE INTO forwards (message_id, channel, target, account_id, state, due_at, created_at)
      VALUES (?, ?, ?, ?, 'pending', ?, ?)`)
  }

  insert(messageId: string, { channel, target, accountId }: ForwardTarget, now: number): void {
    this.#insert.run(messageId, channel, target, accountId, now, now)
  }

  ofMessage(messageId: string): ForwardRow[] {
    return this.#database.prepare('SELECT * FROM forwards WHERE message_id = ? ORDER BY channel, target').all(messageId).map(fromRow)
  }

  /** Marks a pending forward as handed over; false when it is not pending. */
  hand(messageId: string, { channel, target, accountId }: ForwardTarget): boolean {
    const result = this.#database.prepare(`UPDATE forwards SET state = 'handed', attempts = attempts + 1 WHERE ${KEY} AND state = 'pending'`)
      .run(messageId, channel, target, accountId)
    return Number(result.changes) === 1
  }

  /** Ends an attempt; false when none was under way. */
  settle(messageId: string, { channel, target, accountId }: ForwardTarget, change: ForwardChange): boolean {
    const result = this.#database.prepare(`UPDATE forwards SET state = ?, error = ?, due_at = ?, platform_id = ? WHERE ${KEY} AND state = 'handed'`)
      .run(change.state, change.error, change.dueAt, change.platformId, messageId, channel, target, accountId)
    return Number(result.changes) === 1
  }

  /** Forwards that a crash cut off. */
  interrupted(): ForwardRow[] {
    return this.#database.prepare("SELECT * FROM forwards WHERE state = 'handed'").all().map(fromRow)
  }

  pending(limit: number): ForwardRow[] {
    return this.#database.prepare("SELECT * FROM forwards WHERE state = 'pending' ORDER BY due_at LIMIT ?").all(limit).map(fromRow)
  }

  /** The message that a channel shows under one of these IDs. */
  messageShownAs(channel: string, platformId: string): string | undefined {
    const row = this.#database.prepare('SELECT message_id FROM forwards WHERE channel = ? AND platform_id = ? LIMIT 1').get(channel, platformId)
    return typeof row?.['message_id'] === 'string' ? row['message_id'] : undefined
  }

  prune(before: number): void {
    this.#database.prepare("DELETE FROM forwards WHERE created_at < ? AND state NOT IN ('pending', 'handed')").run(before)
  }
}

function fromRow(row: Record<string, SQLOutputValue>): ForwardRow {
  return {
    messageId: String(row['message_id']),
    channel: String(row['channel']),
    target: String(row['target']),
    accountId: String(row['account_id']),
    state: String(row['state']) as ForwardState,
    error: typeof row['error'] === 'string' ? row['error'] : null,
    attempts: Number(row['attempts']),
    dueAt: Number(row['due_at']),
    createdAt: Number(row['created_at'])
  }
}
