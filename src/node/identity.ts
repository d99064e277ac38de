/** The node's identity: an Ed25519 key in a file of its own, created once and never silently replaced. */
import { randomUUID } from 'node:crypto'
import { constants, copyFile, link, mkdir, open, readFile, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { generateKeyPair, privateKeyFromProtobuf, privateKeyToProtobuf } from '@libp2p/crypto/keys'
import type { Ed25519PrivateKey, PrivateKey } from '@libp2p/interface'
import { MeshError, systemCode } from '../lib/errors.ts'

/**
 * Loads the private key at `path` (libp2p's protobuf form), or creates it with mode 0600 where there is no file yet.
 *
 * @throws MeshError `INTERNAL` that says what to do when the file is there but holds no Ed25519 key or cannot be read
 */
export async function loadOrCreateIdentity(path: string): Promise<Ed25519PrivateKey> {
  const bytes = await readIfExists(path)
  if (bytes !== undefined) return parseIdentity(path, bytes)
  const key = await generateKeyPair('Ed25519')
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  if (await createExclusive(path, privateKeyToProtobuf(key))) return key
  return parseIdentity(path, await readFile(path)) // another process created it in the meantime
}

async function readIfExists(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path)
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined
    throw unusable(path, error)
  }
}

/** The file appears whole or not at all: neither a second process nor a crash ever meets half a key. */
async function createExclusive(path: string, bytes: Uint8Array): Promise<boolean> {
  const draft = `${path}.${randomUUID()}`
  try {
    await writeDurably(draft, bytes)
    await nameExclusive(draft, path)
    return true
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false
    throw error
  } finally {
    await rm(draft, { force: true })
  }
}

async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'wx', 0o600)
  try {
    await file.writeFile(bytes)
    await file.sync()
  } finally {
    await file.close()
  }
}

async function nameExclusive(draft: string, path: string): Promise<void> {
  try {
    await link(draft, path)
  } catch (error) {
    if (systemCode(error) === 'EEXIST') throw error
    await copyFile(draft, path, constants.COPYFILE_EXCL) // a file system without hard links
  }
}

function parseIdentity(path: string, bytes: Uint8Array): Ed25519PrivateKey {
  let key: PrivateKey
  try {
    key = privateKeyFromProtobuf(bytes)
  } catch (error) {
    throw unusable(path, error)
  }
  if (key.type !== 'Ed25519') throw unusable(path, new Error(`it holds a key of type ${key.type}`))
  return key
}

function unusable(path: string, cause: unknown): MeshError {
  const why = cause instanceof Error ? cause.message : String(cause)
  return new MeshError('INTERNAL', `the identity file ${path} cannot be used (${why}). Restore it from a backup, or move it away to start ` +
    'with a new identity: peers will then see a new peer and have to approve it again', { cause, reason: 'identity' })
}
