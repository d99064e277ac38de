/** Things that happen one after the other: kept, and waited for as they come. */

export interface WaitOptions {
  /** Generous: a test never depends on speed. @default 120_000 */
  timeoutMs?: number
}

/**
 * @example
 * const lines = new Recorder<string>()
 * await lines.waitFor('the node to start', all => all.find(line => line.includes('started')))
 */
export class Recorder<T> {
  readonly #items: T[] = []
  readonly #waiting = new Set<() => void>()

  get items(): readonly T[] {
    return this.#items
  }

  add(item: T): void {
    this.#items.push(item)
    for (const look of [...this.#waiting]) look()
  }

  /** Resolves with what `find` returns as soon as that is neither `undefined` nor `false`. */
  async waitFor<R>(what: string, find: (items: readonly T[]) => R | undefined | false, options: WaitOptions = {}): Promise<R> {
    const { promise, resolve, reject } = Promise.withResolvers<R>()
    const timeoutMs = options.timeoutMs ?? 120_000
    const look = (): void => {
      const found = find(this.#items)
      if (found !== undefined && found !== false) resolve(found)
    }
    const deadline = setTimeout(() => { reject(new Error(`Waited ${timeoutMs} ms in vain for ${what}`)) }, timeoutMs)
    this.#waiting.add(look)
    try {
      look()
      return await promise
    } finally {
      clearTimeout(deadline)
      this.#waiting.delete(look)
    }
  }
}
