/** A circuit relay on loopback that can go away and come back with the same key and port. */

import { circuitRelayServer } from '@libp2p/circuit-relay-v2'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { identify } from '@libp2p/identify'
import type { Libp2p, PrivateKey } from '@libp2p/interface'
import { noise } from '@libp2p/noise'
import { ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { createLibp2p } from 'libp2p'
import { systemClock } from '../../src/lib/clock.ts'
import { StunResponder } from '../../src/nat/stun-responder.ts'
import { StunServer } from '../../src/nat/stun-server.ts'

export interface RelayOptions {
  /** Reservations that it has room for. @default many */
  maxReservations?: number
}

/**
 * @example
 * await using relay = await Relay.start()
 * await using alice = await MeshNode.start({ config: { listenAddrs: [], relayList: [relay.address] } })
 */
export class Relay implements AsyncDisposable {
  readonly #privateKey: PrivateKey
  readonly #options: RelayOptions
  readonly #stun = new StunServer({
    responder: new StunResponder({ clock: systemClock }), hosts: ['127.0.0.1'], udpPorts: [0, 0], tcpPorts: [], onError: (error) => { throw error }
  })

  #libp2p: Libp2p | undefined
  /** Ends in `/p2p/<peer ID>`. */
  address = ''

  private constructor(privateKey: PrivateKey, options: RelayOptions) {
    this.#privateKey = privateKey
    this.#options = options
  }

  static async start(options: RelayOptions = {}): Promise<Relay> {
    const relay = new Relay(await generateKeyPair('Ed25519'), options)
    await relay.#stun.start()
    await relay.start()
    return relay
  }

  /** STUN servers that stay while the relay is away. */
  get stunServers(): string[] {
    return this.#stun.ports.udp.map(port => `127.0.0.1:${port}`)
  }

  get peerId(): string {
    return this.address.split('/').at(-1) ?? ''
  }

  /** On the same port as before. */
  async start(): Promise<void> {
    const port = this.address.split('/')[4] ?? '0'
    this.#libp2p = await createLibp2p({
      privateKey: this.#privateKey,
      addresses: { listen: [`/ip4/127.0.0.1/tcp/${port}`] },
      transports: [tcp({ dialOpts: { noDelay: true }, listenOpts: { noDelay: true } })],
      connectionEncrypters: [noise()],
      streamMuxers: [yamux()],
      connectionManager: { inboundConnectionThreshold: MANY },
      services: {
        identify: identify(), ping: ping(),
        relay: circuitRelayServer({ reservations: { applyDefaultLimit: false, maxReservations: this.#options.maxReservations ?? MANY } })
      }
    })
    this.address = this.#libp2p.getMultiaddrs()[0]?.toString() ?? ''
  }

  async stop(): Promise<void> {
    await this.#libp2p?.stop()
    this.#libp2p = undefined
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
    await this.#stun.stop()
  }
}

const MANY = 1_000
