/** A file of ours that is sent: whether it may be, and whether it is still the same one. */
import { constants, type BigIntStats } from 'node:fs'
import { lstat, open, realpath, stat, type FileHandle } from 'node:fs/promises'
import { isAbsolute, relative, resolve, sep } from 'node:path'
import { MeshError, systemCode, toError } from '../lib/errors.ts'
import { oneLine } from '../lib/text.ts'

/** A file as it was when it was offered. */
export interface FileSource {
  /** Links resolved. */
  path: string
  bytes: number
  /** Changes when the file does: device, inode, size, and when it was written. */
  stamp: string
}

/**
 * Which file of ours a transfer sends.
 *
 * @throws MeshError `INTERNAL` for a transfer of a peer
 */
export function sourceOf({ path, stamp }: { path: string | undefined, stamp: string | undefined }): Pick<FileSource, 'path' | 'stamp'> {
  if (path === undefined || stamp === undefined) throw new MeshError('INTERNAL', 'the path of a file of ours is not known')
  return { path, stamp }
}

const MAX_SHOWN_PATH = 200

/**
 * Finds the file that is to be sent.
 *
 * @param roots folders that it must lie in once every link is resolved; undefined: anywhere
 * @throws MeshError `NOT_ALLOWED` outside of the folders, `NOT_FOUND`, `INVALID_ARGUMENT` for what is no plain file
 */
export async function findSource(path: string, roots: readonly string[] | undefined): Promise<FileSource> {
  if (!isAbsolute(path)) throw new MeshError('INVALID_ARGUMENT', `"${shown(path)}" is no absolute path`)
  const real = await realPathOf(path)
  if (roots !== undefined) await checkInside(real, { roots, path })
  const handle = await openPlain(real)
  try {
    const { size, ...rest } = await statsOf(handle, real)
    if (size > BigInt(Number.MAX_SAFE_INTEGER)) throw new MeshError('TOO_LARGE', `"${shown(path)}" is larger than any file that can be sent`)
    return { path: real, bytes: Number(size), stamp: stampOf({ size, ...rest }) }
  } finally {
    await handle.close()
  }
}

/**
 * Opens the file again, the same one or none.
 *
 * @throws MeshError `HASH_MISMATCH` (`changed`) when it is another one now
 */
export async function openSource({ path, stamp }: Pick<FileSource, 'path' | 'stamp'>): Promise<FileHandle> {
  let handle: FileHandle | undefined
  try {
    if (await realpath(path) !== path) throw new Error('a folder on its way became a link')
    handle = await openPlain(path)
    if (stampOf(await statsOf(handle, path)) !== stamp) throw new Error('it was written since it was offered')
    return handle
  } catch (error) {
    await handle?.close()
    throw new MeshError('HASH_MISMATCH', `the file ${shown(path)} is not the one any more that was offered: ${toError(error).message}`, { cause: error, reason: 'changed' })
  }
}

async function realPathOf(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch (error) {
    throw new MeshError('NOT_FOUND', `there is no file "${shown(path)}" (${systemCode(error) ?? toError(error).message})`, { cause: error, reason: 'no-file' })
  }
}

async function checkInside(real: string, { roots, path }: { roots: readonly string[], path: string }): Promise<void> {
  for (const root of roots) {
    const folder = await realpath(root).catch(() => resolve(root)) // a folder that is not there holds nothing
    const inside = relative(folder, real)
    if (inside !== '' && inside !== '..' && !inside.startsWith(`..${sep}`) && !isAbsolute(inside)) return
  }
  throw new MeshError('NOT_ALLOWED', `"${shown(path)}" lies outside of what an agent may send: its workspace and the files folder. The owner may send it: openclaw p2p sendfile`, { reason: 'outside' })
}

/** Neither follows a link nor waits for somebody to write into a pipe. */
async function openPlain(real: string): Promise<FileHandle> {
  try {
    if (!(await lstat(real)).isFile()) throw new MeshError('INVALID_ARGUMENT', `"${shown(real)}" is no plain file`)
    return await open(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (error) {
    if (error instanceof MeshError) throw error
    throw new MeshError('NOT_ALLOWED', `"${shown(real)}" cannot be read (${systemCode(error) ?? toError(error).message})`, { cause: error, reason: 'unreadable' })
  }
}

/** Of what was opened, which is what the path still leads to: nobody exchanged a folder meanwhile. */
async function statsOf(handle: FileHandle, real: string): Promise<BigIntStats> {
  const [opened, named] = [await handle.stat({ bigint: true }), await stat(await realpath(real), { bigint: true })]
  const isSame = opened.isFile() && opened.dev === named.dev && opened.ino === named.ino && await realpath(real) === real
  if (!isSame) throw new MeshError('NOT_ALLOWED', `"${shown(real)}" was exchanged while it was opened`, { reason: 'changed' })
  return opened
}

function stampOf({ dev, ino, size, mtimeNs }: Pick<BigIntStats, 'dev' | 'ino' | 'size' | 'mtimeNs'>): string {
  return [dev, ino, size, mtimeNs].join(':')
}

function shown(path: string): string {
  return oneLine(path, MAX_SHOWN_PATH)
}
