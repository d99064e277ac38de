/** Addresses that a stranger tells, by an announce and by identify: no way into our network, no dial, no growth. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { describe, it } from 'node:test'
import { ANNOUNCES_PER_HOUR } from '../../src/config/limits.ts'
import { MALLORY, mallorysKey, read, scene } from '../support/liar.ts'
import { MeshNode } from '../support/mesh-node.ts'
import { RawPeer } from '../support/raw-peer.ts'
import { recordOf } from '../support/routes.ts'
import { until } from '../support/until.ts'

describe('addresses of a stranger', () => {
  it('are kept where they are public or, from this machine, on loopback; nobody is dialled for them', async () => {
    await using actors = await scene()
    const { bob, stream } = actors
    let callers = 0
    const trap = createServer((socket) => {
      callers += 1
      socket.destroy()
    }).listen(0, '127.0.0.1')
    await once(trap, 'listening')
    const own = `/ip4/127.0.0.1/tcp/${(trap.address() as AddressInfo).port}`
    const refused = [
      '/ip4/169.254.169.254/tcp/80', '/ip4/0.0.0.0/tcp/80', '/ip4/224.0.0.251/tcp/5353', '/ip4/192.168.1.1/tcp/80', '/ip4/10.0.0.1/tcp/22',
      '/ip6/fe80::1/tcp/80', '/ip6/fd00::1/tcp/80', '/ip6/64:ff9b::c0a8:101/tcp/80', '/dns4/router.local/tcp/80', '/dnsaddr/evil.example.org',
      `/ip4/192.168.1.1/tcp/80/p2p/${bob.peerId}/p2p-circuit`
    ]
    stream.announce(await recordOf(mallorysKey, { addrs: [...refused, own, '/ip4/45.33.1.1/tcp/4001'] }))
    await read(stream)
    assert.deepEqual((await bob.mesh.resolveInstance(MALLORY)).addrs, [own, '/ip4/45.33.1.1/tcp/4001'])
    stream.announce(await recordOf(mallorysKey, { seq: 2, addrs: ['/ip4/45.33.1.2/tcp/4001'] }))
    await read(stream)
    assert.deepEqual((await bob.mesh.resolveInstance(MALLORY)).addrs, ['/ip4/45.33.1.2/tcp/4001'])
    assert.equal(callers, 0)
    trap.close()
  })

  it('are told by identify, too, both ways, where they are public', async () => {
    const [ours, theirs] = ['/ip4/45.33.1.9/tcp/4001', '/ip4/45.33.1.1/tcp/4001']
    await using bob = await MeshNode.start({ name: 'bob', config: { announceAddrs: [ours], enableIdentify: true } })
    await using mallory = await RawPeer.start({ tells: ['/ip4/192.168.1.1/tcp/80', '/ip4/127.0.0.1/tcp/80', '/dns4/router.local/tcp/80', theirs] })
    await mallory.open(bob.address)
    const { listenAddrs } = await mallory.identified.waitFor('Bob to tell his addresses', results => results[0])
    assert.deepEqual(listenAddrs.map(String), [ours])
    const known = await until(async () => {
      const addrs = (await bob.mesh.listPeers()).find(({ peerId }) => peerId === mallory.peerId)?.addrs ?? []
      return addrs.includes(theirs) && addrs
    }, { what: 'the addresses that Mallory tells', timeoutMs: 60_000 })
    assert.deepEqual(known, [theirs])
  })

  it('in thousands, a few at a time, stay a few', async () => {
    await using actors = await scene()
    const { bob, stream } = actors
    for (let seq = 1; seq <= ANNOUNCES_PER_HOUR; seq++) {
      stream.announce(await recordOf(mallorysKey, { seq, addrs: Array.from({ length: 16 }, (_, index) => `/ip4/45.33.${seq}.${index}/tcp/4001`) }))
    }
    await read(stream)
    const { addrs } = await bob.mesh.resolveInstance(MALLORY)
    assert.deepEqual([addrs.length, addrs[0]], [16, `/ip4/45.33.${ANNOUNCES_PER_HOUR}.0/tcp/4001`])
  })
})
