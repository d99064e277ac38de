import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { readJsonFile, writeJsonFile } from '../../src/lib/json-file.ts'
import { testFolder } from '../support/test-folder.ts'

interface Table {
  version: 1
}

function jsonFile(t: TestContext) {
  const folder = testFolder(t)
  const path = join(folder, 'table.json')
  const movedAside: string[] = []
  const read = async (): Promise<Table | undefined> => await readJsonFile(path, {
    maxBytes: 100,
    now: () => 1234,
    onMovedAside: (aside, error) => { movedAside.push(`${aside}: ${error.message}`) },
    parse: (value) => {
      if (typeof value === 'object' && value !== null && 'version' in value && value.version === 1) return { version: 1 }
      throw new Error('no table of version 1')
    }
  })
  return { folder, path, read, movedAside }
}

describe('writeJsonFile', () => {
  it('writes for its owner only, to be read by people, and leaves nothing else behind', async (t) => {
    const { folder, path, read } = jsonFile(t)
    await writeJsonFile(path, { version: 1 })
    assert.equal(readFileSync(path, 'utf8'), '{\n  "version": 1\n}\n')
    assert.deepEqual([statSync(path).mode & 0o777, readdirSync(folder), await read()], [0o600, ['table.json'], { version: 1 }])
  })

  it('replaces the file as a whole: who reads meanwhile sees the old content or the new one', async (t) => {
    const { path } = jsonFile(t)
    await writeJsonFile(path, { old: 'x'.repeat(100_000) })
    const writing = writeJsonFile(path, { new: 'x'.repeat(100_000) })
    const seen = new Set<string>()
    const look = (): void => { for (const key of Object.keys(JSON.parse(readFileSync(path, 'utf8')) as object)) seen.add(key) }
    const poll = setInterval(look, 0)
    await writing.finally(() => { clearInterval(poll) })
    look()
    assert.ok(seen.has('new'))
  })

  it('survives what a crash left behind', async (t) => {
    const { path, read } = jsonFile(t)
    writeFileSync(`${path}.new`, 'half a fi')
    await writeJsonFile(path, { version: 1 })
    assert.deepEqual(await read(), { version: 1 })
  })
})

describe('readJsonFile', () => {
  it('is undefined where there is no file', async (t) => {
    const { read, movedAside } = jsonFile(t)
    assert.deepEqual([await read(), movedAside], [undefined, []])
  })

  const unreadable: Array<[string, string, RegExp]> = [
    ['no JSON', '{"version": 1', /JSON/],
    ['something else', '{"version": 2}', /no table of version 1/],
    ['too much', ' '.repeat(101), /it has 101 bytes, at most 100 are read/]
  ]
  for (const [name, content, why] of unreadable) {
    it(`moves a file aside that holds ${name}, and says where and why`, async (t) => {
      const { path, read, movedAside } = jsonFile(t)
      writeFileSync(path, content)
      assert.equal(await read(), undefined)
      assert.deepEqual([existsSync(path), readFileSync(`${path}.unreadable-1234`, 'utf8')], [false, content])
      assert.ok(movedAside[0]?.startsWith(`${path}.unreadable-1234: `))
      assert.match(movedAside[0] ?? '', why)
    })
  }

  it('moves aside what is no file at all', async (t) => {
    const { path, read, movedAside } = jsonFile(t)
    mkdirSync(path)
    assert.equal(await read(), undefined)
    assert.equal(movedAside.length, 1)
  })
})
