/** Messages that peers left here, in SQLite; what was acknowledged as received is a row. */
import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from 'node:sqlite'
import type { CallNote, InboxKind } from '../mesh-api.ts'

export const INBOX_MIGRATIONS = [`
  CREATE TABLE inbox (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    peer_id TEXT NOT NULL,
    address TEXT NOT NULL,
    kind TEXT NOT NULL,
    text TEXT NOT NULL,
    in_reply_to TEXT,
    hops INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('received', 'held', 'delivered', 'uncertain')),
    turn TEXT NOT NULL CHECK (turn IN ('none', 'open', 'claimed', 'done')),
    is_unread INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    turn_at INTEGER,
    expires_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX inbox_peer ON inbox (peer_id, seq);
  CREATE INDEX inbox_held ON inbox (peer_id) WHERE state = 'held';
  CREATE INDEX inbox_unread ON inbox (seq) WHERE is_unread = 1;
  CREATE INDEX inbox_open ON inbox (received_at) WHERE turn = 'open';
  CREATE INDEX inbox_claimed ON inbox (received_at) WHERE turn = 'claimed';
  CREATE INDEX inbox_ended ON inbox (expires_at) WHERE is_unread = 0 AND turn IN ('none', 'done');
  CREATE INDEX inbox_turn_at ON inbox (turn_at) WHERE turn_at IS NOT NULL`,
'ALTER TABLE inbox ADD COLUMN topic TEXT', 'ALTER TABLE inbox ADD COLUMN call TEXT'] as const

export type InboxState = 'received' | 'held' | 'delivered' | 'uncertain'

/** Where a message stands with the agent: `none` never starts a turn, `open` may, `claimed` is being taken, `done` was. */
export type TurnState = 'none' | 'open' | 'claimed' | 'done'

export interface InboxRow {
  seq: number
  id: string
  peerId: string
  /** Host part of the address that it came from; for the caps on strangers. */
  address: string
  kind: InboxKind
  /** Of a broadcast. */
  topic?: string
  text: string
  inReplyTo: string | undefined
  /** Of the kind `call`. */
  call?: CallNote
  hops: number
  state: InboxState
  turn: TurnState
  isUnread: boolean
  receivedAt: number
  expiresAt: number
}

export interface InboxFilter {
  peerId?: string | undefined
  unreadOnly?: boolean | undefined
  limit: number
}

/** How much is stored, or was dropped. */
export interface InboxTotals {
  messages: number
  textBytes: number
}

export interface HeldCounts {
  ofPeer: number
  ofAddress: number
  total: number
}

/** Held for the owner's approval of its sender. */
const WAITING = "state = 'held' AND kind <> 'broadcast'"

/** Read, and no turn can come of it. */
const ENDED = "is_unread = 0 AND turn IN ('none', 'done')"

/** Statements only; transactions and decisions belong to the inbox. */
export class InboxStore {
  readonly #database: DatabaseSync
  readonly #insert: StatementSync
  readonly #byId: StatementSync

  constructor(database: DatabaseSync) {
    this.#database = database
    this.#insert = database.prepare(`INSERT INTO inbox (id, peer_id, address, kind, topic, text, in_reply_to, call, hops, state, turn, is_unread, received_at, expires_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?)`)
    this.#byId = database.prepare('SELECT * FROM inbox WHERE id = ?')
  }

  insert(row: Omit<InboxRow, 'seq' | 'isUnread'>): void {
    const call = row.call === undefined ? null : JSON.stringify(row.call)
    this.#insert.run(row.id, row.peerId, row.address, row.kind, row.topic ?? null, row.text, row.inReplyTo ?? null, call, row.hops, row.state, row.turn,
      row.receivedAt, row.expiresAt)
  }

  get(id: string): InboxRow | undefined {
    const row = this.#byId.get(id)
    return row === undefined ? undefined : fromRow(row)
  }

  /** The newest messages, oldest of them first. */
  list(filter: InboxFilter): InboxRow[] {
    const conditions = ['1 = 1']
    const values: SQLInputValue[] = []
    if (filter.peerId !== undefined) {
      conditions.push('peer_id = ?')
      values.push(filter.peerId)
    }
    if (filter.unreadOnly === true) conditions.push('is_unread = 1')
    const rows = this.#database.prepare(`SELECT * FROM inbox WHERE ${conditions.join(' AND ')} ORDER BY seq DESC LIMIT ?`).all(...values, filter.limit)
    return rows.map(fromRow).reverse()
  }

  unreadCount(): number {
    return this.#count('SELECT count(*) AS n FROM inbox WHERE is_unread = 1')
  }

  /** Reads the whole inbox. */
  totals(): InboxTotals {
    const row = this.#database.prepare('SELECT count(*) AS messages, coalesce(sum(octet_length(text)), 0) AS bytes FROM inbox').get()
    return { messages: Number(row?.['messages'] ?? 0), textBytes: Number(row?.['bytes'] ?? 0) }
  }

  /** Messages that wait for approval; broadcasts do not, they were sent to everybody. */
  heldCounts(peerId: string, address: string): HeldCounts {
    return {
      ofPeer: this.#count(`SELECT count(*) AS n FROM inbox WHERE ${WAITING} AND peer_id = ?`, peerId),
      ofAddress: this.#count(`SELECT count(*) AS n FROM inbox WHERE ${WAITING} AND address = ?`, address),
      total: this.#count(`SELECT count(*) AS n FROM inbox WHERE ${WAITING}`)
    }
  }

  heldByPeer(): Map<string, number> {
    const rows = this.#database.prepare(`SELECT peer_id, count(*) AS n FROM inbox WHERE ${WAITING} GROUP BY peer_id`).all()
    return new Map(rows.map(row => [String(row['peer_id']), Number(row['n'])]))
  }

  /** Makes held messages of an approved peer received ones; each is returned exactly once. An old broadcast is nothing to answer. */
  releaseHeld(peerId: string): InboxRow[] {
    const rows = this.#database.prepare("UPDATE inbox SET state = 'received', turn = iif(kind = 'broadcast', 'none', 'open') WHERE state = 'held' AND peer_id = ? RETURNING *").all(peerId)
    return rows.map(fromRow).sort((one, other) => one.seq - other.seq)
  }

  removeHeld(peerId: string): InboxTotals {
    return this.#remove("state = 'held' AND peer_id = ?", peerId)
  }

  /** Drops the oldest held broadcasts beyond so many, of one author or of all. */
  removeHeldBroadcastsBeyond(count: number, peerId?: string): InboxTotals {
    const ofPeer = peerId === undefined ? '' : 'AND peer_id = ?'
    return this.#remove(`seq IN (SELECT seq FROM inbox WHERE state = 'held' AND kind = 'broadcast' ${ofPeer} ORDER BY seq DESC LIMIT -1 OFFSET ?)`,
      ...peerId === undefined ? [] : [peerId], count)
  }

  markRead(ids: readonly string[]): void {
    const statement = this.#database.prepare('UPDATE inbox SET is_unread = 0 WHERE id = ?')
    for (const id of ids) statement.run(id)
  }

  /** Moves the turn of a message on, where it stands at `from`; false where it does not. */
  moveTurn(id: string, move: { from: TurnState, to: TurnState, at?: number }): boolean {
    const result = this.#database.prepare('UPDATE inbox SET turn = ?, turn_at = coalesce(?, turn_at) WHERE id = ? AND turn = ?')
      .run(move.to, move.at ?? null, id, move.from)
    return Number(result.changes) === 1
  }

  setState(id: string, state: InboxState): void {
    this.#database.prepare('UPDATE inbox SET state = ? WHERE id = ?').run(state, id)
  }

  withTurn(turn: 'open' | 'claimed', receivedSince: number, limit: number): InboxRow[] {
    return this.#database.prepare(`SELECT * FROM inbox WHERE turn = '${turn}' AND received_at >= ? ORDER BY received_at, seq LIMIT ?`)
      .all(receivedSince, limit).map(fromRow)
  }

  /** Turns started since then, by one peer or by all. The `+` keeps SQLite from going through all messages of the peer. */
  turnsSince(since: number, peerId?: string): number {
    return peerId === undefined
      ? this.#count('SELECT count(*) AS n FROM inbox WHERE turn_at >= ?', since)
      : this.#count('SELECT count(*) AS n FROM inbox WHERE turn_at >= ? AND +peer_id = ?', since, peerId)
  }

  /** Messages that nobody took before `before` start no turn any more. */
  closeStaleTurns(before: number): void {
    this.#database.prepare("UPDATE inbox SET turn = 'none' WHERE turn = 'open' AND received_at < ?").run(before)
  }

  /** What was said in a call that is over starts no turn any more. */
  closeTurnsOfCall(callId: string): void {
    this.#database.prepare("UPDATE inbox SET turn = 'none' WHERE turn = 'open' AND call ->> '$.callId' = ?").run(callId)
  }

  /** Drops read messages that expired before `before`. */
  removeExpired(before: number): InboxTotals {
    return this.#remove(`expires_at < ? AND ${ENDED}`, before)
  }

  /** Drops the oldest read messages. */
  removeOldest(count: number): InboxTotals {
    return this.#remove(`seq IN (SELECT seq FROM inbox WHERE ${ENDED} ORDER BY seq LIMIT ?)`, count)
  }

  #remove(condition: string, ...values: SQLInputValue[]): InboxTotals {
    const removed = this.#database.prepare(`DELETE FROM inbox WHERE ${condition} RETURNING octet_length(text) AS bytes`).all(...values)
    return { messages: removed.length, textBytes: removed.reduce((sum, row) => sum + Number(row['bytes']), 0) }
  }

  #count(sql: string, ...values: SQLInputValue[]): number {
    return Number(this.#database.prepare(sql).get(...values)?.['n'] ?? 0)
  }
}

function fromRow(row: Record<string, SQLOutputValue>): InboxRow {
  return {
    seq: Number(row['seq']),
    id: String(row['id']),
    peerId: String(row['peer_id']),
    address: String(row['address']),
    kind: String(row['kind']) as InboxKind,
    ...typeof row['topic'] === 'string' && { topic: row['topic'] },
    text: String(row['text']),
    inReplyTo: typeof row['in_reply_to'] === 'string' ? row['in_reply_to'] : undefined,
    ...typeof row['call'] === 'string' && { call: JSON.parse(row['call']) as CallNote },
    hops: Number(row['hops']),
    state: String(row['state']) as InboxState,
    turn: String(row['turn']) as TurnState,
    isUnread: row['is_unread'] === 1,
    receivedAt: Number(row['received_at']),
    expiresAt: Number(row['expires_at'])
  }
}
