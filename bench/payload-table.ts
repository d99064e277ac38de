/** The reference for the disk: commits with `synchronous=FULL` to a table without an index that holds nothing but payloads. */
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { PAYLOAD_BYTES } from './effort.ts'

export class PayloadTable {
  readonly #database: DatabaseSync
  readonly #insert: StatementSync
  readonly #payload = 'a'.repeat(PAYLOAD_BYTES)

  constructor(path: string) {
    this.#database = new DatabaseSync(path)
    this.#database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE payloads (text TEXT) STRICT')
    this.#insert = this.#database.prepare('INSERT INTO payloads VALUES (?)')
  }

  /** Commits so many rows; tells how many milliseconds that took. */
  commit(rows: number): number {
    const start = performance.now()
    this.#database.exec('BEGIN IMMEDIATE')
    for (let row = 0; row < rows; row++) this.#insert.run(this.#payload)
    this.#database.exec('COMMIT')
    return performance.now() - start
  }

  close(): void {
    this.#database.close()
  }
}
