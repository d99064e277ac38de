/** A node that takes part in the mesh's DHT and is no mesh: the stock library, which believes and stores whatever it is given. */

import { identify } from '@libp2p/identify'
import type { Libp2p, PrivateKey } from '@libp2p/interface'
import { kadDHT, passthroughMapper, type KadDHT } from '@libp2p/kad-dht'
import { noise } from '@libp2p/noise'
import { ping, type Ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { until } from './until.ts'

interface Services extends Record<string, unknown> {
  dht: KadDHT
  ping: Ping
}

export class DhtPeer implements AsyncDisposable {
  readonly libp2p: Libp2p<Services>

  private constructor(libp2p: Libp2p<Services>) {
    this.libp2p = libp2p
  }

  /** Knows the node at this address, and is known by it. @param dials peer IDs that it dials; everybody's unless given */
  static async join(address: string, { privateKey, dials }: { privateKey?: PrivateKey, dials?: ReadonlySet<string> } = {}): Promise<DhtPeer> {
    const libp2p = await createLibp2p<Services>({
      addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
      transports: [tcp()],
      connectionEncrypters: [noise()],
      streamMuxers: [yamux()],
      ...privateKey !== undefined && { privateKey },
      ...dials !== undefined && { connectionGater: { denyDialPeer: peerId => !dials.has(peerId.toString()) } },
      services: {
        identify: identify(),
        ping: ping(),
        dht: kadDHT({
          protocol: '/libp2p-mesh/kad/1.0.0', peerInfoMapper: passthroughMapper, clientMode: false, allowQueryWithZeroPeers: true,
          validators: { mesh: () => undefined }, selectors: { mesh: () => 0 }
        })
      }
    })
    const peer = new DhtPeer(libp2p)
    await libp2p.dial(multiaddr(address))
    await until(async () => await peer.#hasNodes(), { what: 'a node that can be asked', timeoutMs: 120_000 })
    return peer
  }

  get peerId(): string {
    return this.libp2p.peerId.toString()
  }

  /** Puts a value under a key; resolves with the peer IDs of those who took it. */
  async put(key: Uint8Array, value: Uint8Array): Promise<string[]> {
    const takers: string[] = []
    for await (const event of this.libp2p.services.dht.put(key, value, { signal: AbortSignal.timeout(60_000) })) {
      if (event.name === 'PEER_RESPONSE' && event.messageName === 'PUT_VALUE') takers.push(event.from.toString())
    }
    return takers
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.libp2p.stop()
  }

  async #hasNodes(): Promise<boolean> {
    const { peerId, services: { dht } } = this.libp2p
    for await (const { name } of dht.getClosestPeers(peerId.toMultihash().bytes, { signal: AbortSignal.timeout(10_000) })) if (name === 'FINAL_PEER') return true
    return false
  }
}
