/** The reference for messages: a bare libp2p node with the mesh's transport, encryption and muxer, and an echo on one raw stream. */
import type { Libp2p, Stream } from '@libp2p/interface'
import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { toError } from '../src/lib/errors.ts'
import { countBulk, sendBulk } from './bulk-stream.ts'
import { PAYLOAD_BYTES } from './effort.ts'
import { timed } from './stopwatch.ts'

const ECHO_PROTOCOL = '/libp2p-mesh-bench/echo/1.0.0'
const BULK_PROTOCOL = '/libp2p-mesh-bench/bulk/1.0.0'
const DURABLE_ECHO_PROTOCOL = '/libp2p-mesh-bench/durable-echo/1.0.0'

export class EchoNode {
  readonly #libp2p: Libp2p

  private constructor(libp2p: Libp2p) {
    this.#libp2p = libp2p
  }

  /** @param store called before each answer to a durable echo */
  static async start(store: () => void): Promise<EchoNode> {
    const socket = { noDelay: true }
    const libp2p = await createLibp2p({
      addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
      transports: [tcp({ dialOpts: socket, listenOpts: socket })],
      connectionEncrypters: [noise()],
      streamMuxers: [yamux()],
      connectionMonitor: { enabled: false } // its pings time out on a busy machine and then cut the stream
    })
    await libp2p.handle(ECHO_PROTOCOL, (stream) => {
      stream.addEventListener('message', (event) => { stream.send(event.data) })
    })
    await libp2p.handle(DURABLE_ECHO_PROTOCOL, (stream) => {
      stream.addEventListener('message', (event) => {
        store()
        stream.send(event.data)
      })
    })
    await libp2p.handle(BULK_PROTOCOL, (stream) => {
      countBulk(stream, (error) => { stream.abort(toError(error)) })
    })
    return new EchoNode(libp2p)
  }

  /** Its first address, with its peer ID. */
  get address(): string {
    const [address] = this.#libp2p.getMultiaddrs()
    if (address === undefined) throw new Error('the echo node listens nowhere')
    return address.toString()
  }

  /** Milliseconds that a new connection takes. */
  async timeDial(address: string): Promise<number> {
    const target = multiaddr(address)
    for (const connection of this.#libp2p.getConnections()) await connection.close()
    return await timed(async () => await this.#libp2p.dial(target))
  }

  async openEcho(address: string): Promise<Echo> {
    return new Echo(await this.#libp2p.dialProtocol(multiaddr(address), ECHO_PROTOCOL))
  }

  /** An echo whose other side commits before it answers. */
  async openDurableEcho(address: string): Promise<Echo> {
    return new Echo(await this.#libp2p.dialProtocol(multiaddr(address), DURABLE_ECHO_PROTOCOL))
  }

  /** Milliseconds until the other side has so many bytes. */
  async timeBulk(address: string, bytes: number): Promise<number> {
    return await sendBulk(await this.#libp2p.dialProtocol(multiaddr(address), BULK_PROTOCOL), bytes)
  }

  async stop(): Promise<void> {
    await this.#libp2p.stop()
  }
}

/** A raw stream to an echo: each payload is a write of its own, and its bytes come back in order. */
export class Echo {
  readonly #stream: Stream
  readonly #payload = new Uint8Array(PAYLOAD_BYTES).fill(0x61)
  readonly #waiting: Array<() => void> = []
  #received = 0

  constructor(stream: Stream) {
    this.#stream = stream
    stream.addEventListener('message', (event) => { this.#take(event.data.byteLength) })
  }

  /** Resolves when the payload is back. */
  async echo(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<undefined>()
    this.#waiting.push(() => { resolve(undefined) })
    this.#stream.send(this.#payload)
    await promise
  }

  #take(bytes: number): void {
    this.#received += bytes
    while (this.#received >= PAYLOAD_BYTES) {
      this.#received -= PAYLOAD_BYTES
      this.#waiting.shift()?.()
    }
  }
}
