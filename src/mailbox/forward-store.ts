/** Which message goes to which channel of the owner, what became of it, and under which IDs it is shown there, in SQLite. */
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
  CREATE INDEX forwards_platform ON forwards (channel, platform_id) WHERE platform_id IS NOT NULL`, `
  CREATE TABLE forwards_shown (
    channel TEXT NOT NULL,
    platform_id TEXT NOT NULL,
    message_id TEXT NOT NULL,
    target TEXT NOT NULL,
    account_id TEXT NOT NULL,
    shown_at INTEGER NOT NULL,
    PRIMARY KEY (channel, platform_id, message_id, target, account_id)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO forwards_shown SELECT channel, platform_id, message_id, target, account_id, created_at FROM forwards WHERE platform_id IS NOT NULL;
  DROP INDEX forwards_platform;
  DROP INDEX forwards_due;
  ALTER TABLE forwards DROP COLUMN platform_id;
  CREATE INDEX forwards_open ON forwards (channel, target, account_id, created_at) WHERE state IN ('pending', 'handed')`] as const

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
}

/** A message and the place where a channel shows it. */
export interface ShownForward extends ForwardTarget {
  messageId: string
}

const OPEN = "state IN ('pending', 'handed')"
const KEY = 'message_id = ? AND channel = ? AND target = ? AND account_id = ?'

export class ForwardStore {
  readonly #database: DatabaseSync
  readonly #insert: StatementSync

  constructor(database: DatabaseSync) {
    this.#database = database
    this.#insert = database.prepare(`INSERT OR IGNORE INTO forwards (message_id, channel, target, account_id, state, due_at, created_at)
      VALUES (?, ?, ?, ?, 'pending', ?, ?)`)
  }

  /** @param plannedAt orders the messages of a target */
  insert(messageId: string, { channel, target, accountId }: ForwardTarget, { now, plannedAt }: { now: number, plannedAt: number }): void {
    this.#insert.run(messageId, channel, target, accountId, now, plannedAt)
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

  setState(messageId: string, { channel, target, accountId }: ForwardTarget, change: ForwardChange): void {
    this.#database.prepare(`UPDATE forwards SET state = ?, error = ?, due_at = ? WHERE ${KEY}`)
      .run(change.state, change.error, change.dueAt, messageId, channel, target, accountId)
  }

  /** Forwards that are not over, to any target, in the order of their messages. */
  open(): ForwardRow[] {
    return this.#database.prepare(`SELECT * FROM forwards WHERE ${OPEN} ORDER BY created_at`).all().map(fromRow)
  }

  /** The oldest forward to the target that is not over. */
  head({ channel, target, accountId }: ForwardTarget): ForwardRow | undefined {
    const row = this.#database.prepare(`SELECT * FROM forwards WHERE channel = ? AND target = ? AND account_id = ? AND ${OPEN} ORDER BY created_at LIMIT 1`)
      .get(channel, target, accountId)
    return row === undefined ? undefined : fromRow(row)
  }

  /** Notes an ID under which the channel shows the message; long messages have several. */
  noteShown(messageId: string, { channel, target, accountId }: ForwardTarget, shown: { platformId: string, at: number }): void {
    this.#database.prepare('INSERT OR IGNORE INTO forwards_shown (channel, platform_id, message_id, target, account_id, shown_at) VALUES (?, ?, ?, ?, ?, ?)')
      .run(channel, shown.platformId, messageId, target, accountId, shown.at)
  }

  /** What a channel shows under this ID: one message, or one in each of several chats that number theirs alike. */
  shownAs(channel: string, platformId: string): ShownForward[] {
    const rows = this.#database.prepare('SELECT message_id, target, account_id FROM forwards_shown WHERE channel = ? AND platform_id = ?').all(channel, platformId)
    return rows.map(row => ({ channel, messageId: String(row['message_id']), target: String(row['target']), accountId: String(row['account_id']) }))
  }

  prune(before: number): void {
    this.#database.prepare(`DELETE FROM forwards WHERE created_at < ? AND NOT ${OPEN}`).run(before)
    this.#database.prepare('DELETE FROM forwards_shown WHERE shown_at < ?').run(before)
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
