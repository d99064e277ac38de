/** The reference for the disk: commits with `synchronous=FULL` to a table without an index that holds nothing but payloads. */
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { PAYLOAD_BYTES } from './effort.ts'

export class CommitReference implements Disposable {
  readonly #database: DatabaseSync

  constructor(folder: string) {
    this.#database = new DatabaseSync(join(folder, 'reference.db'))
    this.#database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE rows (text TEXT) STRICT')
  }

  /** Milliseconds of each of `commits` commits of `rows` rows. */
  measure(commits: number, rows: number): number[] {
    const insert = this.#database.prepare('INSERT INTO rows VALUES (?)')
    const text = 'a'.repeat(PAYLOAD_BYTES)
    return Array.from({ length: commits }, () => {
      const start = performance.now()
      this.#database.exec('BEGIN IMMEDIATE')
      for (let row = 0; row < rows; row++) insert.run(text)
      this.#database.exec('COMMIT')
      return performance.now() - start
    })
  }

  [Symbol.dispose](): void {
    this.#database.close()
  }
}
