/** Folders for gateways of one run: in memory where that is possible, because OpenClaw copies a plugin's files at every start. */

import { mkdtemp, readdir, readFile, rm, statfs } from 'node:fs/promises'
import { rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { atExit } from '../at-exit.ts'
import { isAbandoned } from '../live-process.ts'

/** What a few gateways take at most; less free memory than this and the disk is used. */
const ROOM_BYTES = 4 * 1024 ** 3

/** A temporary folder that is removed by `remove`, `await using` or the end of the process. */
export class Scratch implements AsyncDisposable {
  readonly path: string
  readonly #forget: () => void

  private constructor(path: string) {
    this.path = path
    this.#forget = atExit(() => { rmSync(path, { recursive: true, force: true }) })
  }

  static async create(): Promise<Scratch> {
    const parent = await roomyFolder()
    await removeAbandoned(parent)
    return new Scratch(await mkdtemp(join(parent, `mesh-e2e-${process.pid}-`)))
  }

  async remove(): Promise<void> {
    await rm(this.path, { recursive: true, force: true, maxRetries: 5 })
    this.#forget()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.remove()
  }
}

/** Removes what processes left behind that were killed before they could do it: it may fill the memory. */
async function removeAbandoned(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    if (isAbandoned(name, /^mesh-e2e-(\d+)-/)) await rm(join(parent, name), { recursive: true, force: true })
  }
}

async function roomyFolder(): Promise<string> {
  const memory = '/dev/shm'
  try {
    const [{ bavail, bsize }, mounts] = await Promise.all([statfs(memory), readFile('/proc/mounts', 'utf8')])
    // Native add-ons of the plugin cannot be loaded from a file system mounted noexec.
    const isExecutable = mounts.split('\n').some(line => line.includes(` ${memory} tmpfs `) && !line.includes('noexec'))
    return isExecutable && bavail * bsize >= ROOM_BYTES ? memory : tmpdir()
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return tmpdir()
    throw error
  }
}
