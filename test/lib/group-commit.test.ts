import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { GroupCommit } from '../../src/lib/group-commit.ts'
import { TestDatabase } from '../support/test-database.ts'

const migrations = {
  test: [`
    CREATE TABLE parents (id INTEGER PRIMARY KEY) STRICT;
    CREATE TABLE notes (
      seq INTEGER PRIMARY KEY,
      text TEXT NOT NULL UNIQUE,
      parent INTEGER REFERENCES parents (id) DEFERRABLE INITIALLY DEFERRED
    ) STRICT`]
}

class Notes extends TestDatabase {
  constructor() {
    super(migrations)
  }

  write(text: string | null, parent: number | null = null): Promise<string> {
    return this.commits.write(() => {
      this.database.prepare('INSERT INTO notes (text, parent) VALUES (?, ?)').run(text, parent)
      return `wrote ${String(text)}`
    })
  }

  get stored(): unknown[] {
    return this.#texts(this.database)
  }

  /** What somebody else sees, and what is left after a crash. */
  get onDisk(): unknown[] {
    return this.#texts(this.other())
  }

  #texts(database: TestDatabase['database']): unknown[] {
    return database.prepare('SELECT text FROM notes ORDER BY seq').all().map(row => row['text'])
  }
}

const outcomes = async (writes: Array<Promise<unknown>>): Promise<string[]> => (await Promise.allSettled(writes)).map(result => result.status)

describe('GroupCommit', () => {
  it('runs writes in order and resolves with what they return', async () => {
    using notes = new Notes()
    assert.deepEqual(await Promise.all([notes.write('a'), notes.write('b'), notes.write('c')]), ['wrote a', 'wrote b', 'wrote c'])
    assert.deepEqual(notes.stored, ['a', 'b', 'c'])
  })

  it('resolves when the change is on disk, not before', async () => {
    using notes = new Notes()
    const seen: unknown[] = []
    const writing = notes.write('a').then(() => { seen.push(notes.onDisk) })
    seen.push(notes.onDisk)
    await writing
    assert.deepEqual(seen, [[], ['a']])
  })

  it('puts the writes of one turn of the event loop into one transaction', async (t) => {
    using notes = new Notes()
    const exec = t.mock.method(notes.database, 'exec')
    const transactions = (): number => exec.mock.calls.filter(call => call.arguments[0] === 'COMMIT').length
    await Promise.all(Array.from({ length: 100 }, (_, index) => notes.write(`note ${index}`)))
    assert.equal(transactions(), 1)
    await notes.write('in a later turn')
    assert.equal(transactions(), 2)
    assert.equal(notes.onDisk.length, 101)
  })

  it('shows a write what the writes before it in the same transaction did', async () => {
    using notes = new Notes()
    void notes.write('a')
    assert.deepEqual(await notes.commits.write(() => notes.stored), ['a'])
  })

  it('rejects a failing write alone, with what it threw', async () => {
    using notes = new Notes()
    await notes.write('taken')
    const refused = notes.write('taken')
    const thrown = notes.commits.write(() => { throw new TypeError('not this one') })
    assert.deepEqual(await outcomes([notes.write('before'), refused, thrown, notes.write('after')]), ['fulfilled', 'rejected', 'rejected', 'fulfilled'])
    await assert.rejects(refused, /UNIQUE/)
    await assert.rejects(thrown, TypeError)
    assert.deepEqual(notes.onDisk, ['taken', 'before', 'after'])
  })

  it('leaves nothing of a write that fails half-way', async () => {
    using notes = new Notes()
    const half = notes.commits.write(() => {
      notes.database.exec("INSERT INTO notes (text) VALUES ('half')")
      throw new Error('the second half')
    })
    assert.deepEqual(await outcomes([notes.write('before'), half, notes.write('after')]), ['fulfilled', 'rejected', 'fulfilled'])
    assert.deepEqual(notes.onDisk, ['before', 'after'])
  })

  it('rejects every write of a transaction whose commit fails, keeps none of them, and goes on', async () => {
    using notes = new Notes()
    await notes.write('earlier')
    const orphan = 7
    const writes = [notes.write('a'), notes.write('b', orphan), notes.write('c')]
    assert.deepEqual(await outcomes(writes), ['rejected', 'rejected', 'rejected'])
    assert.deepEqual([notes.stored, notes.onDisk], [['earlier'], ['earlier']])
    await notes.write('later')
    assert.deepEqual(notes.onDisk, ['earlier', 'later'])
  })

  it('rejects every write with DISK_FULL when the disk is full, and goes on when there is room again', async () => {
    using notes = new Notes()
    await notes.write('earlier')
    notes.database.exec('PRAGMA max_page_count = 1')
    const writes = [notes.write('small'), notes.write('x'.repeat(1_000_000)), notes.write('small too')]
    await Promise.all(writes.map(async (write) => { await assert.rejects(write, { code: 'DISK_FULL' }) }))
    assert.deepEqual(notes.onDisk, ['earlier'])
    notes.database.exec('PRAGMA max_page_count = 100000')
    await notes.write('later')
    assert.deepEqual(notes.onDisk, ['earlier', 'later'])
  })

  it('commits at once when it is asked to, and only once', async () => {
    using notes = new Notes()
    const writing = notes.write('a')
    notes.commits.commitNow()
    assert.deepEqual(notes.onDisk, ['a'])
    notes.commits.commitNow()
    await writing
    assert.deepEqual(notes.onDisk, ['a'])
  })

  it('takes a write that another one asks for into the next transaction', async () => {
    using notes = new Notes()
    const inner = await notes.commits.write(() => ({ later: notes.write('inner') }))
    assert.equal(await inner.later, 'wrote inner')
  })

  it('rejects writes to a closed database', async () => {
    using notes = new Notes()
    const commits = new GroupCommit(notes.database)
    notes.database.close()
    await assert.rejects(commits.write(() => 1), /not open/)
  })
})
