/** Runs a program to its end. */

import { Child, type ChildOptions, type Command } from './child.ts'

export interface RunOptions extends ChildOptions {
  timeoutMs: number
  /** Given on standard input, which is closed after it. @default '' */
  input?: string
}

export interface RunResult {
  code: number
  stdout: string
  /** Standard output and error as they came, colours removed. */
  output: string
}

/** Runs `command` to its end; a program that runs longer than `timeoutMs` is killed, which is an error. */
export async function run(command: Command, options: RunOptions): Promise<RunResult> {
  await using child = new Child(command, options)
  let stdout = ''
  child.onStdout((chunk) => { stdout += chunk })
  child.end(options.input ?? '')
  const limit = setTimeout(() => { void child.killAll() }, options.timeoutMs)
  const { code } = await child.exited.finally(() => { clearTimeout(limit) })
  if (code === null) {
    throw new Error(`${describe(command)} did not end within ${options.timeoutMs} ms:\n${child.log.tail()}`)
  }
  return { code, stdout, output: child.log.text }
}

/** As `run`, and an exit code other than 0 is an error. */
export async function runOk(command: Command, options: RunOptions): Promise<RunResult> {
  const result = await run(command, options)
  if (result.code !== 0) {
    throw new Error(`${describe(command)} ended with exit code ${result.code}:\n${result.output.trimEnd()}`)
  }
  return result
}

function describe({ command, args }: Command): string {
  return [command, ...args].join(' ')
}
