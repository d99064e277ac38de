/** The store behind the peer store: LevelDB in a folder of its own. */
import { mkdir, rename } from 'node:fs/promises'
import { LevelDatastore } from 'datastore-level'
import { MeshError, toError } from '../lib/errors.ts'

export interface OpenDatastoreOptions {
  /** Told when an unreadable store was moved aside and a new one begun. */
  onMovedAside: (path: string, error: Error) => void
  now: () => number
}

/**
 * Opens the datastore in the folder `path`, created with mode 0700. It holds nothing that cannot be learned again, so an
 * unreadable one is moved aside.
 *
 * @throws MeshError `NOT_RUNNING` when another process has it open
 */
export async function openDatastore(path: string, options: OpenDatastoreOptions): Promise<LevelDatastore> {
  await mkdir(path, { recursive: true, mode: 0o700 })
  try {
    return await open(path)
  } catch (error) {
    if (isLocked(error)) {
      throw new MeshError('NOT_RUNNING', `another process uses ${path}: two nodes must not share one state folder`, { cause: error, reason: 'locked' })
    }
    await rename(path, `${path}.unreadable-${String(options.now())}`)
    options.onMovedAside(path, toError(error))
    return await open(path)
  }
}

async function open(path: string): Promise<LevelDatastore> {
  const datastore = new LevelDatastore(path)
  await datastore.db.open({ compression: false }) // what `datastore.open` does, but that keeps to itself why it failed
  return datastore
}

function isLocked(thrown: unknown): boolean {
  for (let error: unknown = thrown; error instanceof Error; error = error.cause) {
    if ('code' in error && error.code === 'LEVEL_LOCKED') return true
    if (error.message.includes('already held by process') || error.message.includes('/LOCK')) return true
  }
  return false
}
