/** Folders for gateways of one run: in memory where that is possible, because OpenClaw copies a plugin's files at every start. */

import { mkdtemp, readFile, rm, statfs } from 'node:fs/promises'
import { rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { atExit } from '../at-exit.ts'

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
    return new Scratch(await mkdtemp(join(await roomyFolder(), 'mesh-e2e-')))
  }

  async remove(): Promise<void> {
    await rm(this.path, { recursive: true, force: true, maxRetries: 5 })
    this.#forget()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.remove()
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
