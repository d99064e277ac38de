/** The only way to a port on loopback, which a test can cut, silence and join. */

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
  #isSilent = false
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
      if (this.#isSilent) this.silence()
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

  /** As `silence`, once it carried so much from now on; resolves then. */
  async holdAfter(bytes: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<undefined>()
    this.#held = { from: this.#carried + bytes, resolve }
    await promise
  }

  /** Every connection breaks, and no other can be made. */
  cut(): void {
    this.#isCut = true
    this.#isSilent = false
    for (const socket of this.#sockets) socket.destroy()
  }

  /** Lets nothing through any more, and says so to nobody. */
  silence(): void {
    this.#isSilent = true
    for (const socket of this.#sockets) socket.pause()
  }

  /** After a silence goes on with what it held back. */
  join(): void {
    this.#isCut = false
    if (this.#isSilent) for (const socket of this.#sockets) socket.resume()
    this.#isSilent = false
  }

  #count(bytes: number): void {
    this.#carried += bytes
    if (this.#held !== undefined && this.#carried >= this.#held.from) {
      this.#isSilent = true
      this.#held.resolve(undefined)
      this.#held = undefined
    }
    if (this.#isSilent) this.silence() // a pipe that was waiting goes on by itself
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut()
    this.#server.close()
    await once(this.#server, 'close')
  }
}
