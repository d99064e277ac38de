/** The second process of the bench, seen from the first: forked, called over IPC, and gone at the end. */
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Answer, CallName, PeerCalls } from './peer-calls.ts'

interface Waiting {
  resolve: (value: unknown) => void
  reject: (error: Error) => void
}

/** How long the second process may take to end, in ms. */
const END_MS = 5_000

export class PeerProcess implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #waiting = new Map<number, Waiting>()
  #lastId = 0

  constructor() {
    this.#child = fork(fileURLToPath(new URL('peer.ts', import.meta.url)))
    this.#child.on('message', (answer: Answer) => { this.#handleAnswer(answer) })
    this.#child.once('exit', (code, signal) => { this.#fail(new Error(`the second process ended (${String(code ?? signal)})`)) })
  }

  async call<N extends CallName>(name: N, argument: PeerCalls[N]['argument']): Promise<PeerCalls[N]['answer']> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    const id = this.#lastId += 1
    this.#waiting.set(id, { resolve, reject })
    this.#child.send({ id, name, argument })
    return await promise as PeerCalls[N]['answer']
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
    if ('error' in answer) waiting?.reject(new Error(`in the second process: ${answer.error}`))
    else waiting?.resolve(answer.value)
  }

  #fail(error: Error): void {
    for (const { reject } of this.#waiting.values()) reject(error)
    this.#waiting.clear()
  }
}
