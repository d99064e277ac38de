/** The only way to a port on loopback, which a test can cut and join. */

import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'

/**
 * @example
 * await using cable = await Cable.to(4001)
 * cable.cut()
 */
export class Cable implements AsyncDisposable {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #isCut = false
  #carried = 0
  #held: { from: number, resolve: (value: undefined) => void } | undefined

  private constructor(target: number) {
    this.#server = createServer((near) => {
      if (this.#isCut) {
        near.destroy()
        return
      }
      const far = connect(target, '127.0.0.1')
      for (const [socket, other] of [[near, far], [far, near]] as const) {
        this.#sockets.add(socket)
        socket.setNoDelay(true).pipe(other)
        socket.on('data', ({ byteLength }) => { this.#count(byteLength) })
        socket.on('error', () => { other.destroy() }).on('close', () => {
          this.#sockets.delete(socket)
          other.destroy()
        })
      }
    })
  }

  static async to(target: number): Promise<Cable> {
    const cable = new Cable(target)
    cable.#server.listen(0, '127.0.0.1')
    await once(cable.#server, 'listening')
    return cable
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** Lets nothing through any more once it carried so much from now on; resolves then. A cut sets it free. */
  async holdAfter(bytes: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<undefined>()
    this.#held = { from: this.#carried + bytes, resolve }
    await promise
  }

  cut(): void {
    this.#held = undefined
    this.#isCut = true
    for (const socket of this.#sockets) socket.destroy()
  }

  join(): void {
    this.#isCut = false
  }

  #count(bytes: number): void {
    this.#carried += bytes
    if (this.#held === undefined || this.#carried < this.#held.from) return
    for (const socket of this.#sockets) socket.pause()
    this.#held.resolve(undefined)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut()
    this.#server.close()
    await once(this.#server, 'close')
  }
}
