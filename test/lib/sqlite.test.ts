import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { describe, it, type TestContext } from 'node:test'
import { openDatabase, toStorageError, type Migrations } from '../../src/lib/sqlite.ts'
import { testFolder } from '../support/test-folder.ts'

const FIRST = 'CREATE TABLE notes (text TEXT NOT NULL) STRICT'
const SECOND = "ALTER TABLE notes ADD COLUMN author TEXT NOT NULL DEFAULT 'nobody'"

function folder(t: TestContext) {
  const path = testFolder(t)
  const file = join(path, 'mesh.db')
  const movedAside: string[] = []
  const open = (migrations: Migrations): DatabaseSync => {
    const database = openDatabase(file, { migrations, now: () => 1234, onMovedAside: (moved, error) => { movedAside.push(`${moved}: ${error.message}`) } })
    t.after(() => { if (database.isOpen) database.close() })
    return database
  }
  return { path, file, open, movedAside }
}

const mode = (path: string): string => (statSync(path).mode & 0o777).toString(8)

describe('openDatabase', () => {
  it('creates the file for its owner only, and so what SQLite puts beside it', (t) => {
    const before = process.umask(0)
    t.after(() => process.umask(before))
    const { path, open } = folder(t)
    open({ notes: [FIRST] }).exec("INSERT INTO notes VALUES ('a')")
    const files = readdirSync(path)
    assert.ok(files.includes('mesh.db-wal'))
    assert.deepEqual(files.map(name => mode(join(path, name))), files.map(() => '600'))
  })

  it('takes rights away from a file that others may read', (t) => {
    const { file, open } = folder(t)
    writeFileSync(file, '', { mode: 0o644 })
    open({ notes: [FIRST] })
    assert.equal(mode(file), '600')
  })

  it('has every commit on disk when it returns', (t) => {
    const database = folder(t).open({})
    assert.deepEqual({ ...database.prepare('PRAGMA journal_mode').get() }, { journal_mode: 'wal' })
    assert.deepEqual({ ...database.prepare('PRAGMA synchronous').get() }, { synchronous: 2 })
  })

  it('runs each migration once and keeps what is stored', (t) => {
    const { open } = folder(t)
    const first = open({ notes: [FIRST] })
    first.exec("INSERT INTO notes VALUES ('kept')")
    first.close()
    open({ notes: [FIRST, SECOND] }).close()
    const again = open({ notes: [FIRST, SECOND] })
    assert.deepEqual(again.prepare('SELECT * FROM notes').all().map(row => ({ ...row })), [{ text: 'kept', author: 'nobody' }])
  })

  it('counts the migrations of each unit apart', (t) => {
    const { open } = folder(t)
    open({ notes: [FIRST] }).close()
    const both = open({ notes: [FIRST], other: ['CREATE TABLE other (x INTEGER) STRICT'] })
    both.exec('INSERT INTO other VALUES (1)')
    assert.equal(both.prepare('SELECT count(*) AS n FROM schema_version').get()?.['n'], 2)
  })

  it('leaves the database as it was when a migration fails', (t) => {
    const { open, movedAside } = folder(t)
    const first = open({ notes: [FIRST] })
    first.exec("INSERT INTO notes VALUES ('kept')")
    first.close()
    assert.throws(() => open({ notes: [FIRST, SECOND, 'ALTER TABLE nonsense ADD COLUMN x'] }), /no such table/)
    assert.deepEqual(open({ notes: [FIRST] }).prepare('SELECT * FROM notes').all().map(row => ({ ...row })), [{ text: 'kept' }])
    assert.deepEqual(movedAside, [])
  })

  it('refuses a database of a newer version, says so, and leaves it alone', (t) => {
    const { file, open, movedAside } = folder(t)
    open({ notes: [FIRST, SECOND] }).close()
    const before = readFileSync(file)
    assert.throws(() => open({ notes: [FIRST] }), { code: 'INTERNAL', message: /newer version of libp2p-mesh \(notes 2, known: 1\).*update/ })
    assert.deepEqual([readFileSync(file), movedAside], [before, []])
  })
})

describe('openDatabase: an unreadable file', () => {
  it('is moved aside, named to the caller, and begun anew', (t) => {
    const { path, file, open, movedAside } = folder(t)
    writeFileSync(file, 'this is no database, and long enough to look like one'.repeat(100))
    const database = open({ notes: [FIRST] })
    database.exec("INSERT INTO notes VALUES ('new')")
    assert.match(movedAside.join('\n'), new RegExp(`^${file}: file is not a database$`))
    assert.match(readFileSync(join(path, 'mesh.db.unreadable-1234'), 'utf8'), /^this is no database/)
    assert.equal(mode(file), '600')
  })

  it('is one with a damaged page too', (t) => {
    const { file, open, movedAside } = folder(t)
    const first = open({ notes: [FIRST] })
    first.exec("INSERT INTO notes VALUES ('lost')")
    first.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    first.close()
    const bytes = readFileSync(file)
    bytes.fill(0xff, 100, 1_000) // the root page of the schema, behind the file header
    writeFileSync(file, bytes)
    const database = open({ notes: [FIRST] })
    assert.equal(database.prepare('SELECT count(*) AS n FROM notes').get()?.['n'], 0)
    assert.equal(movedAside.length, 1)
  })

  it('is not one that the system cannot open: that is an error', (t) => {
    const { file, movedAside } = folder(t)
    const inNoFolder = join(file, 'below', 'mesh.db')
    assert.throws(() => openDatabase(inNoFolder, { migrations: {}, now: () => 0, onMovedAside: (path) => { movedAside.push(path) } }), /unable to open/)
    assert.deepEqual(movedAside, [])
  })
})

describe('toStorageError', () => {
  it('calls a full disk DISK_FULL and says what to do', (t) => {
    const database = folder(t).open({ notes: [FIRST] })
    database.exec('PRAGMA max_page_count = 1')
    let thrown: unknown
    try {
      database.exec(`INSERT INTO notes VALUES (hex(zeroblob(1000000)))`)
    } catch (error) {
      thrown = error
    }
    const error = toStorageError(thrown)
    assert.ok('code' in error && error.code === 'DISK_FULL')
    assert.match(error.message, /free some space/)
    assert.equal(error.cause, thrown)
  })

  it('passes other errors on', () => {
    const error = new Error('x')
    assert.equal(toStorageError(error), error)
  })
})
