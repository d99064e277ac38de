/** A libp2p node that speaks gossip by hand: it subscribes to a topic, keeps every frame that it is sent, and writes what a test wants. */

import { createLibp2p } from 'libp2p'
import { identify } from '@libp2p/identify'
import type { Connection, Libp2p } from '@libp2p/interface'
import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { LengthPrefixedDecoder } from '@libp2p/utils'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { encodeTopics } from '../../src/protocols/gossip-frames.ts'
import { framed } from './raw-stream.ts'
import { Recorder } from './recorder.ts'
import { until } from './until.ts'

export const GOSSIP_PROTOCOL = '/meshsub/1.1.0'

/**
 * @example
 * await using mallory = await GossipPeer.start()
 * const write = await mallory.join(bob.address, 'openclaw-mesh')
 * write(frame)
 */
export class GossipPeer implements AsyncDisposable {
  /** Frames without their length. */
  readonly frames = new Recorder<Buffer>()
  readonly #libp2p: Libp2p

  private constructor(libp2p: Libp2p) {
    this.#libp2p = libp2p
  }

  static async start(): Promise<GossipPeer> {
    const libp2p = await createLibp2p({
      addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] }, services: { identify: identify() },
      transports: [tcp({ dialOpts: { noDelay: true } })], connectionEncrypters: [noise()], streamMuxers: [yamux()], connectionManager: { reconnectRetries: 0 }
    })
    const peer = new GossipPeer(libp2p)
    await libp2p.handle(GOSSIP_PROTOCOL, (stream) => {
      const decoder = new LengthPrefixedDecoder({ maxBufferSize: 2 ** 28 })
      stream.addEventListener('message', ({ data }) => {
        for (const frame of decoder.decode(data)) peer.frames.add(Buffer.from(frame.subarray()))
      })
    })
    return peer
  }

  get peerId(): string {
    return this.#libp2p.peerId.toString()
  }

  get connections(): Connection[] {
    return this.#libp2p.getConnections()
  }

  /** Connects and subscribes; the result writes a frame. */
  async join(address: string, topic: string): Promise<(frame: Uint8Array) => void> {
    const connection = await until(async () => await this.#libp2p.dial(multiaddr(address)), { what: `a connection to ${address}`, timeoutMs: 120_000 })
    const stream = await connection.newStream(GOSSIP_PROTOCOL)
    const write = (frame: Uint8Array): void => { stream.send(framed(frame)) }
    write(encodeTopics([topic]))
    return write
  }

  /** The frame that carries a broadcast with this text. */
  async waitForFrame(text: string): Promise<Buffer> {
    return await this.frames.waitFor(`a frame with "${text}"`, frames => frames.find(frame => frame.includes(text)))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#libp2p.stop()
  }
}
