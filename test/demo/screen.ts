/** What the demo shows in the terminal: steps with the time they take, and who said what. */

import { styleText } from 'node:util'

const FRAMES = '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏'
const FRAME_MS = 100
/** Without a terminal that can rewrite a line, a long step says this often that it still goes on. */
const STILL_MS = 10_000
/** Width of the column that tells who speaks to whom. */
export const NAME_COLUMNS = 22

export class Screen {
  readonly #out: NodeJS.WriteStream

  constructor(out: NodeJS.WriteStream = process.stdout) {
    this.#out = out
  }

  title(text: string): void {
    this.#line(`\n${styleText('bold', text)}\n`)
  }

  note(text: string): void {
    this.#line(styleText('dim', `  ${text}`))
  }

  blank(): void {
    this.#line('')
  }

  /** Shows that `work` goes on, and how long it took. */
  async step<T>(label: string, work: () => Promise<T>): Promise<T> {
    const begin = performance.now()
    const seconds = (): string => `${((performance.now() - begin) / 1000).toFixed(1)} s`
    const stopProgress = this.#out.isTTY ? this.#spin(label, seconds) : this.#repeat(label, seconds)
    try {
      const result = await work()
      stopProgress()
      this.#line(`  ${styleText('green', '✔')} ${label} ${styleText('dim', seconds())}`)
      return result
    } catch (error) {
      stopProgress()
      this.#line(`  ${styleText('red', '✘')} ${label} ${styleText('dim', seconds())}`)
      throw error
    }
  }

  /** One message: who said it to whom, the words, and how far it got. */
  message(line: { from: string, to: string, text: string, state: string }): void {
    const who = `${line.from} → ${line.to}`.padEnd(NAME_COLUMNS)
    this.#line(`  ${styleText('cyan', who)} ${line.text}  ${styleText('dim', `[${line.state}]`)}`)
  }

  /** What an owner types. */
  command(owner: string, command: string): void {
    this.#line(`  ${styleText('yellow', `${owner}'s owner`.padEnd(NAME_COLUMNS))} $ ${command}`)
  }

  #line(text: string): void {
    this.#out.write(`${text}\n`)
  }

  #spin(label: string, seconds: () => string): () => void {
    let frame = 0
    const timer = setInterval(() => {
      frame = (frame + 1) % FRAMES.length
      this.#out.write(`\r\u001b[K  ${FRAMES[frame] ?? ''} ${label} ${styleText('dim', seconds())}`)
    }, FRAME_MS)
    return () => {
      clearInterval(timer)
      this.#out.write('\r\u001b[K')
    }
  }

  #repeat(label: string, seconds: () => string): () => void {
    this.#line(`  … ${label}`)
    const timer = setInterval(() => { this.#line(`  … ${label}: ${seconds()}`) }, STILL_MS)
    return () => { clearInterval(timer) }
  }
}
