/** A mesh in a process of its own, so that it can be killed like one: asked over IPC, and never longer alive than the test. */

import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { MeshError, type ErrorCode } from '../../src/lib/errors.ts'
import type { InboundMessage, MeshApi, MeshEvent, MeshStatus } from '../../src/mesh-api.ts'
import { atExit } from './at-exit.ts'
import type { Command } from './child.ts'
import type { LogLine } from './log-recorder.ts'
import type { MeshNodeOptions } from './mesh-node.ts'
import { Recorder } from './recorder.ts'

type Method = Exclude<keyof MeshApi, 'start' | 'subscribe'>
type Result<M extends Method> = Awaited<ReturnType<MeshApi[M]>>

export interface Question {
  id: number
  method: Method | 'heapBytes'
  args: unknown[]
}

interface Failure {
  code: ErrorCode
  message: string
  reason: string | undefined
  retryAfterMs: number | undefined
  messageId: string | undefined
  state: string | undefined
  queued: boolean | undefined
}

export interface Answer {
  kind: 'answer'
  id: number
  value?: unknown
  error?: Failure
}

/** What the process tells. */
export type Told = Answer | { kind: 'event', event: MeshEvent } | { kind: 'log', line: LogLine } | { kind: 'started', status: MeshStatus }

/** Settings that can cross to another process. */
export type MeshProcessOptions = Pick<MeshNodeOptions, 'name' | 'config' | 'channel'> & { stateDir: string }

const PROGRAM = fileURLToPath(new URL('./mesh-process-program.ts', import.meta.url))

/** The process ended before it answered. */
export class ProcessGoneError extends Error {
  override readonly name = 'ProcessGoneError'
}

export class MeshProcess implements AsyncDisposable {
  readonly events = new Recorder<MeshEvent>()
  readonly log = new Recorder<LogLine>()
  status!: MeshStatus
  readonly #process: ChildProcess
  readonly #ended: Promise<unknown>
  readonly #started = Promise.withResolvers<MeshStatus>()
  readonly #open = new Map<number, PromiseWithResolvers<unknown>>()
  #lastId = 0
  #output = ''

  private constructor({ command, args }: Command) {
    this.#process = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
    const forget = atExit(() => { this.#process.kill('SIGKILL') })
    this.#ended = once(this.#process, 'close').finally(forget)
    this.#process.on('message', (told: Told) => { this.#hear(told) })
    for (const stream of [this.#process.stdout, this.#process.stderr]) stream?.setEncoding('utf8').on('data', (chunk: string) => { this.#output += chunk })
    this.#process.once('close', () => { this.#giveUp() })
  }

  /** Runs a mesh; `wrap` changes the command, e.g. to one inside a network namespace. */
  static async start(options: MeshProcessOptions, wrap: (command: Command) => Command = command => command): Promise<MeshProcess> {
    const args = ['--experimental-transform-types', '--disable-warning=ExperimentalWarning', PROGRAM, JSON.stringify({ options })]
    const started = new MeshProcess(wrap({ command: process.execPath, args }))
    started.status = await started.#started.promise
    return started
  }

  get peerId(): string {
    return this.status.peerId
  }

  /** Ends in `/p2p/<peer ID>`. */
  get address(): string {
    return `${this.status.listenAddrs[0] ?? ''}/p2p/${this.peerId}`
  }

  /** Messages that were given out, stored ones of earlier runs that nobody took included. */
  get received(): InboundMessage[] {
    return this.events.items.filter(event => event.type === 'message').map(event => event.message)
  }

  async waitForText(text: string): Promise<InboundMessage> {
    return await this.events.waitFor(`the message "${text}"`, () => this.received.find(message => message.text === text))
  }

  async waitForPeer(type: 'peer-connected' | 'peer-disconnected', peerId: string): Promise<void> {
    await this.events.waitFor(`${type} of ${peerId}`, events => events.find(event => event.type === type && event.peerId === peerId))
  }

  /** Whether the process still runs. */
  get isRunning(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null
  }

  async call<M extends Method>(method: M, ...args: Parameters<MeshApi[M]>): Promise<Result<M>> {
    return await this.#ask(method, args) as Result<M>
  }

  /** Memory in use after garbage collection: heap and buffers. */
  async heapBytes(): Promise<number> {
    return await this.#ask('heapBytes', []) as number
  }

  /** As a power cut. */
  async kill(): Promise<void> {
    this.#process.kill('SIGKILL')
    await this.#ended
  }

  /** Stops the mesh, then the process. */
  async stop(): Promise<void> {
    await this.call('stop')
    await this.kill()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
  }

  async #ask(method: Question['method'], args: unknown[]): Promise<unknown> {
    if (!this.isRunning) throw new ProcessGoneError(this.#output)
    const id = ++this.#lastId
    const open = Promise.withResolvers<unknown>()
    this.#open.set(id, open)
    this.#process.send({ id, method, args } satisfies Question, (error) => { if (error !== null) open.reject(new ProcessGoneError(error.message)) })
    return await open.promise
  }

  #hear(told: Told): void {
    switch (told.kind) {
      case 'event':
        this.events.add(told.event)
        return
      case 'log':
        this.log.add(told.line)
        return
      case 'started':
        this.#started.resolve(told.status)
        return
      case 'answer':
        this.#settle(told)
    }
  }

  #settle({ id, value, error }: Answer): void {
    const open = this.#open.get(id)
    this.#open.delete(id)
    if (error === undefined) open?.resolve(value)
    else open?.reject(toError(error))
  }

  #giveUp(): void {
    const error = new ProcessGoneError(`The process ended: ${this.#output}`)
    this.#started.reject(error)
    for (const open of this.#open.values()) open.reject(error)
    this.#open.clear()
  }
}

function toError({ code, message, reason, retryAfterMs, messageId, state, queued }: Failure): MeshError {
  return new MeshError(code, message, {
    ...reason !== undefined && { reason }, ...retryAfterMs !== undefined && { retryAfterMs },
    ...messageId !== undefined && { messageId }, ...state !== undefined && { state }, ...queued !== undefined && { queued }
  })
}
