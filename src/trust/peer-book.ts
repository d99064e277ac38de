/** The peers this node knows, with the owner's decisions about them: approval, blocks and pinned names. Kept in SQLite. */
import type { DatabaseSync } from 'node:sqlite'
import { MAX_KEPT_PEERS, MAX_UNKNOWN_PEERS } from '../config/limits.ts'
import { MeshError } from '../lib/errors.ts'
import type { GroupCommit } from '../lib/group-commit.ts'
import type { ApprovalStatus, KnownBy } from '../mesh-api.ts'
import { createApprovalCode } from './approval-code.ts'
import { betterWay, fromRow, isDroppable, isDroppedBefore, newPeer, saveRecord, type PeerIdentity, type PeerRecord } from './peer-record.ts'

export interface PeerBookInit {
  database: DatabaseSync
  commits: GroupCommit
  /** Peer IDs that the configuration approves. */
  allowFrom: readonly string[]
  now: () => number
  random: () => number
}

/** How a peer became known. */
export interface Source {
  knownBy: KnownBy
  /** The peer that told of it. */
  introducedBy?: string
}

export class PeerBook {
  readonly #init: PeerBookInit
  readonly #allowFrom: ReadonlySet<string>
  readonly #peers = new Map<string, PeerRecord>()
  readonly #codes = new Map<string, string>()
  /** Whose an alias or a pinned instance name is; in lower case. */
  readonly #names = new Map<string, string>()
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
    return this.#allowFrom.has(peerId) || (peer !== undefined && !this.#isDroppable(peer))
  }

  /** Whether the peer may be added: it is kept already, or not too many are. */
  hasRoomFor(peerId: string): boolean {
    return this.isKept(peerId) || this.#peers.size - this.#unknown < MAX_KEPT_PEERS
  }

  approvedPeerIds(): string[] {
    const known = this.all().map(peer => peer.peerId)
    return [...new Set([...known, ...this.#allowFrom])].filter(peerId => this.statusOf(peerId) === 'approved')
  }

  withAgentId(agentId: string): PeerRecord[] {
    return this.all().filter(peer => peer.agentId === agentId)
  }

  /** The peer that an alias or an instance name is pinned to. */
  withName(name: string): PeerRecord | undefined {
    const peerId = this.#names.get(name.toLowerCase())
    return peerId === undefined ? undefined : this.#peers.get(peerId)
  }

  withCode(code: string): PeerRecord | undefined {
    const peerId = this.#codes.get(code)
    return peerId === undefined ? undefined : this.#peers.get(peerId)
  }

  /** Notes that the peer was seen now. */
  async touch(identity: PeerIdentity, source: Source = { knownBy: 'contact' }): Promise<void> {
    await this.#change(identity, before => ({ lastSeen: this.#init.now(), ...learned(before, source) }))
  }

  /** Keeps the peer for good, under an alias where one is given. */
  async add(identity: PeerIdentity, alias: string | undefined): Promise<PeerRecord> {
    return await this.#change(identity, before => ({ isAdded: true, ...learned(before, { knownBy: 'added' }), ...alias !== undefined && { alias } }))
  }

  /** A peer that is not approved any more has no claim to its instance name. */
  async decide(identity: PeerIdentity, status: ApprovalStatus, knownBy: 'approval' | 'invite' = 'approval'): Promise<PeerRecord> {
    return await this.#change(identity, before => ({
      status, code: null, decidedAt: this.#init.now(), ...status === 'approved' ? learned(before, { knownBy }) : { pinnedName: null }
    }))
  }

  /** Whether the agent may message the peer on its own. */
  async letAgentSend(identity: PeerIdentity, isAllowed: boolean): Promise<PeerRecord> {
    return await this.#change(identity, () => ({ isAgentBarred: !isAllowed }))
  }

  /** Makes the instance name the peer's own, unless it has one or the name is another's. */
  async pinName(peerId: string, instanceName: string): Promise<void> {
    const peer = this.#peers.get(peerId)
    if (peer === undefined || peer.pinnedName !== null || this.statusOf(peerId) !== 'approved') return
    if ((this.withName(instanceName)?.peerId ?? peerId) === peerId) await this.#change(peer, () => ({ pinnedName: instanceName }))
  }

  /** The code that approves the peer, made when it first needs one. */
  async codeOf(identity: PeerIdentity): Promise<string> {
    const existing = this.#peers.get(identity.peerId)?.code
    if (existing !== undefined && existing !== null) return existing
    const code = this.#freeCode()
    await this.#change(identity, () => ({ code }))
    return code
  }

  /** Frees the name: its holder has it no longer, be it alias or instance name. */
  async unpin(name: string): Promise<void> {
    const peer = this.withName(name)
    if (peer === undefined) return
    const isName = (own: string | null): boolean => own?.toLowerCase() === name.toLowerCase()
    await this.#change(peer, () => ({ ...isName(peer.alias) && { alias: null }, ...isName(peer.pinnedName) && { pinnedName: null } }))
  }

  /** Forgets the peer altogether. */
  async remove(peerId: string): Promise<void> {
    this.#forget(peerId)
    await this.#init.commits.write(() => { this.#init.database.prepare('DELETE FROM peers WHERE peer_id = ?').run(peerId) })
  }

  async #change(identity: PeerIdentity, change: (before: PeerRecord) => Partial<PeerRecord>): Promise<PeerRecord> {
    const before = this.#peers.get(identity.peerId) ?? newPeer(identity, this.#init.now())
    const after: PeerRecord = { ...before, ...change(before) }
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

  #save(peer: PeerRecord, dropped: string | undefined): void {
    const { database } = this.#init
    if (dropped !== undefined) database.prepare('DELETE FROM peers WHERE peer_id = ?').run(dropped)
    saveRecord(database, peer)
  }

  /** Too many peers that nobody decided about: the one unseen for longest goes, those that left messages last. */
  #overflow(newest: PeerRecord): string | undefined {
    if (this.#unknown <= MAX_UNKNOWN_PEERS) return undefined
    let oldest: PeerRecord | undefined
    for (const peer of this.#peers.values()) {
      if (!this.#isDroppable(peer) || peer.peerId === newest.peerId) continue
      if (oldest === undefined || isDroppedBefore(peer, oldest)) oldest = peer
    }
    if (oldest !== undefined) this.#forget(oldest.peerId)
    return oldest?.peerId
  }

  #remember(peer: PeerRecord): void {
    this.#peers.set(peer.peerId, peer)
    if (peer.code !== null) this.#codes.set(peer.code, peer.peerId)
    for (const name of namesOf(peer)) this.#names.set(name, peer.peerId)
    if (this.#isDroppable(peer)) this.#unknown += 1
  }

  #forget(peerId: string): void {
    const peer = this.#peers.get(peerId)
    if (peer === undefined) return
    this.#peers.delete(peerId)
    if (peer.code !== null) this.#codes.delete(peer.code)
    for (const name of namesOf(peer)) this.#names.delete(name)
    if (this.#isDroppable(peer)) this.#unknown -= 1
  }

  #isDroppable(peer: PeerRecord): boolean {
    return isDroppable(peer) && !this.#allowFrom.has(peer.peerId)
  }

  #freeCode(): string {
    for (let attempt = 0; attempt < 100; attempt++) {
      const code = createApprovalCode(this.#init.random)
      if (!this.#codes.has(code)) return code
    }
    throw new MeshError('INTERNAL', 'the random source gave no unused approval code')
  }
}

/** What a source adds to what is known; whoever introduced a peer counts while nothing better is known of it. */
function learned(before: PeerRecord, { knownBy, introducedBy }: Source): Pick<PeerRecord, 'knownBy' | 'introducedBy'> {
  const way = betterWay(before.knownBy, knownBy)
  return { knownBy: way, introducedBy: way === before.knownBy ? before.introducedBy : introducedBy ?? before.introducedBy }
}

function namesOf({ alias, pinnedName }: PeerRecord): string[] {
  return [alias, pinnedName].flatMap(name => name === null ? [] : [name.toLowerCase()])
}
