/** Lines that a running program wrote: kept, and waited for as they come. */

import { EventEmitter } from 'node:events'
import { stripVTControlCharacters } from 'node:util'

export interface WaitForOptions {
  timeoutMs: number
  /** Look only at what was written after this position (see `LineLog.position`). @default 0 */
  from?: number
  signal?: AbortSignal
}

/** The output of one program, colours removed. */
export class LineLog {
  #text = ''
  readonly #grown = new EventEmitter()

  get text(): string {
    return this.#text
  }

  /** Where the log ends now: pass it as `from` to wait for what is still to come. */
  get position(): number {
    return this.#text.length
  }

  append(chunk: string): void {
    this.#text += stripVTControlCharacters(chunk)
    this.#grown.emit('grown')
  }

  /** The last lines, for an error message. */
  tail(lines = 20): string {
    return this.#text.trimEnd().split('\n').slice(-lines).join('\n')
  }

  /** Resolves with the first match of `pattern`, which may have been written already. */
  async waitFor(pattern: RegExp, options: WaitForOptions): Promise<RegExpExecArray> {
    const find = (): RegExpExecArray | null => pattern.exec(this.#text.slice(options.from ?? 0))
    const present = find()
    if (present !== null) return present
    const deadline = AbortSignal.timeout(options.timeoutMs)
    const signal = options.signal === undefined ? deadline : AbortSignal.any([deadline, options.signal])
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const match = find()
        if (match !== null) settle(() => { resolve(match) })
      }
      const giveUp = (): void => {
        settle(() => { reject(deadline.aborted ? this.#missing(pattern, options.timeoutMs) : signal.reason as Error) })
      }
      const settle = (finish: () => void): void => {
        this.#grown.off('grown', look)
        signal.removeEventListener('abort', giveUp)
        finish()
      }
      this.#grown.on('grown', look)
      signal.addEventListener('abort', giveUp)
    })
  }

  #missing(pattern: RegExp, timeoutMs: number): Error {
    return new Error(`No line matching ${String(pattern)} within ${timeoutMs} ms; the log ends with:\n${this.tail()}`)
  }
}
