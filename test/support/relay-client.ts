/** A libp2p node that uses a relay as any program would: the library's own client, and nothing of the mesh. */

import { circuitRelayTransport } from '@libp2p/circuit-relay-v2'
import { identify } from '@libp2p/identify'
import type { Connection, Libp2p, Stream } from '@libp2p/interface'
import { noise } from '@libp2p/noise'
import { ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { pbStream } from '@libp2p/utils'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { pingConnection } from '../../src/lib/ping-connection.ts'
import { HopMessage } from '../../src/protocols/pb/circuit.ts'
import { HOP_PROTOCOL } from '../../src/relay/hop-exchange.ts'
import { Seen } from './seen.ts'

const SINK = '/test/sink/1.0.0'
const RESERVE = 0
const CONNECT = 1

export interface RelayClientOptions {
  /** Address of the relay to hold a reservation on, ending in `/p2p/<relay ID>`. @default none */
  via?: string
  /** Local address that connections come from. @default the system's choice */
  localAddress?: string
}

/**
 * @example
 * await using bob = await RelayClient.start({ via: relay.address })
 * await using alice = await RelayClient.start()
 * await alice.dial(relay.address, bob)
 */
export class RelayClient implements AsyncDisposable {
  readonly libp2p: Libp2p
  /** Sizes of what came on streams that others opened with `open`. */
  readonly received = new Seen<number>()

  private constructor(libp2p: Libp2p) {
    this.libp2p = libp2p
  }

  static async start({ via, localAddress }: RelayClientOptions = {}): Promise<RelayClient> {
    const client = new RelayClient(await createLibp2p({
      start: false,
      addresses: { listen: via === undefined ? [] : [`${via}/p2p-circuit`] },
      transports: [tcp({ dialOpts: { noDelay: true, ...localAddress !== undefined && { localAddress } } }), circuitRelayTransport()],
      connectionEncrypters: [noise()],
      streamMuxers: [yamux()],
      connectionManager: { reconnectRetries: 0 },
      services: { identify: identify(), ping: ping() }
    }))
    await client.libp2p.handle(SINK, (stream) => { client.#count(stream) }, { runOnLimitedConnection: true, maxInboundStreams: 100 })
    try {
      await client.libp2p.start()
    } catch (error) {
      await client.libp2p.stop()
      throw error
    }
    return client
  }

  get peerId(): string {
    return this.libp2p.peerId.toString()
  }

  get receivedBytes(): number {
    return this.received.all.reduce((sum, bytes) => sum + bytes, 0)
  }

  /** Connects through the relay and pings over it. */
  async dial(relay: string, to: RelayClient): Promise<Connection> {
    const connection = await this.libp2p.dial(multiaddr(`${relay}/p2p-circuit/p2p/${to.peerId}`), { force: true, signal: AbortSignal.timeout(60_000) })
    await pingConnection(connection, { signal: AbortSignal.timeout(60_000) })
    return connection
  }

  /** A stream whose bytes the other side counts. */
  async open(connection: Connection): Promise<Stream> {
    return await connection.newStream(SINK, { runOnLimitedConnection: true, maxOutboundStreams: 100 })
  }

  /** Asks for a reservation by hand; the status that the relay answers. */
  async reserve(relay: string): Promise<number | undefined> {
    return await this.ask(relay, { type: RESERVE })
  }

  /** Asks for a circuit by hand, which is given up at once; the status that the relay answers. */
  async connect(relay: string, to: RelayClient): Promise<number | undefined> {
    return await this.ask(relay, { type: CONNECT, peer: { id: to.libp2p.peerId.toMultihash().bytes.slice() } })
  }

  async ask(relay: string, request: HopMessage): Promise<number | undefined> {
    const signal = AbortSignal.timeout(60_000)
    const stream = await this.hop(relay)
    const messages = pbStream(stream).pb(HopMessage)
    await messages.write(request, { signal })
    const { status } = await messages.read({ signal })
    stream.abort(new Error('only the answer was wanted'))
    return status
  }

  /** A stream to the relay's service on which nothing was said yet. */
  async hop(relay: string): Promise<Stream> {
    const signal = AbortSignal.timeout(60_000)
    const connection = await this.libp2p.dial(multiaddr(relay), { signal })
    return await connection.newStream(HOP_PROTOCOL, { signal, maxOutboundStreams: 1_000 })
  }

  #count(stream: Stream): void {
    stream.addEventListener('message', ({ data }) => { this.received.add(data.byteLength) })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.libp2p.stop()
  }
}
