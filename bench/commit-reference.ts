/** The reference for the disk: commits with `synchronous=FULL` to a table that holds nothing but an ID and a payload. */
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { PAYLOAD_BYTES } from './effort.ts'
import { percentile } from './statistics.ts'

/** Milliseconds of a commit. */
export interface CommitTime {
  p50: number
  p99: number
}

export class CommitReference implements Disposable {
  readonly #database: DatabaseSync

  constructor(folder: string) {
    this.#database = new DatabaseSync(join(folder, 'reference.db'))
    this.#database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE rows (id TEXT PRIMARY KEY, text TEXT) STRICT, WITHOUT ROWID')
  }

  /** Commits `commits` times, `rows` rows each. */
  measure(commits: number, rows: number): CommitTime {
    const insert = this.#database.prepare('INSERT INTO rows VALUES (?, ?)')
    const text = 'a'.repeat(PAYLOAD_BYTES)
    const times = Array.from({ length: commits }, () => {
      const start = performance.now()
      this.#database.exec('BEGIN IMMEDIATE')
      for (let row = 0; row < rows; row++) insert.run(randomUUID(), text)
      this.#database.exec('COMMIT')
      return performance.now() - start
    })
    return { p50: percentile(times, 0.5), p99: percentile(times, 0.99) }
  }

  [Symbol.dispose](): void {
    this.#database.close()
  }
}
