/** The `libp2p-mesh` command out of the package that npm would publish, with nothing beside it but the dependencies that npm would install. */

import { chmod, mkdir, readFile, symlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { packPlugin } from './openclaw/plugin-package.ts'
import { runOk } from './run.ts'

interface Manifest {
  dependencies: Record<string, string>
  bin: Record<string, string>
}

const MODULES = fileURLToPath(new URL('../../node_modules/', import.meta.url))
const UNPACK_TIMEOUT_MS = 60_000

/** Packs the built checkout and unpacks that into `folder` as npm does; returns the path of the command. */
export async function installPackedCommand(folder: string): Promise<string> {
  const archive = await packPlugin(folder)
  await runOk({ command: 'tar', args: ['-xzf', archive] }, { cwd: folder, timeoutMs: UNPACK_TIMEOUT_MS })
  const installed = join(folder, 'package')
  const { dependencies, bin } = JSON.parse(await readFile(join(installed, 'package.json'), 'utf8')) as Manifest
  for (const name of Object.keys(dependencies)) {
    const place = join(installed, 'node_modules', name)
    await mkdir(dirname(place), { recursive: true })
    await symlink(join(MODULES, name), place)
  }
  const command = join(installed, bin['libp2p-mesh'] ?? '')
  await chmod(command, 0o755) // as npm does with what `bin` names
  return command
}
