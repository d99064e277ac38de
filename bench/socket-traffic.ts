/** Counts what all sockets of this process write, from their beginning on. */
import { subscribe } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'
import type { Traffic } from './swarm-calls.ts'

export class SocketTraffic {
  readonly #open = new Set<Socket>()
  #closedBytes = 0
  #writes = 0

  constructor() {
    for (const channel of ['net.client.socket', 'net.server.socket']) subscribe(channel, (message) => { this.#watch((message as { socket: Socket }).socket) })
  }

  get total(): Traffic {
    return { bytes: [...this.#open].reduce((sum, socket) => sum + socket.bytesWritten, this.#closedBytes), writes: this.#writes }
  }

  #watch(socket: Socket): void {
    this.#open.add(socket)
    const write = socket.write.bind(socket) as (...args: unknown[]) => boolean
    socket.write = (...args: unknown[]) => {
      this.#writes += 1
      return write(...args)
    }
    socket.once('close', () => {
      this.#open.delete(socket)
      this.#closedBytes += socket.bytesWritten
    })
  }
}
