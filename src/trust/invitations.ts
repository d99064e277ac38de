/**
 * The invitations of this node, each good for one peer. Kept in SQLite with the key that makes their proofs: to check a proof takes
 * the key itself, and whoever reads this file can read `identity.key` beside it. The secret in the ticket is not kept.
 */
import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'
import { INVITE_MEMORY_MS, MAX_ENDED_INVITES, MAX_OPEN_INVITES } from '../config/invite-limits.ts'
import { MeshError } from '../lib/errors.ts'
import type { GroupCommit } from '../lib/group-commit.ts'

export const INVITATION_MIGRATIONS = [`
  CREATE TABLE invitations (
    id TEXT PRIMARY KEY,
    key BLOB NOT NULL,
    alias TEXT,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_by TEXT,
    used_in TEXT
  ) STRICT, WITHOUT ROWID`] as const

/** An invitation. Times in ms since the epoch. */
export interface Invitation {
  readonly id: string
  readonly key: Uint8Array
  /** The owner's name for whoever comes. */
  readonly alias: string | null
  readonly createdAt: number
  readonly expiresAt: number
  /** Peer ID of whoever came. */
  readonly usedBy: string | null
  /** The exchange in which it came: when the answer is lost, it asks again. */
  readonly usedIn: string | null
}

/** What became of an attempt to use an invitation; who proves nothing learns nothing but `forged`. */
export type Redemption =
  { isGood: true, invitation: Invitation } |
  { isGood: false, reason: 'forged' | 'used' | 'expired' | 'blocked' }

export interface InvitationsInit {
  database: DatabaseSync
  commits: GroupCommit
  now: () => number
}

/** Somebody who comes with an invitation. */
export interface Guest {
  invitationId: string
  peerId: string
  /** The same when it asks again because it got no answer. */
  exchange: string
  isBlocked: boolean
  /** Whether the proof was made with this key. */
  isProven: (key: Uint8Array) => boolean
  /** Approves the guest. */
  letIn: (invitation: Invitation) => Promise<unknown>
}

export class Invitations {
  readonly #init: InvitationsInit
  readonly #all = new Map<string, Invitation>()

  constructor(init: InvitationsInit) {
    this.#init = init
    for (const row of init.database.prepare('SELECT * FROM invitations ORDER BY created_at').all()) this.#remember(fromRow(row))
  }

  /** @throws MeshError `QUOTA_EXCEEDED` while too many wait to be used */
  async add({ id, key, alias, expiresAt }: Pick<Invitation, 'id' | 'key' | 'alias' | 'expiresAt'>): Promise<void> {
    const now = this.#init.now()
    const open = [...this.#all.values()].filter(({ usedBy, expiresAt: end }) => usedBy === null && end > now)
    if (open.length >= MAX_OPEN_INVITES) {
      const retryAfterMs = Math.min(...open.map(({ expiresAt: end }) => end)) - now
      throw new MeshError('QUOTA_EXCEEDED', `${MAX_OPEN_INVITES} invitations wait to be used; the first of them expires soon`, { retryAfterMs })
    }
    const ended = this.#forgetEnded(now)
    const invitation: Invitation = { id, key, alias, createdAt: now, expiresAt, usedBy: null, usedIn: null }
    this.#remember(invitation)
    try {
      await this.#init.commits.write(() => {
        const forget = this.#init.database.prepare('DELETE FROM invitations WHERE id = ?')
        for (const gone of ended) forget.run(gone)
        this.#save(invitation)
      })
    } catch (error) {
      this.#all.delete(id) // what could not be stored would not survive a restart
      throw error
    }
  }

  /** Lets one guest in: who comes first is decided here and now, and stored in one transaction with what `letIn` writes at once. */
  async redeem(guest: Guest): Promise<Redemption> {
    const invitation = this.#all.get(guest.invitationId)
    if (invitation === undefined || !guest.isProven(invitation.key)) return { isGood: false, reason: 'forged' }
    const isRepeated = invitation.usedBy === guest.peerId && invitation.usedIn === guest.exchange
    if (invitation.usedBy !== null && !isRepeated) return { isGood: false, reason: 'used' }
    if (!isRepeated && invitation.expiresAt <= this.#init.now()) return { isGood: false, reason: 'expired' }
    if (guest.isBlocked) return { isGood: false, reason: 'blocked' }
    const used: Invitation = { ...invitation, usedBy: guest.peerId, usedIn: guest.exchange }
    this.#remember(used)
    try {
      await Promise.all([this.#init.commits.write(() => { this.#save(used) }), guest.letIn(used)])
    } catch (error) {
      this.#reload(used.id) // what could not be stored did not happen
      throw error
    }
    return { isGood: true, invitation: used }
  }

  #reload(id: string): void {
    const row = this.#init.database.prepare('SELECT * FROM invitations WHERE id = ?').get(id)
    if (row !== undefined) this.#remember(fromRow(row))
  }

  #remember(invitation: Invitation): void {
    this.#all.set(invitation.id, invitation)
  }

  /** Drops those that ended long ago, and the oldest of too many; returns their IDs. */
  #forgetEnded(now: number): string[] {
    const ended = [...this.#all.values()].filter(({ usedBy, expiresAt }) => usedBy !== null || expiresAt <= now)
    const surplus = Math.max(0, ended.length - MAX_ENDED_INVITES)
    const gone = ended.filter(({ expiresAt }, index) => index < surplus || expiresAt < now - INVITE_MEMORY_MS).map(({ id }) => id)
    for (const id of gone) this.#all.delete(id)
    return gone
  }

  #save({ id, key, alias, createdAt, expiresAt, usedBy, usedIn }: Invitation): void {
    this.#init.database.prepare('INSERT OR REPLACE INTO invitations VALUES (?, ?, ?, ?, ?, ?, ?)')
      .run(id, key, alias, createdAt, expiresAt, usedBy, usedIn)
  }
}

function fromRow(row: Record<string, SQLOutputValue>): Invitation {
  const { key } = row
  return {
    id: String(row['id']),
    key: key instanceof Uint8Array ? key : new Uint8Array(),
    alias: textOrNull(row['alias']),
    createdAt: Number(row['created_at']),
    expiresAt: Number(row['expires_at']),
    usedBy: textOrNull(row['used_by']),
    usedIn: textOrNull(row['used_in'])
  }
}

function textOrNull(value: SQLOutputValue | undefined): string | null {
  return typeof value === 'string' ? value : null
}
