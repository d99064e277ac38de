/** Calls and their transcripts in SQLite; a call stands there as both sides know it, so that it survives a restart of either. */
import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite'
import type { CallEndReason, CallEntry, CallSpeaker } from '../mesh-api.ts'
import type { CallPhase } from './call-machine.ts'

export const CALL_MIGRATIONS = [`
  CREATE TABLE calls (
    id TEXT PRIMARY KEY,
    peer_id TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('caller', 'callee')),
    topic TEXT NOT NULL,
    phase TEXT NOT NULL,
    speaker TEXT NOT NULL,
    hops INTEGER NOT NULL,
    out_seq INTEGER NOT NULL,
    in_seq INTEGER NOT NULL,
    clock INTEGER NOT NULL,
    deadline INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at INTEGER,
    end_reason TEXT,
    end_text TEXT
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX calls_open ON calls (started_at) WHERE phase <> 'ended';
  CREATE INDEX calls_started ON calls (started_at);
  CREATE TABLE call_entries (
    call_id TEXT NOT NULL REFERENCES calls (id) ON DELETE CASCADE,
    is_own INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    clock INTEGER NOT NULL,
    kind TEXT NOT NULL,
    text TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (call_id, is_own, seq)
  ) STRICT, WITHOUT ROWID`] as const

export interface CallRow {
  id: string
  peerId: string
  role: 'caller' | 'callee'
  topic: string
  phase: CallPhase
  speaker: CallSpeaker
  /** How many agents the conversation that led to it passed through: whatever is said in it carries this. */
  hops: number
  /** Steps of ours, and of the peer, so far. */
  outSeq: number
  inSeq: number
  /** Of the last step of either side. */
  clock: number
  /** When it stops ringing, or counts as forgotten. */
  deadline: number
  startedAt: number
  endedAt: number | null
  endReason: CallEndReason | null
  endText: string | null
}

export interface EntryRow extends Pick<CallEntry, 'seq' | 'kind' | 'text' | 'at'> {
  callId: string
  isOwn: boolean
  clock: number
}

/** Statements only; transactions and decisions belong to the calls. */
export class CallStore {
  readonly #database: DatabaseSync
  readonly #save: StatementSync

  constructor(database: DatabaseSync) {
    this.#database = database
    this.#save = database.prepare(`INSERT INTO calls
      (id, peer_id, role, topic, phase, speaker, hops, out_seq, in_seq, clock, deadline, started_at, ended_at, end_reason, end_text)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (id) DO UPDATE SET phase = excluded.phase, speaker = excluded.speaker, out_seq = excluded.out_seq, in_seq = excluded.in_seq,
        clock = excluded.clock, deadline = excluded.deadline, ended_at = excluded.ended_at, end_reason = excluded.end_reason, end_text = excluded.end_text`)
  }

  save(row: CallRow): void {
    this.#save.run(row.id, row.peerId, row.role, row.topic, row.phase, row.speaker, row.hops, row.outSeq, row.inSeq, row.clock, row.deadline,
      row.startedAt, row.endedAt, row.endReason, row.endText)
  }

  get(id: string): CallRow | undefined {
    const row = this.#database.prepare('SELECT * FROM calls WHERE id = ?').get(id)
    return row === undefined ? undefined : fromRow(row)
  }

  /** Calls that did not end, the oldest first. */
  open(): CallRow[] {
    return this.#database.prepare("SELECT * FROM calls WHERE phase <> 'ended' ORDER BY started_at, id").all().map(fromRow)
  }

  /** The newest first. */
  list(limit: number): CallRow[] {
    return this.#database.prepare('SELECT * FROM calls ORDER BY started_at DESC, id DESC LIMIT ?').all(limit).map(fromRow)
  }

  addEntry({ callId, isOwn, seq, clock, kind, text, at }: EntryRow): void {
    this.#database.prepare('INSERT INTO call_entries (call_id, is_own, seq, clock, kind, text, at) VALUES (?, ?, ?, ?, ?, ?, ?)')
      .run(callId, isOwn ? 1 : 0, seq, clock, kind, text, at)
  }

  /** In the order on which both sides agree: by clock, and the caller's first where they are alike. */
  entries({ id, role }: Pick<CallRow, 'id' | 'role'>): EntryRow[] {
    const rows = this.#database.prepare(`SELECT * FROM call_entries WHERE call_id = ? ORDER BY clock, is_own ${role === 'caller' ? 'DESC' : 'ASC'}, seq`).all(id)
    return rows.map(row => ({
      callId: id, isOwn: row['is_own'] === 1, seq: Number(row['seq']), clock: Number(row['clock']),
      kind: String(row['kind']) as CallEntry['kind'], text: String(row['text']), at: Number(row['at'])
    }))
  }

  hasEntry(callId: string, kind: CallEntry['kind']): boolean {
    return this.#database.prepare('SELECT 1 FROM call_entries WHERE call_id = ? AND kind = ? LIMIT 1').get(callId, kind) !== undefined
  }

  /** Drops calls that ended before `before`, and all but the newest `count`. */
  prune(before: number, count: number): void {
    this.#database.prepare(`DELETE FROM calls WHERE phase = 'ended' AND (ended_at < ?
      OR id NOT IN (SELECT id FROM calls WHERE phase = 'ended' ORDER BY started_at DESC, id DESC LIMIT ?))`).run(before, count)
  }
}

function fromRow(row: Record<string, SQLOutputValue>): CallRow {
  return {
    id: String(row['id']),
    peerId: String(row['peer_id']),
    role: String(row['role']) as CallRow['role'],
    topic: String(row['topic']),
    phase: String(row['phase']) as CallPhase,
    speaker: String(row['speaker']) as CallSpeaker,
    hops: Number(row['hops']),
    outSeq: Number(row['out_seq']),
    inSeq: Number(row['in_seq']),
    clock: Number(row['clock']),
    deadline: Number(row['deadline']),
    startedAt: Number(row['started_at']),
    endedAt: row['ended_at'] === null ? null : Number(row['ended_at']),
    endReason: row['end_reason'] === null ? null : String(row['end_reason']) as CallEndReason,
    endText: row['end_text'] === null ? null : String(row['end_text'])
  }
}
