/** The plugin as users get it: the tgz that `npm pack` makes of the built checkout. */

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runOk } from '../run.ts'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))

/** Packs the built plugin into `folder`; returns the path of the tgz. */
export async function packPlugin(folder: string): Promise<string> {
  if (!existsSync(join(ROOT, 'dist/index.js'))) throw new Error('The plugin is not built: run `npm run build` first')
  const npm = { command: 'npm', args: ['pack', '--json', '--ignore-scripts', '--pack-destination', folder] }
  const { stdout } = await runOk(npm, { cwd: ROOT, timeoutMs: 120_000 })
  const packed = JSON.parse(stdout) as Array<{ filename: string }>
  const [archive] = packed
  if (archive === undefined) throw new Error(`npm pack made nothing: ${stdout}`)
  return join(folder, archive.filename)
}
