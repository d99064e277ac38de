import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { generateKeyPair, privateKeyToProtobuf } from '@libp2p/crypto/keys'
import { MeshError } from '../../src/lib/errors.ts'
import { loadOrCreateIdentity } from '../../src/node/identity.ts'
import { testFolder } from '../support/test-folder.ts'

const mode = (path: string): string => (statSync(path).mode & 0o777).toString(8)

describe('loadOrCreateIdentity', () => {
  it('creates an Ed25519 key, in a file and a folder for its owner only', async (t) => {
    const before = process.umask(0)
    t.after(() => process.umask(before))
    const state = join(testFolder(t), 'state')
    const path = join(state, 'identity.key')
    const key = await loadOrCreateIdentity(path)
    assert.equal(key.type, 'Ed25519')
    assert.deepEqual(readFileSync(path), Buffer.from(privateKeyToProtobuf(key)))
    assert.deepEqual([mode(path), mode(state), readdirSync(state)], ['600', '700', ['identity.key']])
  })

  it('loads the same key ever after, and does not touch the file', async (t) => {
    const path = join(testFolder(t), 'identity.key')
    const key = await loadOrCreateIdentity(path)
    const { mtimeMs } = statSync(path)
    const again = await loadOrCreateIdentity(path)
    assert.ok(again.equals(key))
    assert.equal(statSync(path).mtimeMs, mtimeMs)
  })

  it('is one key for all who create it at the same time', async (t) => {
    const path = join(testFolder(t), 'identity.key')
    const keys = await Promise.all(Array.from({ length: 16 }, () => loadOrCreateIdentity(path)))
    assert.deepEqual(new Set(keys.map(key => Buffer.from(key.raw).toString('hex'))).size, 1)
    assert.deepEqual(readFileSync(path), Buffer.from(privateKeyToProtobuf((await loadOrCreateIdentity(path)))))
    assert.deepEqual(readdirSync(join(path, '..')), ['identity.key'])
  })

  it('is never seen half written, so that no crash leaves an unusable file behind', async (t) => {
    const path = join(testFolder(t), 'identity.key')
    const creating = loadOrCreateIdentity(path)
    const isDone = creating.then(() => true)
    const lengths = new Set<number>()
    do {
      if (existsSync(path)) lengths.add(readFileSync(path).byteLength)
    } while (!await Promise.race([isDone, setImmediate(false)]))
    assert.deepEqual([...lengths], [privateKeyToProtobuf(await creating).byteLength])
  })

  const unusable: Array<[string, () => Uint8Array | Promise<Uint8Array>]> = [
    ['an empty file', () => new Uint8Array()],
    ['a text', () => Buffer.from('-----BEGIN PRIVATE KEY-----')],
    ['a cut key', async () => privateKeyToProtobuf(await generateKeyPair('Ed25519')).subarray(0, 20)],
    ['a key of another type', async () => privateKeyToProtobuf(await generateKeyPair('secp256k1'))]
  ]
  for (const [name, content] of unusable) {
    it(`never replaces ${name}: the error names the file and says what to do`, async (t) => {
      const path = join(testFolder(t), 'identity.key')
      const bytes = Buffer.from(await content())
      writeFileSync(path, bytes)
      await assert.rejects(loadOrCreateIdentity(path), (error: unknown) => isHelpful(error, path))
      assert.deepEqual(readFileSync(path), bytes)
    })
  }

  it('says the same when the file cannot be read', async (t) => {
    const path = join(testFolder(t), 'identity.key')
    mkdirSync(path)
    await assert.rejects(loadOrCreateIdentity(path), (error: unknown) => isHelpful(error, path))
  })

  it('tells nothing of the key in its errors', async (t) => {
    const path = join(testFolder(t), 'identity.key')
    const secret = privateKeyToProtobuf(await generateKeyPair('Ed25519')).subarray(0, 60)
    writeFileSync(path, secret)
    const error: unknown = await loadOrCreateIdentity(path).catch((thrown: unknown) => thrown)
    assert.ok(error instanceof MeshError)
    for (const encoding of ['hex', 'base64', 'latin1'] as const) assert.ok(!error.message.includes(Buffer.from(secret.subarray(8, 40)).toString(encoding)))
  })
})

function isHelpful(error: unknown, path: string): boolean {
  assert.ok(error instanceof MeshError)
  assert.deepEqual([error.code, error.reason], ['INTERNAL', 'identity'])
  assert.ok(error.message.includes(path))
  assert.match(error.message, /Restore it from a backup, or move it away/)
  return true
}
