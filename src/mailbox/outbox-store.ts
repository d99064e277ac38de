/** Our messages in SQLite: one row from the moment a sender was told `queued` until long after its end. */
import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite'
import type { MeshError } from '../lib/errors.ts'
import type { DeliveryState } from '../mesh-api.ts'
import type { MessageKind, TargetDelivery, WireAck, WireCall } from '../protocols/wire-message.ts'

export const OUTBOX_MIGRATIONS = [`
  CREATE TABLE outbox (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    peer_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    text TEXT NOT NULL,
    receipt TEXT,
    in_reply_to TEXT,
    hops INTEGER NOT NULL,
    state TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    retry_at INTEGER NOT NULL DEFAULT 0,
    error_code TEXT,
    error_text TEXT,
    deliveries TEXT,
    replies INTEGER NOT NULL DEFAULT 0,
    queued_at INTEGER NOT NULL,
    sent_at INTEGER,
    received_at INTEGER,
    held_at INTEGER,
    delivered_at INTEGER,
    uncertain_at INTEGER,
    replied_at INTEGER,
    failed_at INTEGER,
    expired_at INTEGER
  ) STRICT;
  CREATE INDEX outbox_waiting ON outbox (peer_id, seq) WHERE state IN ('queued', 'sent');
  CREATE INDEX outbox_expiry ON outbox (expires_at)`,
'ALTER TABLE outbox ADD COLUMN call TEXT'] as const

/** A message as it is queued. */
export interface OutboxDraft {
  id: string
  peerId: string
  kind: MessageKind
  text: string
  receipt?: WireAck
  call?: WireCall
  inReplyTo?: string
  hops: number
  expiresAt: number
}

export interface OutboxRow extends OutboxDraft {
  seq: number
  state: DeliveryState
  retryAt: number
  error: { code: string, text: string } | null
  replies: number
  deliveries: TargetDelivery[] | null
  /** When each state was last entered, in ms since the epoch. */
  times: Partial<Record<DeliveryState, number>>
}

/** A state that a message entered; `sentAt` where it was written since the row was stored. */
export interface StateChange {
  id: string
  state: DeliveryState
  at: number
  sentAt?: number
  error?: MeshError | undefined
}

export interface WaitingCount {
  peerId: string
  waiting: number
}

const STATES: readonly DeliveryState[] = ['queued', 'sent', 'held', 'received', 'uncertain', 'delivered', 'replied', 'failed', 'expired']
const WAITING = "state IN ('queued', 'sent')"

/** Statements only; who calls them when, and in which transaction, is the outbox's business. */
export class OutboxStore {
  readonly #database: DatabaseSync
  readonly #insert: StatementSync
  readonly #byId: StatementSync
  readonly #waiting: StatementSync
  readonly #setState: ReadonlyMap<DeliveryState, StatementSync>

  constructor(database: DatabaseSync) {
    this.#database = database
    this.#insert = database.prepare(`INSERT INTO outbox (id, peer_id, kind, text, receipt, call, in_reply_to, hops, state, expires_at, queued_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'queued', ?, ?) ON CONFLICT (id) DO NOTHING`)
    this.#byId = database.prepare('SELECT * FROM outbox WHERE id = ?')
    this.#waiting = database.prepare(`SELECT * FROM outbox WHERE peer_id = ? AND seq > ? AND ${WAITING} AND retry_at <= ?
      AND expires_at > ? ORDER BY seq LIMIT ?`)
    this.#setState = new Map(STATES.map(state => [state, database.prepare(
      `UPDATE outbox SET state = '${state}', ${state}_at = ?, sent_at = coalesce(?, sent_at), error_code = ?, error_text = ? WHERE id = ?`)]))
  }

  /** @returns the row's sequence number; undefined when a message has this ID already */
  insert(draft: OutboxDraft, now: number): number | undefined {
    const receipt = draft.receipt === undefined ? null : JSON.stringify(draft.receipt)
    const call = draft.call === undefined ? null : JSON.stringify(draft.call)
    const result = this.#insert.run(draft.id, draft.peerId, draft.kind, draft.text, receipt, call, draft.inReplyTo ?? null, draft.hops, draft.expiresAt, now)
    return Number(result.changes) === 1 ? Number(result.lastInsertRowid) : undefined
  }

  get(id: string): OutboxRow | undefined {
    const row = this.#byId.get(id)
    return row === undefined ? undefined : fromRow(row)
  }

  /** Messages to the peer that wait, are due and not overdue, in the order in which they were queued. */
  waiting(query: { peerId: string, afterSeq: number, now: number, limit: number }): OutboxRow[] {
    return this.#waiting.all(query.peerId, query.afterSeq, query.now, query.now, query.limit).map(fromRow)
  }

  waitingCounts(): WaitingCount[] {
    const rows = this.#database.prepare(`SELECT peer_id, count(*) AS waiting FROM outbox WHERE ${WAITING} GROUP BY peer_id`).all()
    return rows.map(row => ({ peerId: String(row['peer_id']), waiting: Number(row['waiting']) }))
  }

  /** When the last waiting message of the peer becomes due again after a temporary refusal; 0 with none refused. */
  retryAt(peerId: string): number {
    const row = this.#database.prepare(`SELECT max(retry_at) AS at FROM outbox WHERE peer_id = ? AND ${WAITING}`).get(peerId)
    return Number(row?.['at'] ?? 0)
  }

  setState(change: StateChange): void {
    this.#setState.get(change.state)?.run(change.at, change.sentAt ?? null, change.error?.code ?? null, change.error?.message ?? null, change.id)
  }

  /** Keeps a temporarily refused message until `retryAt`. */
  postpone(id: string, retryAt: number, error: MeshError): void {
    this.#database.prepare(`UPDATE outbox SET state = 'queued', retry_at = ?, error_code = ?, error_text = ? WHERE id = ? AND ${WAITING}`)
      .run(retryAt, error.code, error.message, id)
  }

  /** The stream that carried the message ended: it waits again. */
  noteSent(id: string, sentAt: number): void {
    this.#database.prepare(`UPDATE outbox SET state = 'queued', sent_at = ? WHERE id = ? AND ${WAITING}`).run(sentAt, id)
  }

  /** What the recipient said about its channels, and the error where some failed. */
  noteDeliveries(id: string, deliveries: readonly TargetDelivery[], error: MeshError | undefined): void {
    this.#database.prepare('UPDATE outbox SET deliveries = ?, error_code = ?, error_text = ? WHERE id = ?')
      .run(JSON.stringify(deliveries), error?.code ?? null, error?.message ?? null, id)
  }

  countReply(id: string): void {
    this.#database.prepare('UPDATE outbox SET replies = replies + 1 WHERE id = ?').run(id)
  }

  /** IDs and peers of waiting messages whose time to live ran out. */
  overdue(now: number, limit: number): Array<{ id: string, peerId: string }> {
    const rows = this.#database.prepare(`SELECT id, peer_id FROM outbox WHERE expires_at <= ? AND ${WAITING} LIMIT ?`).all(now, limit)
    return rows.map(row => ({ id: String(row['id']), peerId: String(row['peer_id']) }))
  }

  /** Drops ended messages that expired before `before`. */
  prune(before: number): void {
    this.#database.prepare(`DELETE FROM outbox WHERE expires_at < ? AND NOT ${WAITING}`).run(before)
  }
}

function fromRow(row: Record<string, SQLOutputValue>): OutboxRow {
  const times: Partial<Record<DeliveryState, number>> = {}
  for (const state of STATES) {
    const at = row[`${state}_at`]
    if (typeof at === 'number') times[state] = at
  }
  return {
    seq: Number(row['seq']),
    id: String(row['id']),
    peerId: String(row['peer_id']),
    kind: String(row['kind']) as MessageKind,
    text: String(row['text']),
    ...typeof row['receipt'] === 'string' && { receipt: JSON.parse(row['receipt']) as WireAck },
    ...typeof row['call'] === 'string' && { call: JSON.parse(row['call']) as WireCall },
    ...typeof row['in_reply_to'] === 'string' && { inReplyTo: row['in_reply_to'] },
    hops: Number(row['hops']),
    expiresAt: Number(row['expires_at']),
    state: String(row['state']) as DeliveryState,
    retryAt: Number(row['retry_at']),
    error: typeof row['error_code'] === 'string' ? { code: row['error_code'], text: String(row['error_text'] ?? '') } : null,
    replies: Number(row['replies']),
    deliveries: typeof row['deliveries'] === 'string' ? JSON.parse(row['deliveries']) as TargetDelivery[] : null,
    times
  }
}
