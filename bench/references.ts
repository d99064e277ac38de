/** What disk and echo take for the steps of a message, without a mesh. Commits go to tables without an index that hold payloads only. */
import { join } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import type { Echo } from './echo-node.ts'
import { PAYLOAD_BYTES } from './effort.ts'
import { timed } from './stopwatch.ts'

/** Milliseconds of a commit, an echo and a commit, one after the other. */
export interface StepTimes {
  commits: [number, number]
  echoMs: number
}

export class References implements Disposable {
  readonly #sender: PayloadTable
  readonly #receiver: PayloadTable

  constructor(folder: string) {
    this.#sender = new PayloadTable(join(folder, 'sender.db'))
    this.#receiver = new PayloadTable(join(folder, 'receiver.db'))
  }

  /** Stores a payload, echoes one, and stores it in a second database, as the receiver of a message does. */
  async timeSteps(echo: Echo): Promise<StepTimes> {
    const before = this.#sender.timeCommit(1)
    const echoMs = await timed(async () => { await echo.echo() })
    return { commits: [before, this.#receiver.timeCommit(1)], echoMs }
  }

  /** Milliseconds of one commit of so many rows. */
  timeCommit(rows: number): number {
    return this.#sender.timeCommit(rows)
  }

  [Symbol.dispose](): void {
    this.#sender.close()
    this.#receiver.close()
  }
}

class PayloadTable {
  readonly #database: DatabaseSync
  readonly #insert: StatementSync
  readonly #payload = 'a'.repeat(PAYLOAD_BYTES)

  constructor(path: string) {
    this.#database = new DatabaseSync(path)
    this.#database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE payloads (text TEXT) STRICT')
    this.#insert = this.#database.prepare('INSERT INTO payloads VALUES (?)')
  }

  timeCommit(rows: number): number {
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
