/** SQLite for the mesh's durable state: opening with migrations, and commits grouped by event-loop turn. */
import { chmodSync, renameSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { MeshError, systemCode, toError } from './errors.ts'

/** For each unit that keeps tables: its SQL scripts in order. Each runs once; how far a unit got is kept in the database. */
export type Migrations = Readonly<Record<string, readonly string[]>>

export interface OpenDatabaseOptions {
  migrations: Migrations
  /** Nobody else may open it for as long as this connection does. @default false */
  isExclusive?: boolean
  /** Told when an unreadable database was moved aside and a new one begun. */
  onMovedAside: (path: string, error: Error) => void
  now: () => number
}

/**
 * Opens (or creates, mode 0600) the database at `path`: WAL, `synchronous=FULL`, so that a commit is on disk when it returns.
 * An unreadable file is moved aside to `<path>.unreadable-<time>` and a new one begun.
 *
 * @throws MeshError `NOT_RUNNING` when it is open elsewhere and one of the two wants it alone, `DISK_FULL`, or the SQLite error when not
 * even a new file can be opened
 */
export function openDatabase(path: string, options: OpenDatabaseOptions): DatabaseSync {
  try {
    return openAndMigrate(path, options)
  } catch (error) {
    if (sqliteCode(error) === SQLITE_BUSY) {
      throw new MeshError('NOT_RUNNING', `another process uses ${path}: two nodes must not share one state folder`, { cause: error, reason: 'locked' })
    }
    if (!isCorruption(error)) throw toStorageError(error)
    for (const suffix of ['', '-wal', '-shm']) moveAside(path + suffix, options.now())
    options.onMovedAside(path, toError(error))
    return openAndMigrate(path, options)
  }
}

function openAndMigrate(path: string, { migrations, isExclusive }: OpenDatabaseOptions): DatabaseSync {
  const database = new DatabaseSync(path)
  try {
    chmodSync(path, 0o600)
    if (isExclusive === true) database.exec('PRAGMA locking_mode = EXCLUSIVE') // before the first access: it is taken by that
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 2000')
    database.exec('CREATE TABLE IF NOT EXISTS schema_version (unit TEXT PRIMARY KEY, version INTEGER NOT NULL) STRICT')
    for (const [unit, scripts] of Object.entries(migrations)) migrate(database, unit, scripts)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

function migrate(database: DatabaseSync, unit: string, scripts: readonly string[]): void {
  const row = database.prepare('SELECT version FROM schema_version WHERE unit = ?').get(unit)
  const version = Number(row?.['version'] ?? 0)
  if (version > scripts.length) {
    throw new MeshError('INTERNAL', `the mesh database was written by a newer version of libp2p-mesh (${unit} ${String(version)}, known: ${String(scripts.length)}); update the plugin`)
  }
  if (version === scripts.length) return
  database.exec('BEGIN')
  for (const script of scripts.slice(version)) database.exec(script)
  database.prepare('INSERT INTO schema_version VALUES (?, ?) ON CONFLICT (unit) DO UPDATE SET version = excluded.version').run(unit, scripts.length)
  database.exec('COMMIT')
}

function moveAside(path: string, now: number): void {
  try {
    renameSync(path, `${path}.unreadable-${String(now)}`)
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error // the -wal and -shm files need not exist
  }
}

const SQLITE_BUSY = 5
const SQLITE_CORRUPT = 11
const SQLITE_FULL = 13
const SQLITE_NOTADB = 26

function sqliteCode(error: unknown): number | undefined {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' ? error.errcode & 0xff : undefined
}

function isCorruption(error: unknown): boolean {
  const code = sqliteCode(error)
  return code === SQLITE_CORRUPT || code === SQLITE_NOTADB
}

/** SQLite's errors in the codes of the mesh: a full disk is `DISK_FULL`, the rest stays as it is. */
export function toStorageError(thrown: unknown): Error {
  if (sqliteCode(thrown) === SQLITE_FULL) {
    return new MeshError('DISK_FULL', 'the disk of the mesh database is full; free some space', { cause: thrown })
  }
  return toError(thrown)
}
