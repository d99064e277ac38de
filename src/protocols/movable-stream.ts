/** A stream for writing whose connection can be exchanged under its user. */
import type { Connection, Stream } from '@libp2p/interface'

/** What gossipsub uses of a stream that it writes to. */
export class MovableStream extends EventTarget {
  #raw: Stream
  #connection: Connection

  constructor(raw: Stream, connection: Connection) {
    super()
    this.#raw = raw
    this.#connection = connection
    this.#watch(raw)
  }

  /** The connection in use. */
  get connection(): Connection {
    return this.#connection
  }

  get protocol(): string {
    return this.#raw.protocol
  }

  get maxWriteBufferLength(): number | undefined {
    return this.#raw.maxWriteBufferLength
  }

  set maxWriteBufferLength(bytes: number | undefined) {
    if (bytes !== undefined) this.#raw.maxWriteBufferLength = bytes
  }

  /** Writes go over `raw` from now on; what was written before still drains. */
  moveTo(raw: Stream, connection: Connection): void {
    const old = this.#raw
    if (old.maxWriteBufferLength !== undefined) raw.maxWriteBufferLength = old.maxWriteBufferLength
    this.#raw = raw
    this.#connection = connection
    this.#watch(raw)
    old.close().catch((error: unknown) => { old.abort(error instanceof Error ? error : new Error(String(error))) })
  }

  send(bytes: Parameters<Stream['send']>[0]): boolean {
    return this.#raw.send(bytes)
  }

  async close(options?: Parameters<Stream['close']>[0]): Promise<void> {
    await this.#raw.close(options)
  }

  abort(error: Error): void {
    this.#raw.abort(error)
  }

  #watch(raw: Stream): void {
    raw.addEventListener('close', ({ error }) => {
      if (this.#raw === raw) this.dispatchEvent(Object.assign(new Event('close'), { error }))
    })
  }
}
