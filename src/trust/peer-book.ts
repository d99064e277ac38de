/** The peers this node knows, with the owner's decisions about them: approval, blocks and pinned aliases. Kept in SQLite. */
import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'
import { MAX_UNKNOWN_PEERS } from '../config/limits.ts'
import { MeshError } from '../lib/errors.ts'
import type { GroupCommit } from '../lib/group-commit.ts'
import type { ApprovalStatus } from '../mesh-api.ts'
import { createApprovalCode } from './approval-code.ts'

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
  ) STRICT, WITHOUT ROWID`] as const

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
}

export interface PeerBookInit {
  database: DatabaseSync
  commits: GroupCommit
  /** Peer IDs that the configuration approves. */
  allowFrom: readonly string[]
  now: () => number
  random: () => number
}

export class PeerBook {
  readonly #init: PeerBookInit
  readonly #allowFrom: ReadonlySet<string>
  readonly #peers = new Map<string, PeerRecord>()
  readonly #codes = new Map<string, string>()
  #unknown = 0

  constructor(init: PeerBookInit) {
    this.#init = init
    this.#allowFrom = new Set(init.allowFrom)
    for (const row of init.database.prepare('SELECT * FROM peers').all()) this.#remember(fromRow(row))
  }

  get(peerId: string): PeerRecord | undefined {
    return this.#peers.get(peerId)
  }

  all(): PeerRecord[] {
    return [...this.#peers.values()]
  }

  /** The peer's standing; the configuration's `allowFrom` counts as approval, a block by the owner outweighs it. */
  statusOf(peerId: string): ApprovalStatus {
    const status = this.#peers.get(peerId)?.status ?? 'unknown'
    return status === 'unknown' && this.#allowFrom.has(peerId) ? 'approved' : status
  }

  /** Whether the owner decided about the peer or gave it a name: what is known of it makes room for nobody. */
  isKept(peerId: string): boolean {
    const peer = this.#peers.get(peerId)
    return this.#allowFrom.has(peerId) || (peer !== undefined && !isDroppable(peer))
  }

  approvedPeerIds(): string[] {
    const known = this.all().map(peer => peer.peerId)
    return [...new Set([...known, ...this.#allowFrom])].filter(peerId => this.statusOf(peerId) === 'approved')
  }

  withAgentId(agentId: string): PeerRecord[] {
    return this.all().filter(peer => peer.agentId === agentId)
  }

  withAlias(alias: string): PeerRecord | undefined {
    const wanted = alias.toLowerCase()
    return this.all().find(peer => peer.alias?.toLowerCase() === wanted)
  }

  withCode(code: string): PeerRecord | undefined {
    const peerId = this.#codes.get(code)
    return peerId === undefined ? undefined : this.#peers.get(peerId)
  }

  /** Notes that the peer was seen now. */
  async touch(identity: PeerIdentity): Promise<void> {
    await this.#change(identity, () => ({ lastSeen: this.#init.now() }))
  }

  /** Keeps the peer for good, under an alias where one is given. */
  async add(identity: PeerIdentity, alias: string | undefined): Promise<PeerRecord> {
    return await this.#change(identity, () => ({ isAdded: true, ...alias !== undefined && { alias } }))
  }

  async decide(identity: PeerIdentity, status: ApprovalStatus): Promise<PeerRecord> {
    return await this.#change(identity, () => ({ status, code: null, decidedAt: this.#init.now() }))
  }

  /** The code that approves the peer, made when it first needs one. */
  async codeOf(identity: PeerIdentity): Promise<string> {
    const existing = this.#peers.get(identity.peerId)?.code
    if (existing !== undefined && existing !== null) return existing
    const code = this.#freeCode()
    await this.#change(identity, () => ({ code }))
    return code
  }

  async unpin(peerId: string): Promise<void> {
    const peer = this.#peers.get(peerId)
    if (peer !== undefined) await this.#change(peer, () => ({ alias: null }))
  }

  /** Forgets the peer altogether. */
  async remove(peerId: string): Promise<void> {
    this.#forget(peerId)
    await this.#init.commits.write(() => { this.#init.database.prepare('DELETE FROM peers WHERE peer_id = ?').run(peerId) })
  }

  async #change(identity: PeerIdentity, change: () => Partial<PeerRecord>): Promise<PeerRecord> {
    const before = this.#peers.get(identity.peerId) ?? this.#newPeer(identity)
    const after: PeerRecord = { ...before, ...change() }
    this.#forget(identity.peerId)
    this.#remember(after)
    const dropped = this.#overflow(after)
    try {
      await this.#init.commits.write(() => { this.#save(after, dropped) })
    } catch (error) {
      this.#reload(identity.peerId) // what could not be stored is not in force
      throw error
    }
    return after
  }

  #reload(peerId: string): void {
    this.#forget(peerId)
    const row = this.#init.database.prepare('SELECT * FROM peers WHERE peer_id = ?').get(peerId)
    if (row !== undefined) this.#remember(fromRow(row))
  }

  #newPeer({ peerId, agentId }: PeerIdentity): PeerRecord {
    return {
      peerId, agentId, status: 'unknown', alias: null, isAdded: false, code: null,
      firstSeen: this.#init.now(), lastSeen: null, decidedAt: null
    }
  }

  #save(peer: PeerRecord, dropped: string | undefined): void {
    const { database } = this.#init
    if (dropped !== undefined) database.prepare('DELETE FROM peers WHERE peer_id = ?').run(dropped)
    database.prepare('INSERT OR REPLACE INTO peers VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)').run(
      peer.peerId, peer.agentId, peer.status, peer.alias, Number(peer.isAdded), peer.code, peer.firstSeen, peer.lastSeen, peer.decidedAt)
  }

  /** Too many peers that nobody decided about: the one unseen for longest goes, those that left messages last. */
  #overflow(newest: PeerRecord): string | undefined {
    if (this.#unknown <= MAX_UNKNOWN_PEERS) return undefined
    let oldest: PeerRecord | undefined
    for (const peer of this.#peers.values()) {
      if (!isDroppable(peer) || peer.peerId === newest.peerId) continue
      if (oldest === undefined || isDroppedBefore(peer, oldest)) oldest = peer
    }
    if (oldest !== undefined) this.#forget(oldest.peerId)
    return oldest?.peerId
  }

  #remember(peer: PeerRecord): void {
    this.#peers.set(peer.peerId, peer)
    if (peer.code !== null) this.#codes.set(peer.code, peer.peerId)
    if (isDroppable(peer)) this.#unknown += 1
  }

  #forget(peerId: string): void {
    const peer = this.#peers.get(peerId)
    if (peer === undefined) return
    this.#peers.delete(peerId)
    if (peer.code !== null) this.#codes.delete(peer.code)
    if (isDroppable(peer)) this.#unknown -= 1
  }

  #freeCode(): string {
    for (let attempt = 0; attempt < 100; attempt++) {
      const code = createApprovalCode(this.#init.random)
      if (!this.#codes.has(code)) return code
    }
    throw new MeshError('INTERNAL', 'the random source gave no unused approval code')
  }
}

export type PeerIdentity = Pick<PeerRecord, 'peerId' | 'agentId'>

function isDroppable(peer: PeerRecord): boolean {
  return peer.status === 'unknown' && !peer.isAdded && peer.alias === null
}

function isDroppedBefore(peer: PeerRecord, other: PeerRecord): boolean {
  if ((peer.code === null) !== (other.code === null)) return peer.code === null
  return (peer.lastSeen ?? peer.firstSeen) < (other.lastSeen ?? other.firstSeen)
}

function fromRow(row: Record<string, SQLOutputValue>): PeerRecord {
  return {
    peerId: String(row['peer_id']),
    agentId: String(row['agent_id']),
    status: statusFromRow(row['status']),
    alias: textOrNull(row['alias']),
    isAdded: row['is_added'] === 1,
    code: textOrNull(row['code']),
    firstSeen: Number(row['first_seen']),
    lastSeen: numberOrNull(row['last_seen']),
    decidedAt: numberOrNull(row['decided_at'])
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
