/** A program that a test runs: its output is kept, and it never outlives the test. */

import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { atExit } from './at-exit.ts'
import { LineLog } from './line-log.ts'
import { signalProcess } from './live-process.ts'

/** What to run, ready for `spawn`. */
export interface Command {
  command: string
  args: string[]
}

export interface ChildOptions {
  env?: NodeJS.ProcessEnv
  cwd?: string
  /** Where standard output and error go, both. @default a log of its own */
  log?: LineLog
}

export interface ChildExit {
  code: number | null
  signal: NodeJS.Signals | null
}

/** How long the last output of an ended program is waited for. */
const OUTPUT_GRACE_MS = 3000

/** A running program with a process group of its own, so that its children end with it. */
export class Child implements AsyncDisposable {
  readonly log: LineLog
  readonly exited: Promise<ChildExit>
  readonly #process: ChildProcess
  #running = true

  constructor(command: Command, options: ChildOptions = {}) {
    this.log = options.log ?? new LineLog()
    this.#process = spawn(command.command, command.args, {
      detached: true,
      stdio: 'pipe',
      ...(options.env === undefined ? {} : { env: options.env }),
      ...(options.cwd === undefined ? {} : { cwd: options.cwd })
    })
    this.#collect()
    this.exited = this.#watch(atExit(() => { this.#killGroup('SIGKILL') }))
  }

  get pid(): number {
    if (this.#process.pid === undefined) throw new Error('The program did not start')
    return this.#process.pid
  }

  get isRunning(): boolean {
    return this.#running
  }

  /** Writes to standard input and closes it. */
  end(input: string): void {
    this.#process.stdin?.end(input)
  }

  /** Writes one line to standard input, which stays open. */
  writeLine(line: string): void {
    this.#process.stdin?.write(`${line}\n`)
  }

  /** Standard output alone, as it comes; everything is in `log` too. */
  onStdout(listener: (chunk: string) => void): void {
    this.#process.stdout?.on('data', listener)
  }

  /** Ends the program and all its children by SIGKILL, as a power cut would. */
  async killAll(): Promise<void> {
    this.#killGroup('SIGKILL')
    await this.exited
  }

  /** Asks the program to end; after `graceMs` it is not asked any more. Safe to call twice. */
  async stop(graceMs = 10_000): Promise<ChildExit> {
    if (this.#running) this.#process.kill('SIGTERM')
    const force = setTimeout(() => { this.#killGroup('SIGKILL') }, graceMs)
    try {
      return await this.exited
    } finally {
      clearTimeout(force)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  #collect(): void {
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream?.setEncoding('utf8').on('data', (chunk: string) => { this.log.append(chunk) })
    }
    // A program that ends while it is written to: its exit tells more than this.
    this.#process.stdin?.on('error', (error) => { this.log.append(`(standard input: ${error.message})\n`) })
  }

  async #watch(forget: () => void): Promise<ChildExit> {
    this.#process.once('exit', () => { this.#end() })
    try {
      await once(this.#process, 'close')
      return { code: this.#process.exitCode, signal: this.#process.signalCode }
    } finally {
      this.#running = false
      forget()
    }
  }

  /** Kills what the program left behind; what left its group may hold the output open, which is not waited for. */
  #end(): void {
    this.#killGroup('SIGKILL')
    const cut = setTimeout(() => {
      this.#process.stdout?.destroy()
      this.#process.stderr?.destroy()
    }, OUTPUT_GRACE_MS)
    this.#process.once('close', () => { clearTimeout(cut) })
  }

  /** Signals whoever is left of the group; nobody left is fine. */
  #killGroup(signal: NodeJS.Signals): void {
    const pid = this.#process.pid
    if (pid === undefined || !this.#running) return
    signalProcess(-pid, signal)
  }
}
