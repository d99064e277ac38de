import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { appendFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { FileHasher } from '../../src/files/file-hasher.ts'
import { testFolder } from '../support/test-folder.ts'

function sha256(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex')
}

describe('the hash of a file', () => {
  it('is that of all its bytes, also when it grows meanwhile', async (t) => {
    const hasher = new FileHasher()
    t.after(async () => { await hasher.stop() })
    const path = join(testFolder(t), 'x')
    const content = randomBytes(3_000_000)
    await writeFile(path, content.subarray(0, 1_000_000))
    const hash = hasher.begin(path)
    hash.advance(500_000)
    hash.advance(1_000_000)
    await appendFile(path, content.subarray(1_000_000))
    assert.equal(await hash.finish(3_000_000), sha256(content))
    assert.equal(await hasher.begin(path).finish(0), sha256(Buffer.alloc(0)))
  })

  it('of several at a time are kept apart, and a file that is too short is told', async (t) => {
    const hasher = new FileHasher()
    t.after(async () => { await hasher.stop() })
    const folder = testFolder(t)
    const contents = [randomBytes(100), randomBytes(2_000_000), randomBytes(5)]
    const hashes = contents.map(async (content, index) => {
      const path = join(folder, String(index))
      await writeFile(path, content)
      return await hasher.begin(path).finish(content.length)
    })
    assert.deepEqual(await Promise.all(hashes), contents.map(sha256))
    await assert.rejects(hasher.begin(join(folder, '0')).finish(101), /ends before it should/)
    await assert.rejects(hasher.begin(join(folder, 'nothing')).finish(1), /ENOENT/)
  })

  it('that was not finished when everything stops, is told so', async (t) => {
    const hasher = new FileHasher()
    const path = join(testFolder(t), 'x')
    await writeFile(path, randomBytes(50_000_000))
    const finishing = hasher.begin(path).finish(50_000_000)
    const ended = assert.rejects(finishing, { code: 'NOT_RUNNING' })
    await hasher.stop()
    await ended
  })
})
