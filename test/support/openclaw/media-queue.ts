/** What OpenClaw needs of the machine to send a file by its own command, on any channel. */

import { mkdtempDisposable, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FsSafeError, root } from 'openclaw/plugin-sdk/security-runtime'

/**
 * Why the host cannot put a file into its delivery queue here, or `undefined`:
 * it moves the file there by its native package and system calls (`openat2`, `renameat2`) that old kernels and some sandboxes lack.
 */
export async function whyMediaCannotBeQueued(): Promise<string | undefined> {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'media-queue-'))
  await writeFile(join(folder.path, 'from'), '')
  try {
    await (await root(folder.path)).move('from', 'to', { overwrite: false })
    return undefined
  } catch (error) {
    if (error instanceof FsSafeError && error.code === 'helper-unavailable') return `OpenClaw cannot queue a file on this machine: ${error.message}`
    throw error
  }
}
