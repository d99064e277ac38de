/** Runs the project's own tools the way the npm scripts do, for the tests that plant faults. */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const MAX_OUTPUT_BYTES = 64 * 1024 * 1024

/** The checkout's top folder. */
export const root = join(import.meta.dirname, '../..')

/** Where the planted faults live. */
export const fixtures = join(import.meta.dirname, 'fixtures')

/** What a finished tool left behind. */
export interface ToolResult {
  code: number | null
  output: string
}

/** Runs a tool of `node_modules/.bin` in `cwd` and returns its exit code and standard output. */
export function runTool(tool: string, args: string[], cwd: string): ToolResult {
  return run(process.execPath, [join(root, 'node_modules/.bin', tool), ...args], cwd)
}

/** Runs any command, without colours; throws when it cannot be started. */
export function run(command: string, args: string[], cwd: string): ToolResult {
  const env = { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined }
  const { error, status, stdout } = spawnSync(command, args, { cwd, env, encoding: 'utf8', maxBuffer: MAX_OUTPUT_BYTES })
  if (error !== undefined) throw error
  return { code: status, output: stdout }
}

/** What a fixture's first line, `// expects: a, b`, says that the gate must report. */
export function expectedOf(file: string): string[] {
  const line = /^\/\/ expects: (.*)$/m.exec(readFileSync(file, 'utf8'))?.[1]
  if (line === undefined) throw new Error(`${file} does not say what is expected of it`)
  return line === 'nothing' ? [] : line.split(', ')
}
