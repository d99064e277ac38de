import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Peer, PeerData, PeerId, PeerStore } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { DHT_TAG_LIFE_MS, MAX_HEARD_PEERS } from '../../src/config/dht-limits.ts'
import { MAX_ANNOUNCED_ADDRESSES } from '../../src/config/limits.ts'
import { addressScopes } from '../../src/node/address-scopes.ts'
import { DhtAddresses } from '../../src/node/dht-addresses.ts'
import { alice, bob, testPeerId } from '../support/peers.ts'

const PUBLIC = '/ip4/45.33.1.1/tcp/4001'
const OTHER = '/ip4/45.33.1.2/tcp/4001'
const PRIVATE = ['/ip4/192.168.1.5/tcp/4001', '/ip4/127.0.0.1/tcp/4001', '/dns4/mesh.example.org/tcp/443/wss']

/** A peer store with these addresses, and what was written into it. */
function addressesOver(stored: Array<[PeerId, string[]]> = []) {
  const merged: PeerData[] = []
  const peers = new Map(stored.map(([id, texts]) => [id.toString(), {
    id, addresses: texts.map(text => ({ multiaddr: multiaddr(text), isCertified: true })), protocols: ['/x'], metadata: new Map(), tags: new Map()
  } satisfies Peer]))
  const store = {
    has: async (peerId: PeerId) => peers.has(peerId.toString()),
    get: async (peerId: PeerId) => peers.get(peerId.toString()),
    merge: async (peerId: PeerId, change: PeerData) => {
      merged.push(change)
      return peers.get(peerId.toString())
    }
  } as unknown as PeerStore
  return { addresses: new DhtAddresses(store, addressScopes(false)), merged }
}

const hint = (id: PeerId, ...texts: string[]) => ({ id, multiaddrs: texts.map(text => multiaddr(text)) })

describe('DhtAddresses', () => {
  it('show public addresses of the peer store only, and count a peer without any as unknown', async () => {
    const { addresses } = addressesOver([[alice, [PUBLIC, ...PRIVATE.slice(0, 2)]], [bob, PRIVATE.slice(0, 2)]])
    assert.deepEqual((await addresses.peerStore.getInfo(alice)).multiaddrs.map(String), [PUBLIC])
    assert.deepEqual((await addresses.peerStore.get(alice)).protocols, ['/x'])
    await assert.rejects(addresses.peerStore.get(bob), { name: 'NotFoundError' })
    await assert.rejects(addresses.peerStore.getInfo(bob), { name: 'NotFoundError' })
  })

  it('remember what answers tell, without private addresses and names, and write none of it into the peer store', async () => {
    const { addresses, merged } = addressesOver()
    addresses.hear(hint(bob, ...PRIVATE, `${PUBLIC}/p2p/${bob.toString()}`))
    assert.deepEqual((await addresses.of(bob)).map(String), [`${PUBLIC}/p2p/${bob.toString()}`])
    assert.deepEqual((await addresses.peerStore.get(bob)).addresses.map(({ multiaddr: address }) => String(address)), [PUBLIC])
    await addresses.peerStore.merge(bob, { multiaddrs: [multiaddr(OTHER), multiaddr(PRIVATE[0])] })
    assert.deepEqual([(await addresses.of(bob)).map(String), merged], [[`${OTHER}/p2p/${bob.toString()}`], []])
  })

  it('believe the peer itself more than answers', async () => {
    const { addresses } = addressesOver([[alice, [PUBLIC]]])
    addresses.hear(hint(alice, OTHER))
    assert.deepEqual((await addresses.of(alice)).map(String), [`${PUBLIC}/p2p/${alice.toString()}`])
  })

  it('remember so many peers, with so many addresses each', async () => {
    const { addresses } = addressesOver()
    const ports = Array.from({ length: MAX_ANNOUNCED_ADDRESSES + 9 }, (_, port) => `/ip4/45.33.1.1/tcp/${String(port + 1)}`)
    addresses.hear(hint(bob, ...ports))
    assert.equal((await addresses.of(bob)).length, MAX_ANNOUNCED_ADDRESSES)
    const [first, ...others] = await Promise.all(Array.from({ length: MAX_HEARD_PEERS + 1 }, async (_, seed) => await testPeerId(5_000 + seed)))
    assert.ok(first)
    for (const peerId of [first, ...others]) addresses.hear(hint(peerId, PUBLIC))
    assert.deepEqual(await addresses.of(first), [])
  })

  it('give tags an end, and none that asks to reconnect', async () => {
    const { addresses, merged } = addressesOver([[alice, [PUBLIC]]])
    await addresses.peerStore.merge(alice, { tags: { 'kad-peer': { value: 1 }, 'keep-alive-kad-dht': { value: 1 }, 'kad-close': undefined } })
    assert.deepEqual(merged, [{ tags: { 'kad-peer': { value: 1, ttl: DHT_TAG_LIFE_MS }, 'kad-close': undefined } }])
    await addresses.peerStore.merge(bob, { tags: { 'kad-peer': { value: 1 } } })
    assert.equal(merged.length, 1)
  })
})
