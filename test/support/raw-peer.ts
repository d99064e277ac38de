/** A libp2p node that is no mesh: it connects like a peer and writes whatever bytes a test wants on a message stream. */

import { identify } from '@libp2p/identify'
import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import type { Connection, IdentifyResult, Libp2p, PrivateKey, Stream, StreamHandler } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { RawStream } from './raw-stream.ts'
import { Recorder } from './recorder.ts'
import { until } from './until.ts'
import { MESSAGE_PROTOCOL } from '../../src/protocols/message-protocol.ts'

export interface RawPeerOptions {
  /** Local address that connections come from. @default the system's choice */
  localAddress?: string
  /** The identity. @default a fresh one */
  privateKey?: PrivateKey
  /** What happens to a message stream that the other side opens. @default it is refused */
  onStream?: (stream: RawStream) => void
  /** Addresses that it tells by identify, which it speaks then. */
  tells?: string[]
}

/**
 * @example
 * await using mallory = await RawPeer.start()
 * const stream = await mallory.open(bob.address)
 * stream.write(Uint8Array.of(0xff, 0xff))
 * await stream.ended()
 */
export class RawPeer implements AsyncDisposable {
  /** What other peers told by identify. */
  readonly identified = new Recorder<IdentifyResult>()
  readonly #libp2p: Libp2p

  private constructor(libp2p: Libp2p) {
    this.#libp2p = libp2p
    libp2p.addEventListener('peer:identify', ({ detail }) => { this.identified.add(detail) })
  }

  static async start({ localAddress, privateKey, onStream, tells }: RawPeerOptions = {}): Promise<RawPeer> {
    const libp2p = await createLibp2p({
      addresses: { listen: ['/ip4/127.0.0.1/tcp/0'], ...tells !== undefined && { announce: tells } },
      services: { ...tells !== undefined && { identify: identify() } },
      transports: [tcp({ dialOpts: { noDelay: true, ...localAddress !== undefined && { localAddress } } })],
      connectionEncrypters: [noise()],
      streamMuxers: [yamux()],
      connectionManager: { reconnectRetries: 0 },
      ...privateKey !== undefined && { privateKey }
    })
    if (onStream !== undefined) await libp2p.handle(MESSAGE_PROTOCOL, (stream) => { onStream(new RawStream(stream)) })
    return new RawPeer(libp2p)
  }

  get peerId(): string {
    return this.#libp2p.peerId.toString()
  }

  /** Ends in `/p2p/<peer ID>`. */
  get address(): string {
    return this.#libp2p.getMultiaddrs()[0]?.toString() ?? ''
  }

  get connections(): Connection[] {
    return this.#libp2p.getConnections()
  }

  /** Connects, anew if asked; a node that takes only so many connections a second is asked again. */
  async connect(address: string, { anew = false } = {}): Promise<Connection> {
    return await until(async () => await this.#libp2p.dial(multiaddr(address), { force: anew }), { what: `a connection to ${address}`, timeoutMs: 120_000 })
  }

  /** A message stream over the connection, which is made first if need be. */
  async open(address: string): Promise<RawStream> {
    return await this.openOn(await this.connect(address))
  }

  async openOn(connection: Connection): Promise<RawStream> {
    const stream: Stream = await connection.newStream(MESSAGE_PROTOCOL, { maxOutboundStreams: 100 })
    return new RawStream(stream)
  }

  /** Answers streams of any other protocol. */
  async serve(protocol: string, handler: StreamHandler): Promise<void> {
    await this.#libp2p.handle(protocol, handler)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#libp2p.stop()
  }
}
