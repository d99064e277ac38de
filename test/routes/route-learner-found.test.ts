import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { openSigned } from '../../src/protocols/announce.ts'
import { alice, bob, learning } from '../support/learning.ts'
import { recordOf, routeOf, type KeyedPeer } from '../support/routes.ts'

const PUBLIC = '/ip4/45.33.1.1/tcp/4001'
const MOVED = '/ip4/45.33.1.2/tcp/4001'
const LOOPBACK = '/ip4/127.0.0.1/tcp/4001'

async function foundOf(peer: KeyedPeer, said: Parameters<typeof recordOf>[1]) {
  return await openSigned(await recordOf(peer, said))
}

describe('what a look-up found', () => {
  it('is a route like any other, and says where it comes from', async () => {
    const { learner, routes, mapped, clock } = learning()
    learner.handleFound(await foundOf(bob, { seq: 7, addrs: [PUBLIC, LOOPBACK] }), false)
    const route = routeOf(bob, { seq: 7, multiaddrs: [PUBLIC], source: 'dht', lastAnnouncedAt: clock.now(), lastSeenAt: clock.now() })
    assert.deepEqual([routes.all(), mapped], [[route], [route.instanceId]])
  })

  it('leads to this machine only where the whole mesh is on it', async () => {
    const { learner, routes } = learning()
    learner.handleFound(await foundOf(bob, { addrs: [LOOPBACK] }), true)
    assert.deepEqual(routes.ofPeer(bob.peerId.toString())?.multiaddrs, [LOOPBACK])
  })

  it('does not take the place of anything newer', async () => {
    const { learner, routes, hear } = learning()
    await hear(bob, await recordOf(bob, { seq: 8, addrs: [PUBLIC] }))
    learner.handleFound(await foundOf(bob, { seq: 7, addrs: [MOVED] }), false)
    assert.deepEqual(routes.ofPeer(bob.peerId.toString())?.multiaddrs, [PUBLIC])
  })

  it('adds to what an approved peer told us alone: its card and its private addresses stay', async () => {
    const { learner, routes, hear, clock } = learning()
    const card = { description: 'Knows the office', skills: ['printer'] }
    const name = '/dns4/mesh.example.org/tcp/443/wss'
    await hear(alice, await recordOf(alice, { seq: 7, addrs: [PUBLIC, name], card }))
    const seenAt = clock.now()
    clock.advance(1_000)
    learner.handleFound(await foundOf(alice, { seq: 8, addrs: [MOVED] }), false)
    const { multiaddrs, card: kept, lastSeenAt, source } = routes.ofPeer(alice.peerId.toString()) ?? {}
    assert.deepEqual([multiaddrs, kept, lastSeenAt, source], [[MOVED, name], card, seenAt, 'dht'])
  })

  it('of a peer that is not welcome is dropped', async () => {
    const { learner, routes } = learning({ isWelcome: () => false })
    learner.handleFound(await foundOf(bob, { addrs: [PUBLIC] }), false)
    assert.equal(routes.size, 0)
  })
})
