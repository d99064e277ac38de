/** A program of the laboratory that is asked for things: one JSON line each way. */

import { Child, type Command } from '../child.ts'

/** What a program's answer to one question looks like. */
interface Answer {
  id: number
  result?: unknown
  error?: string
}

export class LabProcess implements AsyncDisposable {
  readonly #child: Child
  #questions = 0

  constructor(command: Command) {
    this.#child = new Child(command)
  }

  /** The command for a script of the laboratory, run by this Node. */
  static script(url: URL): Command {
    return { command: process.execPath, args: ['--experimental-transform-types', '--disable-warning=ExperimentalWarning', url.pathname] }
  }

  /** Asks the program; its errors become errors here. */
  async ask<T>(question: string, parameters: object = {}, timeoutMs = 60_000): Promise<T> {
    const id = ++this.#questions
    const from = this.#child.log.position
    this.#child.writeLine(JSON.stringify({ id, question, parameters }))
    const [, line = ''] = await this.#child.log.waitFor(new RegExp(`^(\\{"id":${id},.*\\})$`, 'm'), { timeoutMs, from })
    const answer = JSON.parse(line) as Answer
    if (answer.error !== undefined) throw new Error(`${question}: ${answer.error}\n${this.#child.log.tail()}`)
    return answer.result as T
  }

  /** What the program wrote, for error messages. */
  get output(): string {
    return this.#child.log.text
  }

  async kill(): Promise<void> {
    await this.#child.killAll()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
  }
}
