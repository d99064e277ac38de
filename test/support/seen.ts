/** What a callback was called with: kept, and waited for as it comes. */

interface Waiting {
  count: number
  resolve: (value: undefined) => void
}

const DEADLINE_MS = 60_000

/**
 * @example
 * const frames = new Seen<Uint8Array>()
 * stream.addEventListener('message', event => frames.add(event.data))
 * await frames.count(2)
 */
export class Seen<T> {
  readonly all: T[] = []
  readonly #waiting = new Set<Waiting>()

  readonly add = (value: T): void => {
    this.all.push(value)
    for (const waiting of this.#waiting) if (this.all.length >= waiting.count) waiting.resolve(undefined)
  }

  /** Resolves with everything seen once that is `count` values or more; rejects when that takes more than some seconds. */
  async count(count: number): Promise<T[]> {
    if (this.all.length >= count) return this.all
    const { promise, resolve, reject } = Promise.withResolvers<undefined>()
    const waiting = { count, resolve }
    const deadline = setTimeout(() => { reject(new Error(`waited in vain for ${count} values, saw ${this.all.length}`)) }, DEADLINE_MS)
    this.#waiting.add(waiting)
    try {
      await promise
      return this.all
    } finally {
      clearTimeout(deadline)
      this.#waiting.delete(waiting)
    }
  }

  /** Resolves with the first value seen. */
  async first(): Promise<T> {
    const [first] = await this.count(1)
    return first as T
  }
}
