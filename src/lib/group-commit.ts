/** Writes of one event-loop turn in one SQLite transaction, so that many messages share one disk flush. */
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { toError } from './errors.ts'
import { toStorageError } from './sqlite.ts'

interface PendingWrite {
  run: () => unknown
  resolve: (value: unknown) => void
  reject: (error: Error) => void
}

type Settlement = () => void

/**
 * Groups writes: `write` resolves when the transaction that holds the change is on disk.
 *
 * @example
 * const commits = new GroupCommit(database)
 * await commits.write(() => insert.run(id))
 */
export class GroupCommit {
  readonly #database: DatabaseSync
  readonly #savepoint: StatementSync
  readonly #release: StatementSync
  #pending: PendingWrite[] = []
  #scheduled = false

  constructor(database: DatabaseSync) {
    this.#database = database
    this.#savepoint = database.prepare('SAVEPOINT one_write')
    this.#release = database.prepare('RELEASE one_write')
  }

  /** Runs `run` inside the next transaction; rejects with what it threw, or with why the commit failed. */
  write<T>(run: () => T): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    this.#pending.push({ run, resolve: resolve as (value: unknown) => void, reject })
    if (!this.#scheduled) {
      this.#scheduled = true
      setImmediate(() => { this.commitNow() })
    }
    return promise
  }

  /** Commits what is pending at once. */
  commitNow(): void {
    this.#scheduled = false
    const batch = this.#pending
    if (batch.length === 0) return
    this.#pending = []
    let settlements: Settlement[]
    try {
      this.#database.exec('BEGIN IMMEDIATE')
      settlements = batch.map(write => this.#run(write))
      this.#database.exec('COMMIT')
    } catch (error) {
      this.#rollBack()
      const failure = toStorageError(error)
      settlements = batch.map(write => () => { write.reject(failure) })
    }
    for (const settle of settlements) settle()
  }

  /** A write that throws leaves nothing behind, and the others of its transaction alone. */
  #run(write: PendingWrite): Settlement {
    this.#savepoint.run()
    try {
      const value = write.run()
      this.#release.run()
      return () => { write.resolve(value) }
    } catch (error) {
      const failure = toStorageError(error)
      if (isTransactionLost(failure)) throw toError(error)
      this.#database.exec('ROLLBACK TO one_write')
      this.#release.run()
      return () => { write.reject(failure) }
    }
  }

  #rollBack(): void {
    if (this.#database.isOpen && this.#database.isTransaction) this.#database.exec('ROLLBACK')
  }
}

/** A full disk ends the whole transaction, a violated constraint only its statement. */
function isTransactionLost(failure: Error): boolean {
  return 'code' in failure && failure.code === 'DISK_FULL'
}
