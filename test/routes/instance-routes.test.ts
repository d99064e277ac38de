import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { InstanceRoutes, type Route } from '../../src/routes/instance-routes.ts'
import { keyedPeer, routeOf } from '../support/routes.ts'

const [alice, bob, carol, dave] = await Promise.all([keyedPeer(1), keyedPeer(2), keyedPeer(3), keyedPeer(4)])
const alicesId = alice.peerId.toString()
const bobsId = bob.peerId.toString()
const carolsId = carol.peerId.toString()

interface Bounds {
  maxRoutes?: number
  maxBytes?: number
  protectedPeers?: string[]
}

function table({ maxRoutes = 10, maxBytes = Infinity, protectedPeers = [] }: Bounds = {}): InstanceRoutes {
  return new InstanceRoutes({ maxRoutes, maxBytes, isProtected: peerId => protectedPeers.includes(peerId) })
}

const peersOf = (routes: InstanceRoutes): string[] => routes.all().map(route => route.peerId)

describe('the route of a peer', () => {
  it('is mapped with its first record', () => {
    const routes = table()
    assert.deepEqual(routes.learn(routeOf(alice)), { kind: 'mapped' })
    assert.deepEqual([routes.size, routes.ofPeer(alicesId)], [1, routeOf(alice)])
  })

  it('is what the record with the highest sequence number says', () => {
    const routes = table()
    const newer = routeOf(alice, { seq: 2, multiaddrs: ['/ip4/45.33.1.1/tcp/4001'], card: { description: 'Knows', skills: [] } })
    routes.learn(routeOf(alice))
    assert.deepEqual(routes.learn(newer), { kind: 'refreshed' })
    assert.deepEqual(routes.all(), [newer])
  })

  for (const [what, seq] of [['a replay', 5], ['a rollback', 4]] as const) {
    it(`stays as it is at ${what}, also one with another name`, () => {
      const routes = table()
      routes.learn(routeOf(alice, { seq: 5 }))
      assert.deepEqual(routes.learn(routeOf(alice, { seq, lastSeenAt: 9_000 })), { kind: 'stale' })
      assert.deepEqual(routes.learn(routeOf(alice, { seq, instanceName: 'other' })), { kind: 'stale' })
      assert.deepEqual(routes.all(), [routeOf(alice, { seq: 5 })])
    })
  }

  it('cannot be taken by another peer that shows the same instance ID', () => {
    const routes = table()
    const { instanceId } = routeOf(alice)
    routes.learn(routeOf(alice))
    assert.deepEqual(routes.learn(routeOf(bob, { instanceId, seq: 99 })), { kind: 'taken', by: alicesId })
    assert.deepEqual(routes.all(), [routeOf(alice)])
  })

  it('stays under its old name where the new one belongs to another peer', () => {
    const routes = table()
    const { instanceId } = routeOf(alice)
    routes.learn(routeOf(alice))
    routes.learn(routeOf(bob))
    assert.equal(routes.learn(routeOf(bob, { instanceId, seq: 2 })).kind, 'taken')
    assert.deepEqual(routes.ofPeer(bobsId), routeOf(bob))
  })

  it('gets a new name in place of the old one, which is free then', () => {
    const routes = table()
    const old = routeOf(alice)
    routes.learn(old)
    const renamed = routeOf(alice, { instanceName: 'studio', seq: 2 })
    assert.deepEqual(routes.learn(renamed), { kind: 'mapped' })
    assert.deepEqual([routes.all(), routes.withName('office-mac')], [[renamed], []])
    assert.equal(routes.learn(routeOf(bob, { instanceId: old.instanceId })).kind, 'mapped')
  })

  it('is gone when it is removed, and its instance ID is free', () => {
    const routes = table()
    routes.learn(routeOf(alice, { seq: 5 }))
    assert.deepEqual(routes.remove(alicesId), routeOf(alice, { seq: 5 }))
    assert.deepEqual([routes.remove(alicesId), routes.size], [undefined, 0])
    assert.equal(routes.learn(routeOf(bob, { instanceId: routeOf(alice).instanceId })).kind, 'mapped')
  })

  it('is found by name and by agent ID, of which there may be several', () => {
    const routes = table()
    routes.learn(routeOf(alice))
    routes.learn(routeOf(bob))
    routes.learn(routeOf(carol, { instanceName: 'studio' }))
    assert.deepEqual(routes.withName('office-mac').map(route => route.peerId), [alicesId, bobsId])
    assert.deepEqual(routes.withAgentId(routeOf(carol).agentId).map(route => route.peerId), [carolsId])
    assert.deepEqual([routes.withName('nobody'), routes.withAgentId('0'.repeat(16))], [[], []])
  })

  it('is touched when the peer is seen, and never back in time', () => {
    const routes = table()
    routes.learn(routeOf(alice))
    routes.touch(alicesId, 5_000)
    routes.touch(alicesId, 4_000)
    routes.touch(bobsId, 5_000)
    assert.deepEqual(routes.all(), [routeOf(alice, { lastSeenAt: 5_000 })])
  })
})

describe('a full route table', () => {
  it('drops the route unseen for longest, and frees its instance ID', () => {
    const routes = table({ maxRoutes: 2 })
    routes.learn(routeOf(alice, { lastSeenAt: 1 }))
    routes.learn(routeOf(bob, { lastSeenAt: 2 }))
    routes.touch(alicesId, 3)
    const result = routes.learn(routeOf(carol, { lastSeenAt: 4 }))
    assert.deepEqual(result, { kind: 'mapped' })
    assert.deepEqual(peersOf(routes), [alicesId, carolsId])
    assert.equal(routes.learn(routeOf(dave, { instanceId: routeOf(bob).instanceId })).kind, 'mapped')
  })

  it('keeps protected routes, however old', () => {
    const routes = table({ maxRoutes: 2, protectedPeers: [alicesId] })
    routes.learn(routeOf(alice, { lastSeenAt: 1 }))
    routes.learn(routeOf(bob, { lastSeenAt: 2 }))
    routes.learn(routeOf(carol, { lastSeenAt: 3 }))
    assert.deepEqual(peersOf(routes), [alicesId, carolsId])
  })

  it('takes no stranger where all are protected', () => {
    const routes = table({ maxRoutes: 2, protectedPeers: [alicesId, bobsId] })
    routes.learn(routeOf(alice))
    routes.learn(routeOf(bob))
    assert.deepEqual(routes.learn(routeOf(carol)), { kind: 'full' })
    assert.deepEqual([peersOf(routes), routes.size], [[alicesId, bobsId], 2])
  })

  it('drops as many as it takes for one with many bytes', () => {
    const bytes = (...routes: Route[]): number => routes.reduce((sum, route) => sum + Buffer.byteLength(JSON.stringify(route)), 0)
    const long = routeOf(dave, { multiaddrs: ['/dns4/é.example.org/tcp/4001'.repeat(20)], lastSeenAt: 9_000 })
    const routes = table({ maxBytes: bytes(routeOf(alice), long), protectedPeers: [alicesId] })
    for (const [index, peer] of [alice, bob, carol].entries()) routes.learn(routeOf(peer, { lastSeenAt: 1_000 + index }))
    assert.equal(routes.size, 3)
    assert.equal(routes.learn(long).kind, 'mapped')
    assert.deepEqual(peersOf(routes), [alicesId, dave.peerId.toString()])
    assert.equal(routes.learn(routeOf(alice, { seq: 2, multiaddrs: ['/ip4/45.33.1.1/tcp/4001'] })).kind, 'refreshed')
    assert.deepEqual(peersOf(routes), [alicesId])
  })

  it('keeps what it knows of a peer whose news is too long for it', () => {
    const routes = table({ maxBytes: 1_000 })
    routes.learn(routeOf(alice))
    assert.equal(routes.learn(routeOf(alice, { seq: 2, multiaddrs: ['x'.repeat(1_000)] })).kind, 'full')
    assert.deepEqual(routes.all(), [routeOf(alice)])
  })

  it('drops nothing for news and new names of those it holds', () => {
    const routes = table({ maxRoutes: 2 })
    routes.learn(routeOf(alice))
    routes.learn(routeOf(bob))
    routes.learn(routeOf(alice, { seq: 2 }))
    routes.learn(routeOf(alice, { seq: 3, instanceName: 'studio' }))
    assert.deepEqual(new Set(peersOf(routes)), new Set([alicesId, bobsId]))
  })
})

describe('pruning', () => {
  it('drops unprotected routes last seen before the time', () => {
    const routes = table({ protectedPeers: [alicesId] })
    const old = routeOf(bob, { lastSeenAt: 99 })
    routes.learn(routeOf(alice, { lastSeenAt: 1 }))
    routes.learn(old)
    routes.learn(routeOf(carol, { lastSeenAt: 100 }))
    assert.deepEqual([routes.prune(100), routes.prune(100)], [[old], []])
    assert.deepEqual(peersOf(routes), [alicesId, carolsId])
  })
})
