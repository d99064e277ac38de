/** A byte stream of the system (a UDX stream, a TCP socket) as the raw connection that libp2p's upgrader takes. */
import type { AbortOptions } from '@libp2p/interface'
import { AbstractMultiaddrConnection, type AbstractMultiaddrConnectionInit, type SendResult } from '@libp2p/utils'
import type { Uint8ArrayList } from 'uint8arraylist'

/** What UDX streams and TCP sockets have in common. */
export interface ByteDuplex {
  readonly destroyed: boolean
  write: (bytes: Uint8Array) => boolean
  end: () => unknown
  destroy: (error?: Error) => unknown
  on: ((event: 'data', listener: (bytes: Uint8Array) => void) => unknown) &
    ((event: 'drain' | 'end' | 'close', listener: () => void) => unknown) &
    ((event: 'error', listener: (error: Error) => void) => unknown)
}

export interface DuplexConnectionInit extends Omit<AbstractMultiaddrConnectionInit, 'direction'> {
  duplex: ByteDuplex
  /** Never left out: with both ends outbound the multiplexers' stream IDs collide. */
  direction: 'inbound' | 'outbound'
  /** How long an orderly close waits for the other side. */
  closeTimeoutMs: number
}

export class DuplexConnection extends AbstractMultiaddrConnection {
  readonly #duplex: ByteDuplex
  readonly #closed = Promise.withResolvers<undefined>()
  readonly #closeTimeoutMs: number

  constructor(init: DuplexConnectionInit) {
    super(init)
    this.#duplex = init.duplex
    this.#closeTimeoutMs = init.closeTimeoutMs
    init.duplex.on('data', (bytes) => { this.onData(bytes) })
    init.duplex.on('drain', () => { this.safeDispatchEvent('drain') })
    init.duplex.on('error', (error) => { this.abort(error) })
    init.duplex.on('end', () => {
      init.duplex.end()
      this.onTransportClosed()
    })
    init.duplex.on('close', () => {
      this.onTransportClosed()
      this.#closed.resolve(undefined)
    })
  }

  /** Settles when the system's stream is gone. */
  get closed(): Promise<undefined> {
    return this.#closed.promise
  }

  override sendData(data: Uint8ArrayList): SendResult {
    let sentBytes = 0
    for (const bytes of data) {
      sentBytes += bytes.byteLength
      if (!this.#duplex.write(bytes)) return { sentBytes, canSendMore: false }
    }
    return { sentBytes, canSendMore: true }
  }

  override async sendClose(options: AbortOptions = {}): Promise<void> {
    if (this.#duplex.destroyed) return
    this.#duplex.end()
    const deadline = AbortSignal.timeout(this.#closeTimeoutMs)
    const signal = options.signal === undefined ? deadline : AbortSignal.any([deadline, options.signal])
    const { promise, resolve } = Promise.withResolvers<undefined>()
    const giveUp = (): void => { resolve(undefined) }
    signal.addEventListener('abort', giveUp)
    if (signal.aborted) giveUp()
    await Promise.race([this.#closed.promise, promise])
    signal.removeEventListener('abort', giveUp)
    this.#duplex.destroy()
  }

  override sendReset(): void {
    this.#duplex.destroy()
  }

  /** Nothing: UDX cannot hold the sender back, so the multiplexer's windows and `maxReadBufferLength` bound what is buffered. */
  override sendPause(): void {
    this.log.trace('paused')
  }

  override sendResume(): void {
    this.log.trace('resumed')
  }
}
