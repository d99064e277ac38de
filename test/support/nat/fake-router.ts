/** A router on loopback that speaks NAT-PMP, as told. */

import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { ownLoopback } from '../relay-command.ts'

const PORT = 5351

export class FakeRouter implements AsyncDisposable {
  readonly host = ownLoopback()
  /** Requests to map a port, as `<port>:<seconds>`. */
  readonly asked: string[] = []
  publicAddress = '45.33.0.9'
  externalPort = 50_001
  /** A code of RFC 6886. */
  result = 0
  readonly #socket = createSocket('udp4')

  private constructor() {
    this.#socket.on('message', (question, from) => { this.#socket.send(this.#answer(question), from.port, from.address) })
  }

  static async start(): Promise<FakeRouter> {
    const router = new FakeRouter()
    router.#socket.bind(PORT, router.host)
    await once(router.#socket, 'listening')
    return router
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#socket, 'close')
    this.#socket.close()
    await closed
  }

  #answer(question: Buffer): Buffer {
    const isMap = question[1] === 2
    const answer = Buffer.alloc(isMap ? 16 : 12)
    answer.writeUInt8(128 + (question[1] ?? 0), 1)
    answer.writeUInt16BE(this.result, 2)
    if (isMap) this.#map(question, answer)
    else answer.set(this.publicAddress.split('.').map(Number), 8)
    return answer
  }

  #map(question: Buffer, answer: Buffer): void {
    const [port, seconds] = [question.readUInt16BE(4), question.readUInt32BE(8)]
    this.asked.push(`${port}:${seconds}`)
    answer.writeUInt16BE(port, 8)
    answer.writeUInt16BE(this.externalPort, 10)
    answer.writeUInt32BE(seconds, 12)
  }
}
