/** File transfers in SQLite: one row from the offer until long after its end. Bytes are counted by the files themselves. */
import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from 'node:sqlite'
import type { MeshError } from '../lib/errors.ts'
import type { TransferState } from '../mesh-api.ts'
import { nextTransferState, type TransferEvent } from './transfer-machine.ts'

export const TRANSFER_MIGRATIONS = [`
  CREATE TABLE transfers (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    direction TEXT NOT NULL CHECK (direction IN ('in', 'out')),
    peer_id TEXT NOT NULL,
    name TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    sha256 TEXT,
    text TEXT NOT NULL,
    call_id TEXT,
    hops INTEGER NOT NULL,
    state TEXT NOT NULL,
    is_kept INTEGER NOT NULL DEFAULT 0,
    is_told INTEGER NOT NULL DEFAULT 0,
    path TEXT,
    stamp TEXT,
    message_id TEXT UNIQUE,
    moved INTEGER NOT NULL DEFAULT 0,
    error_code TEXT,
    error_text TEXT,
    error_reason TEXT,
    started_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX transfers_open ON transfers (direction, peer_id) WHERE state IN ('asking', 'queued', 'moving');
  CREATE INDEX transfers_kept ON transfers (peer_id) WHERE is_kept = 1;
  CREATE INDEX transfers_untold ON transfers (peer_id) WHERE state = 'cancelled' AND direction = 'out' AND is_told = 0`] as const

export interface TransferDraft {
  id: string
  direction: 'in' | 'out'
  peerId: string
  /** What a peer calls it, in a safe form. */
  name: string
  bytes: number
  text: string
  callId: string | undefined
  hops: number
  state: TransferState
  /** Of ours: the file, links resolved. Of theirs: where it is, once it is whole. */
  path: string | undefined
  /** Of ours: what tells that it is still the same file. */
  stamp: string | undefined
}

/** With `complete` of a file of theirs: where it is kept, and the message of the inbox that tells of it. */
export interface KeptFile {
  path: string
  messageId: string
}

export interface TransferRow extends TransferDraft {
  seq: number
  /** Of ours: once the file was read as a whole. Of theirs: once it is here and was checked. */
  sha256: string | undefined
  /** What the recipient was known to have when it last came to rest. */
  moved: number
  error: { code: MeshError['code'], text: string, reason: string | undefined } | undefined
  startedAt: number
  updatedAt: number
}

export interface TransferMove {
  event: TransferEvent
  at: number
  moved?: number
  error?: MeshError
  kept?: KeptFile
}

/** Bytes and transfers that count against a limit. */
export interface Usage {
  files: number
  bytes: number
}

const OPEN = "state IN ('asking', 'queued', 'moving')"

/** Statements only; transactions and decisions belong to those who use it. */
export class TransferStore {
  readonly #database: DatabaseSync
  readonly #byId: StatementSync

  constructor(database: DatabaseSync) {
    this.#database = database
    this.#byId = database.prepare('SELECT * FROM transfers WHERE id = ?')
  }

  insert(draft: TransferDraft, now: number): TransferRow {
    this.#run(`INSERT INTO transfers (id, direction, peer_id, name, bytes, text, call_id, hops, state, path, stamp, started_at, updated_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, draft.id, draft.direction, draft.peerId, draft.name, draft.bytes, draft.text,
    draft.callId ?? null, draft.hops, draft.state, draft.path ?? null, draft.stamp ?? null, now, now)
    return { ...draft, seq: 0, sha256: undefined, moved: 0, error: undefined, startedAt: now, updatedAt: now }
  }

  get(id: string): TransferRow | undefined {
    const row = this.#byId.get(id)
    return row === undefined ? undefined : fromRow(row)
  }

  /** The file that a message of the inbox tells of. */
  ofMessage(messageId: string): TransferRow | undefined {
    return this.#rows('message_id = ?', messageId)[0]
  }

  /** Moves a transfer on; the row as it is then, or undefined where the event changes nothing. */
  move(id: string, { event, at, moved, error, kept }: TransferMove): TransferRow | undefined {
    const row = this.get(id)
    const state = row === undefined ? undefined : nextTransferState(row.state, event)
    if (row === undefined || state === undefined || (state === row.state && error === undefined)) return undefined
    this.#run('UPDATE transfers SET state = ?, updated_at = ?, moved = coalesce(?, moved) WHERE id = ?', state, at, moved ?? null, id)
    this.#noteError(id, error)
    if (kept !== undefined) this.#run('UPDATE transfers SET is_kept = 1, path = ?, message_id = ? WHERE id = ?', kept.path, kept.messageId, id)
    return this.get(id)
  }

  /** Unfinished ones, in the order in which they began; of one peer or of all. */
  open(direction: 'in' | 'out', peerId?: string): TransferRow[] {
    const which = peerId === undefined ? [direction] : [direction, peerId]
    return this.#rows(`${OPEN} AND direction = ?${peerId === undefined ? '' : ' AND peer_id = ?'} ORDER BY seq`, ...which)
  }

  /** The newest first. */
  list({ direction, limit }: { direction: 'in' | 'out' | undefined, limit: number }): TransferRow[] {
    return direction === undefined ? this.#rows('1 ORDER BY seq DESC LIMIT ?', limit) : this.#rows('direction = ? ORDER BY seq DESC LIMIT ?', direction, limit)
  }

  /** Given up here, and the recipient does not know. */
  untold(peerId?: string): TransferRow[] {
    const where = "state = 'cancelled' AND direction = 'out' AND is_told = 0"
    return peerId === undefined ? this.#rows(`${where} ORDER BY seq`) : this.#rows(`${where} AND peer_id = ? ORDER BY seq`, peerId)
  }

  noteHash(id: string, sha256: string): void {
    this.#run('UPDATE transfers SET sha256 = ? WHERE id = ?', sha256, id)
  }

  noteTold(id: string): void {
    this.#run('UPDATE transfers SET is_told = 1 WHERE id = ?', id)
  }

  /** Files of peers that are here. */
  kept(peerId?: string): TransferRow[] {
    return peerId === undefined ? this.#rows('is_kept = 1') : this.#rows('is_kept = 1 AND peer_id = ?', peerId)
  }

  /** The owner took a file away. */
  noteGone(id: string): void {
    this.#run('UPDATE transfers SET is_kept = 0 WHERE id = ?', id)
  }

  /** What is kept and what is let in, of one peer or of all. */
  usage(peerId?: string): Usage {
    const row = this.#database.prepare(`SELECT count(*) AS files, coalesce(sum(bytes), 0) AS bytes FROM transfers
      WHERE (is_kept = 1 OR (direction = 'in' AND state IN ('queued', 'moving'))) AND (?1 IS NULL OR peer_id = ?1)`).get(peerId ?? null)
    return { files: Number(row?.['files'] ?? 0), bytes: Number(row?.['bytes'] ?? 0) }
  }

  /** Unfinished ones in which nothing happened since `before`. */
  stale(before: number): TransferRow[] {
    return this.#rows(`${OPEN} AND state <> 'moving' AND updated_at < ?`, before)
  }

  /** Forgets what ended before `before`, and all but the newest `count` that ended; kept files are not forgotten. */
  prune(before: number, count: number): void {
    const ended = `NOT ${OPEN} AND is_kept = 0`
    this.#run(`DELETE FROM transfers WHERE ${ended} AND (updated_at < ? OR seq NOT IN (SELECT seq FROM transfers WHERE ${ended} ORDER BY seq DESC LIMIT ?))`, before, count)
  }

  #noteError(id: string, error: MeshError | undefined): void {
    this.#run('UPDATE transfers SET error_code = ?, error_text = ?, error_reason = ? WHERE id = ?', error?.code ?? null, error?.message ?? null, error?.reason ?? null, id)
  }

  #run(sql: string, ...values: SQLInputValue[]): void {
    this.#database.prepare(sql).run(...values)
  }

  #rows(where: string, ...values: SQLInputValue[]): TransferRow[] {
    return this.#database.prepare(`SELECT * FROM transfers WHERE ${where}`).all(...values).map(fromRow)
  }
}

function fromRow(row: Record<string, SQLOutputValue>): TransferRow {
  const text = (key: string): string | undefined => typeof row[key] === 'string' ? row[key] : undefined
  const code = text('error_code')
  return {
    seq: Number(row['seq']),
    id: String(row['id']),
    direction: row['direction'] === 'in' ? 'in' : 'out',
    peerId: String(row['peer_id']),
    name: String(row['name']),
    bytes: Number(row['bytes']),
    sha256: text('sha256'),
    text: String(row['text']),
    callId: text('call_id'),
    hops: Number(row['hops']),
    state: String(row['state']) as TransferState,
    path: text('path'),
    stamp: text('stamp'),
    moved: Number(row['moved']),
    error: code === undefined ? undefined : { code: code as MeshError['code'], text: text('error_text') ?? '', reason: text('error_reason') },
    startedAt: Number(row['started_at']),
    updatedAt: Number(row['updated_at'])
  }
}
