/** SHA-256 of files, worked out in a thread of its own, also while they grow. */
import { Worker } from 'node:worker_threads'
import { MeshError, toError } from '../lib/errors.ts'

/** What the thread is asked: to read on to an offset, to say the hash of everything before it, to forget the file. */
export interface HashOrder {
  id: number
  kind: 'advance' | 'finish' | 'drop'
  path: string
  to: number
}

export type HashAnswer = { id: number, sha256: string } | { id: number, error: string }

/** A file whose hash is being worked out. */
export interface RunningHash {
  /** The file is there up to this offset. */
  advance: (to: number) => void
  /** The hash of everything before the offset, in hex; nothing can be asked after it. */
  finish: (to: number) => Promise<string>
  drop: () => void
}

/** Beside this module as it is written, and as it is built. */
const PROGRAM = import.meta.url.endsWith('.ts') ? './hash-worker.ts' : './hash-worker.js'

export class FileHasher {
  readonly #waiting = new Map<number, PromiseWithResolvers<string>>()
  #worker: Worker | undefined
  #lastId = 0

  /** Begins with a file at its first byte. */
  begin(path: string): RunningHash {
    const id = ++this.#lastId
    const tell = (kind: HashOrder['kind'], to: number): void => { this.#thread().postMessage({ id, kind, path, to } satisfies HashOrder) }
    return {
      advance: (to) => { tell('advance', to) },
      finish: async (to) => {
        const waiting = Promise.withResolvers<string>()
        this.#waiting.set(id, waiting)
        tell('finish', to)
        return await waiting.promise
      },
      drop: () => { if (this.#worker !== undefined) tell('drop', 0) }
    }
  }

  async stop(): Promise<void> {
    const worker = this.#worker
    this.#worker = undefined
    this.#giveUp(new MeshError('NOT_RUNNING', 'the mesh is stopping'))
    await worker?.terminate()
  }

  #thread(): Worker {
    if (this.#worker !== undefined) return this.#worker
    const worker = new Worker(new URL(PROGRAM, import.meta.url))
    worker.unref()
    worker.on('message', (answer: HashAnswer) => { this.#settle(answer) })
    worker.on('error', (error) => { this.#giveUp(toError(error)) })
    worker.on('exit', () => {
      if (this.#worker === worker) this.#worker = undefined
      this.#giveUp(new Error('the thread that hashes files ended'))
    })
    return this.#worker = worker
  }

  #settle(answer: HashAnswer): void {
    const waiting = this.#waiting.get(answer.id)
    this.#waiting.delete(answer.id)
    if ('sha256' in answer) waiting?.resolve(answer.sha256)
    else waiting?.reject(new Error(answer.error))
  }

  #giveUp(error: Error): void {
    for (const waiting of this.#waiting.values()) waiting.reject(error)
    this.#waiting.clear()
  }
}
