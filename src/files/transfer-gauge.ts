/** How far a file that moves has got, and how fast: measured over the last seconds. */

const SAMPLES = 10
const SAMPLE_MS = 500

export class TransferGauge {
  readonly #now: () => number
  #moved: number
  #samples: Array<{ at: number, moved: number }>

  constructor(moved: number, now: () => number) {
    this.#now = now
    this.#moved = moved
    this.#samples = [{ at: now(), moved }]
  }

  get moved(): number {
    return this.#moved
  }

  /** Undefined before there is anything to tell. */
  get bytesPerSecond(): number | undefined {
    const [first] = this.#samples
    const ms = first === undefined ? 0 : this.#now() - first.at
    return first === undefined || ms < SAMPLE_MS ? undefined : Math.round((this.#moved - first.moved) / ms * 1_000)
  }

  note(moved: number): void {
    this.#moved = moved
    const at = this.#now()
    const last = this.#samples.at(-1)
    if (last !== undefined && at - last.at < SAMPLE_MS) return
    this.#samples = [...this.#samples.slice(1 - SAMPLES), { at, moved }]
  }
}
