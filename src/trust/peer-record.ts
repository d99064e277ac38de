/** What the peer book holds of one peer, and its row in the database. */
import type { DatabaseSync, SQLInputValue, SQLOutputValue } from 'node:sqlite'
import type { ApprovalStatus, KnownBy } from '../mesh-api.ts'

export const PEER_BOOK_MIGRATIONS = [`
  CREATE TABLE peers (
    peer_id TEXT PRIMARY KEY,
    agent_id TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('unknown', 'approved', 'blocked')),
    alias TEXT UNIQUE COLLATE NOCASE,
    is_added INTEGER NOT NULL,
    code TEXT UNIQUE,
    first_seen INTEGER NOT NULL,
    last_seen INTEGER,
    decided_at INTEGER
  ) STRICT, WITHOUT ROWID`, `
  ALTER TABLE peers ADD COLUMN known_by TEXT NOT NULL DEFAULT 'contact';
  ALTER TABLE peers ADD COLUMN introduced_by TEXT;
  ALTER TABLE peers ADD COLUMN pinned_name TEXT;
  ALTER TABLE peers ADD COLUMN is_agent_barred INTEGER NOT NULL DEFAULT 0;
  UPDATE peers SET known_by = 'added' WHERE is_added = 1;
  UPDATE peers SET known_by = 'approval' WHERE status = 'approved'`] as const

/** What is known about a peer. Times in ms since the epoch. */
export interface PeerRecord {
  readonly peerId: string
  readonly agentId: string
  readonly status: ApprovalStatus
  readonly alias: string | null
  /** Whether the owner or the agent added it by name; such a peer is never dropped to make room. */
  readonly isAdded: boolean
  /** The code to approve it with, once it left a message. */
  readonly code: string | null
  readonly firstSeen: number
  readonly lastSeen: number | null
  /** When the owner last approved, blocked or reset it. */
  readonly decidedAt: number | null
  readonly knownBy: KnownBy
  /** The peer that told of it. */
  readonly introducedBy: string | null
  /** The instance name that belongs to this peer here, whoever else claims it. */
  readonly pinnedName: string | null
  /** The owner keeps messages to it for himself. */
  readonly isAgentBarred: boolean
}

/** A peer's two IDs in text form. */
export type PeerIdentity = Pick<PeerRecord, 'peerId' | 'agentId'>

/** How a peer became known; the later ones say more about it than the earlier ones. */
const WAYS = ['contact', 'peer', 'lan', 'config', 'added', 'approval', 'invite'] as const satisfies readonly KnownBy[]

/** A peer of which nothing is known but its key. */
export function newPeer({ peerId, agentId }: PeerIdentity, firstSeen: number): PeerRecord {
  return {
    peerId, agentId, firstSeen, status: 'unknown', alias: null, isAdded: false, code: null, lastSeen: null, decidedAt: null,
    knownBy: 'contact', introducedBy: null, pinnedName: null, isAgentBarred: false
  }
}

/** The way that says more. */
export function betterWay(known: KnownBy, found: KnownBy): KnownBy {
  return WAYS.indexOf(found) > WAYS.indexOf(known) ? found : known
}

/** Whether the record may go to make room: nobody decided about the peer or gave it a name. */
export function isDroppable(peer: PeerRecord): boolean {
  return peer.status === 'unknown' && !peer.isAdded && peer.alias === null && !peer.isAgentBarred
}

/** Whether the first of two such records goes before the second. */
export function isDroppedBefore(peer: PeerRecord, other: PeerRecord): boolean {
  if ((peer.code === null) !== (other.code === null)) return peer.code === null
  return (peer.lastSeen ?? peer.firstSeen) < (other.lastSeen ?? other.firstSeen)
}

/** Stores the record; call it in a transaction. */
export function saveRecord(database: DatabaseSync, peer: PeerRecord): void {
  const row = toRow(peer)
  const columns = Object.keys(row)
  database.prepare(`INSERT OR REPLACE INTO peers (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`).run(...Object.values(row))
}

function toRow(peer: PeerRecord): Record<string, SQLInputValue> {
  return {
    peer_id: peer.peerId,
    agent_id: peer.agentId,
    status: peer.status,
    alias: peer.alias,
    is_added: Number(peer.isAdded),
    code: peer.code,
    first_seen: peer.firstSeen,
    last_seen: peer.lastSeen,
    decided_at: peer.decidedAt,
    known_by: peer.knownBy,
    introduced_by: peer.introducedBy,
    pinned_name: peer.pinnedName,
    is_agent_barred: Number(peer.isAgentBarred)
  }
}

/** A record as it was stored. */
export function fromRow(row: Record<string, SQLOutputValue>): PeerRecord {
  return {
    peerId: String(row['peer_id']),
    agentId: String(row['agent_id']),
    status: statusFromRow(row['status']),
    alias: textOrNull(row['alias']),
    isAdded: row['is_added'] === 1,
    code: textOrNull(row['code']),
    firstSeen: Number(row['first_seen']),
    lastSeen: numberOrNull(row['last_seen']),
    decidedAt: numberOrNull(row['decided_at']),
    knownBy: WAYS.find(way => way === row['known_by']) ?? 'contact',
    introducedBy: textOrNull(row['introduced_by']),
    pinnedName: textOrNull(row['pinned_name']),
    isAgentBarred: row['is_agent_barred'] === 1
  }
}

function statusFromRow(value: SQLOutputValue | undefined): ApprovalStatus {
  return value === 'approved' || value === 'blocked' ? value : 'unknown'
}

function textOrNull(value: SQLOutputValue | undefined): string | null {
  return typeof value === 'string' ? value : null
}

function numberOrNull(value: SQLOutputValue | undefined): number | null {
  return typeof value === 'number' ? value : null
}
