/** A JSON file that is always whole: replaced atomically, moved aside when it cannot be read. */
import { open, readFile, rename, stat } from 'node:fs/promises'
import { systemCode, toError } from './errors.ts'

export interface ReadJsonOptions<T> {
  maxBytes: number
  /** Checks what was read; throws where it is not what it should be. */
  parse: (value: unknown) => T
  /** Told where the unreadable file went, and why it could not be read. */
  onMovedAside: (path: string, error: Error) => void
  now: () => number
}

/** The file's content; undefined where there is none, or none that could be read (it is then moved aside). */
export async function readJsonFile<T>(path: string, options: ReadJsonOptions<T>): Promise<T | undefined> {
  try {
    const { size } = await stat(path)
    if (size > options.maxBytes) throw new Error(`it has ${size} bytes, at most ${options.maxBytes} are read`)
    return options.parse(JSON.parse(await readFile(path, 'utf8')))
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined
    const aside = `${path}.unreadable-${options.now()}`
    await rename(path, aside)
    options.onMovedAside(aside, toError(error))
    return undefined
  }
}

/** Replaces the file (mode 0600): a crash leaves the old content or the new one. */
export async function writeJsonFile(path: string, value: unknown): Promise<void> {
  const temporary = `${path}.new`
  const file = await open(temporary, 'w', 0o600)
  try {
    await file.writeFile(`${JSON.stringify(value, undefined, 2)}\n`)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(temporary, path)
}
