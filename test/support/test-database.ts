/** A mesh database in a folder of its own, which is removed at the end of the test. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { GroupCommit } from '../../src/lib/group-commit.ts'
import { openDatabase, type Migrations } from '../../src/lib/sqlite.ts'
import { FORWARD_MIGRATIONS } from '../../src/mailbox/forward-store.ts'
import { INBOX_MIGRATIONS } from '../../src/mailbox/inbox-store.ts'
import { OUTBOX_MIGRATIONS } from '../../src/mailbox/outbox-store.ts'
import { SEEN_BROADCASTS_MIGRATIONS } from '../../src/mailbox/seen-broadcasts.ts'
import { CALL_MIGRATIONS } from '../../src/sessions/call-store.ts'
import { INVITATION_MIGRATIONS } from '../../src/trust/invitations.ts'
import { PEER_BOOK_MIGRATIONS } from '../../src/trust/peer-record.ts'

const MESH_MIGRATIONS = {
  peers: PEER_BOOK_MIGRATIONS, outbox: OUTBOX_MIGRATIONS, inbox: INBOX_MIGRATIONS, broadcasts: SEEN_BROADCASTS_MIGRATIONS,
  forwards: FORWARD_MIGRATIONS, invitations: INVITATION_MIGRATIONS, calls: CALL_MIGRATIONS
}

/**
 * @example
 * using db = new TestDatabase()
 * await db.commits.write(() => db.database.exec('...'))
 * db.reopen() // as after a restart
 */
export class TestDatabase implements Disposable {
  readonly path: string
  readonly #folder: string
  #migrations: Migrations
  readonly #others: DatabaseSync[] = []
  #database: DatabaseSync
  #commits: GroupCommit

  constructor(migrations: Migrations = MESH_MIGRATIONS) {
    this.#folder = mkdtempSync(join(tmpdir(), 'mesh-database-'))
    this.path = join(this.#folder, 'mesh.db')
    this.#migrations = migrations
    this.#database = this.#open()
    this.#commits = new GroupCommit(this.#database)
  }

  get database(): DatabaseSync {
    return this.#database
  }

  get commits(): GroupCommit {
    return this.#commits
  }

  /** Resolves when everything written so far is on disk. */
  async flush(): Promise<void> {
    await this.#commits.write(() => undefined)
  }

  /** A second connection, which sees what is committed and nothing else. */
  other(): DatabaseSync {
    const database = new DatabaseSync(this.path, { readOnly: true })
    this.#others.push(database)
    return database
  }

  /** Closes and opens the database, as a crash and a restart (of a later version) would: what was not committed is lost. */
  reopen(migrations = this.#migrations): void {
    this.#migrations = migrations
    this.#database.close()
    this.#database = this.#open()
    this.#commits = new GroupCommit(this.#database)
  }

  [Symbol.dispose](): void {
    for (const database of [this.#database, ...this.#others]) if (database.isOpen) database.close()
    rmSync(this.#folder, { recursive: true, force: true })
  }

  #open(): DatabaseSync {
    const database = openDatabase(this.path, { migrations: this.#migrations, now: Date.now, onMovedAside: (_path, error) => { throw error } })
    database.exec('PRAGMA synchronous = OFF') // no test cuts the power, and waiting for the disk takes most of the time
    return database
  }
}
