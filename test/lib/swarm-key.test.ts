import assert from 'node:assert/strict'
import { chmod, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { createSwarmKey, readSwarmKey } from '../../src/lib/swarm-key.ts'
import { testFolder } from '../support/test-folder.ts'

const KEY = '7e'.repeat(32)

describe('a network key', () => {
  it('is fresh each time, in the format of libp2p, and for its owner only', async (t) => {
    const folder = testFolder(t)
    const [one, other] = [join(folder, 'one.key'), join(folder, 'other.key')]
    for (const path of [one, other]) await createSwarmKey(path)
    const text = await readFile(one, 'utf8')
    assert.match(text, /^\/key\/swarm\/psk\/1\.0\.0\/\n\/base16\/\n[0-9a-f]{64}\n$/)
    assert.notEqual(text, await readFile(other, 'utf8'))
    assert.equal((await stat(one)).mode & 0o777, 0o600)
    const { bytes, isExposed } = await readSwarmKey(one)
    assert.deepEqual([Buffer.from(bytes).toString(), isExposed], [text.trimEnd(), false])
  })

  it('is never written over a file', async (t) => {
    const folder = testFolder(t)
    const path = join(folder, 'mesh.key')
    await writeFile(path, 'precious')
    await assert.rejects(createSwarmKey(path), { code: 'INVALID_ARGUMENT', message: /exists already/ })
    assert.equal(await readFile(path, 'utf8'), 'precious')
  })

  it('that others can read is told to be', async (t) => {
    const folder = testFolder(t)
    const path = join(folder, 'mesh.key')
    await createSwarmKey(path)
    await chmod(path, 0o644)
    assert.equal((await readSwarmKey(path)).isExposed, true)
  })

  for (const [name, text] of Object.entries({
    empty: '', short: `/key/swarm/psk/1.0.0/\n/base16/\n${KEY.slice(2)}`, bare: KEY, 'of another kind': `/key/swarm/psk/1.0.0/\n/base64/\n${KEY}`, huge: ' '.repeat(2_000)
  })) {
    it(`that is ${name} is refused, without being shown`, async (t) => {
      const folder = testFolder(t)
      const path = join(folder, 'mesh.key')
      await writeFile(path, text)
      await assert.rejects(readSwarmKey(path), (error: Error) => error.message.includes(path) && !error.message.includes(KEY.slice(2)))
    })
  }

  it('that is not there is an error that names the file', async () => {
    await assert.rejects(readSwarmKey('/nowhere/mesh.key'), { code: 'INVALID_ARGUMENT', message: /network key file \/nowhere\/mesh\.key cannot be read/ })
  })
})
