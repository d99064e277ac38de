/** The pre-shared key of a private network, in the file format that all libp2p implementations read (`swarm.key`). */
import { randomBytes } from 'node:crypto'
import { open, stat, type FileHandle } from 'node:fs/promises'
import { MeshError, systemCode, toError } from './errors.ts'

const HEAD = '/key/swarm/psk/1.0.0/\n/base16/\n'
const SWARM_KEY = /^\/key\/swarm\/psk\/1\.0\.0\/\r?\n\/base16\/\r?\n[0-9a-fA-F]{64}\s*$/
const KEY_BYTES = 32
const MAX_FILE_BYTES = 1_024

export interface SwarmKey {
  /** The file's text, as the library takes it. */
  bytes: Uint8Array
  /** Others on this machine can read it. */
  isExposed: boolean
}

/**
 * Writes a fresh key to a file that is not there yet, for its owner's eyes only.
 *
 * @throws MeshError `INVALID_ARGUMENT` when there is a file, or no folder
 */
export async function createSwarmKey(path: string): Promise<void> {
  let file: FileHandle
  try {
    file = await open(path, 'wx', 0o600)
  } catch (error) {
    const why = systemCode(error) === 'EEXIST' ? 'it exists already, and a key is never replaced' : toError(error).message
    throw new MeshError('INVALID_ARGUMENT', `no network key was written to ${path}: ${why}`, { cause: error, reason: 'file' })
  }
  try {
    await file.writeFile(`${HEAD}${randomBytes(KEY_BYTES).toString('hex')}\n`)
    await file.sync()
  } finally {
    await file.close()
  }
}

/**
 * Reads the key of a private network.
 *
 * @throws MeshError `INVALID_ARGUMENT` that names the file, and never its content
 */
export async function readSwarmKey(path: string): Promise<SwarmKey> {
  const { text, mode } = await readSmallFile(path)
  if (!SWARM_KEY.test(text)) {
    throw new MeshError('INVALID_ARGUMENT', `the network key file ${path} holds no network key; \`openclaw p2p networkkey <file>\` makes one`, { reason: 'file' })
  }
  return { bytes: new TextEncoder().encode(text.trimEnd().replaceAll('\r', '')), isExposed: process.platform !== 'win32' && (mode & 0o077) !== 0 }
}

async function readSmallFile(path: string): Promise<{ text: string, mode: number }> {
  try {
    const { mode, size } = await stat(path)
    if (size > MAX_FILE_BYTES) return { text: '', mode }
    const file = await open(path)
    try {
      return { text: await file.readFile('utf8'), mode }
    } finally {
      await file.close()
    }
  } catch (error) {
    throw new MeshError('INVALID_ARGUMENT', `the network key file ${path} cannot be read: ${toError(error).message}`, { cause: error, reason: 'file' })
  }
}
