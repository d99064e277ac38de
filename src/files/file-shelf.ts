/** Where files of peers lie: pieces that are on their way, and whole ones in quarantine, each in a folder of its own with what is known of it. */
import { chmod, mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { FREE_DISK_BYTES } from '../config/file-limits.ts'
import { systemCode } from '../lib/errors.ts'
import type { Disk, OpenFile } from './disk.ts'
import type { TransferRow } from './transfer-store.ts'

export interface FileShelfInit {
  /** The mesh's folder of state. */
  stateDir: string
  disk: Disk
}

/** What is written beside a received file. */
interface Label {
  transferId: string
  from: string
  name: string
  bytes: number
  sha256: string
  receivedAt: string
}

const PART = '.part'

export class FileShelf {
  /** Files of the owner's and received ones; what is here an agent may send. */
  readonly filesDir: string
  readonly #receivedDir: string
  readonly #partsDir: string
  readonly #disk: Disk

  constructor({ stateDir, disk }: FileShelfInit) {
    this.filesDir = join(stateDir, 'files')
    this.#receivedDir = join(this.filesDir, 'received')
    this.#partsDir = join(stateDir, 'transfers')
    this.#disk = disk
  }

  async open(): Promise<void> {
    for (const folder of [this.filesDir, this.#receivedDir, this.#partsDir]) await mkdir(folder, { recursive: true, mode: 0o700 })
  }

  /** What files of peers may take yet. */
  async freeBytes(): Promise<number> {
    return Math.max(0, await this.#disk.freeBytes(this.#partsDir) - FREE_DISK_BYTES)
  }

  partPath(id: string): string {
    return join(this.#partsDir, `${id}${PART}`)
  }

  /** How much of the file is here. */
  async partBytes(id: string): Promise<number> {
    return await sizeOf(this.partPath(id)) ?? 0
  }

  async openPart(id: string): Promise<OpenFile> {
    return await this.#disk.openForWriting(this.partPath(id))
  }

  async dropPart(id: string): Promise<void> {
    await rm(this.partPath(id), { force: true })
  }

  /** Moves a whole file into quarantine; where it lies then. It is readable for its owner, and nothing runs it. */
  async keep(row: TransferRow, sha256: string, now: number): Promise<string> {
    const folder = join(this.#receivedDir, row.id)
    const path = join(folder, row.name)
    const label: Label = {
      transferId: row.id, from: row.peerId, name: row.name, bytes: row.bytes, sha256, receivedAt: new Date(now).toISOString()
    }
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await writeFile(`${folder}.json`, `${JSON.stringify(label, null, 2)}\n`, { mode: 0o600 })
    await chmod(this.partPath(row.id), 0o400)
    await rename(this.partPath(row.id), path)
    return path
  }

  /** Where the file lies, when it was kept by a run that ended before it was noted. */
  async keptPath(row: TransferRow): Promise<string | undefined> {
    const path = join(this.#receivedDir, row.id, row.name)
    return await sizeOf(path) === row.bytes ? path : undefined
  }

  /** Removes a file that was kept. */
  async discard({ id }: TransferRow): Promise<void> {
    const folder = join(this.#receivedDir, id)
    await rm(folder, { recursive: true, force: true })
    await rm(`${folder}.json`, { force: true })
  }

  async isThere(path: string): Promise<boolean> {
    return await sizeOf(path) !== undefined
  }

  /** Removes pieces that no transfer needs. */
  async sweep(isNeeded: (id: string) => boolean): Promise<void> {
    for (const file of await readdir(this.#partsDir)) {
      if (!isNeeded(file.slice(0, -PART.length))) await rm(join(this.#partsDir, file), { force: true })
    }
  }
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined
    throw error
  }
}
