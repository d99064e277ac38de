/** The reference for the disk: commits with `synchronous=FULL` to a table without an index that holds nothing but payloads. */
import { join } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { PAYLOAD_BYTES } from './effort.ts'

export class CommitReference implements Disposable {
  readonly #database: DatabaseSync
  readonly #insert: StatementSync
  readonly #text = 'a'.repeat(PAYLOAD_BYTES)

  constructor(folder: string) {
    this.#database = new DatabaseSync(join(folder, 'reference.db'))
    this.#database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE rows (text TEXT) STRICT')
    this.#insert = this.#database.prepare('INSERT INTO rows VALUES (?)')
  }

  /** Milliseconds of one commit of so many rows. */
  time(rows: number): number {
    const start = performance.now()
    this.#database.exec('BEGIN IMMEDIATE')
    for (let row = 0; row < rows; row++) this.#insert.run(this.#text)
    this.#database.exec('COMMIT')
    return performance.now() - start
  }

  [Symbol.dispose](): void {
    this.#database.close()
  }
}
