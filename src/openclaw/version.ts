/** The version of this package. */
import { readFile } from 'node:fs/promises'

/** As package.json says it; that file is two folders above both `src/openclaw` and `dist/openclaw`. */
export async function loadVersion(): Promise<string> {
  const manifest: unknown = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'))
  const version: unknown = typeof manifest === 'object' && manifest !== null ? Reflect.get(manifest, 'version') : undefined
  return typeof version === 'string' ? version : 'unknown'
}
