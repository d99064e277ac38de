/** Another process of a bench, seen from the first: forked, called over IPC, and gone at the end. */
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Answer, CallTable } from './calls.ts'

interface Waiting {
  resolve: (value: unknown) => void
  reject: (error: Error) => void
}

/** How long the process may take to end, in ms. */
const END_MS = 5_000

export class CalledProcess<T extends CallTable<T>> implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #waiting = new Map<number, Waiting>()
  #lastId = 0

  /** @param program file that answers the calls */
  constructor(program: URL) {
    this.#child = fork(fileURLToPath(program))
    this.#child.on('message', (answer: Answer) => { this.#handleAnswer(answer) })
    this.#child.once('exit', (code, signal) => { this.#fail(new Error(`a process of the bench ended (${String(code ?? signal)})`)) })
  }

  async call<N extends keyof T>(name: N, argument: T[N]['argument']): Promise<T[N]['answer']> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    const id = this.#lastId += 1
    this.#waiting.set(id, { resolve, reject })
    this.#child.send({ id, name, argument })
    return await promise
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const exited = once(this.#child, 'exit')
    const force = setTimeout(() => { this.#child.kill('SIGKILL') }, END_MS)
    this.#child.disconnect() // it exits by itself then
    await exited.finally(() => { clearTimeout(force) })
  }

  #handleAnswer(answer: Answer): void {
    const waiting = this.#waiting.get(answer.id)
    this.#waiting.delete(answer.id)
    if ('error' in answer) waiting?.reject(new Error(`in another process: ${answer.error}`))
    else waiting?.resolve(answer.value)
  }

  #fail(error: Error): void {
    for (const { reject } of this.#waiting.values()) reject(error)
    this.#waiting.clear()
  }
}
