import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { Key } from 'interface-datastore'
import { openDatastore } from '../../src/node/datastore.ts'
import { testFolder } from '../support/test-folder.ts'

const KEY = new Key('/test/key')
const VALUE = Buffer.from('value')

function options() {
  const movedAside: string[] = []
  return { movedAside, now: () => 1234, onMovedAside: (path: string) => { movedAside.push(path) } }
}

describe('openDatastore', () => {
  it('creates a folder for its owner only and keeps what is stored', async (t) => {
    const path = join(testFolder(t), 'state', 'peerstore')
    const first = await openDatastore(path, options())
    assert.equal(statSync(path).mode & 0o777, 0o700)
    await first.put(KEY, VALUE)
    await first.close()
    const second = await openDatastore(path, options())
    t.after(async () => { await second.close() })
    assert.deepEqual(await second.get(KEY), VALUE)
  })

  it('is refused while another one has it open, with a reason, and harms nothing', async (t) => {
    const path = join(testFolder(t), 'peerstore')
    const first = await openDatastore(path, options())
    t.after(async () => { await first.close() })
    await first.put(KEY, VALUE)
    const second = options()
    await assert.rejects(openDatastore(path, second), { code: 'NOT_RUNNING', reason: 'locked', message: /two nodes must not share one state folder/ })
    assert.deepEqual(second.movedAside, [])
    assert.deepEqual(await first.get(KEY), VALUE)
  })

  it('moves an unreadable one aside, says so, and begins anew', async (t) => {
    const folder = testFolder(t)
    const path = join(folder, 'peerstore')
    const first = await openDatastore(path, options())
    await first.put(KEY, VALUE)
    await first.close()
    writeFileSync(join(path, 'CURRENT'), 'damaged')
    const init = options()
    const second = await openDatastore(path, init)
    t.after(async () => { await second.close() })
    assert.deepEqual(init.movedAside, [path])
    assert.equal(await second.has(KEY), false)
    assert.deepEqual(readdirSync(folder).sort(), ['peerstore', 'peerstore.unreadable-1234'])
    assert.equal(readFileSync(join(`${path}.unreadable-1234`, 'CURRENT'), 'utf8'), 'damaged')
  })
})
