/** The SHA-256 of files of ours that are sent: each is read as a whole once, beside its sending, and its hash is kept with the transfer. */
import { MeshError, toError } from '../lib/errors.ts'
import type { GroupCommit } from '../lib/group-commit.ts'
import type { FileHasher } from './file-hasher.ts'
import { findSource, sourceOf } from './file-source.ts'
import type { TransferRow, TransferStore } from './transfer-store.ts'

export interface SourceHashesInit {
  store: TransferStore
  commits: GroupCommit
  hasher: FileHasher
}

export class SourceHashes {
  readonly #init: SourceHashesInit
  readonly #running = new Map<string, Promise<string>>()

  constructor(init: SourceHashesInit) {
    this.#init = init
  }

  /**
   * The hash of the file of a transfer, in hex.
   *
   * @throws MeshError `HASH_MISMATCH` when the file is written meanwhile, or cannot be read; `NOT_RUNNING` when the mesh stops
   */
  of(row: TransferRow): Promise<string> {
    const known = this.#running.get(row.id)
    if (known !== undefined) return known
    const running = this.#find(row).finally(() => { this.#running.delete(row.id) })
    this.#running.set(row.id, running)
    void Promise.allSettled([running]) // a sender that broke off does not wait for it any more
    return running
  }

  async #find(row: TransferRow): Promise<string> {
    const { id, bytes } = row
    const { store, commits, hasher } = this.#init
    const noted = store.get(id)?.sha256
    if (noted !== undefined) return noted
    const { path, stamp } = sourceOf(row)
    const sha256 = await hasher.begin(path).finish(bytes).catch((error: unknown) => {
      if (error instanceof MeshError) throw error
      throw new MeshError('HASH_MISMATCH', `the file could not be read as a whole: ${toError(error).message}`, { cause: error, reason: 'changed' })
    })
    if ((await findSource(path, undefined)).stamp !== stamp) throw new MeshError('HASH_MISMATCH', 'the file was written while it was read; send it once it is finished', { reason: 'changed' })
    await commits.write(() => { store.noteHash(id, sha256) })
    return sha256
  }
}
