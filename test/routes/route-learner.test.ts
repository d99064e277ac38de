import assert from 'node:assert/strict'
import { networkInterfaces } from 'node:os'
import { describe, it } from 'node:test'
import { RecordEnvelope } from '@libp2p/peer-record'
import { multiaddr } from '@multiformats/multiaddr'
import { ANNOUNCES_PER_HOUR, MAX_ANNOUNCE_BYTES } from '../../src/config/limits.ts'
import { isOnOwnSubnet, scopeOf } from '../../src/lib/reachable-address.ts'
import { InstanceRecord } from '../../src/protocols/pb/instance.ts'
import { InstanceRoutes } from '../../src/routes/instance-routes.ts'
import { alice, bob, learning } from '../support/learning.ts'
import { testConnection } from '../support/links.ts'
import { recordOf, routeOf, type KeyedPeer } from '../support/routes.ts'

const PUBLIC = ['/ip4/45.33.1.1/tcp/4001', '/ip6/2a00:1450::1/tcp/4001']
const NAMES = ['/dns4/mesh.example.org/tcp/443/wss', '/dnsaddr/mesh.example.org']
const LOOPBACK = ['/ip4/127.0.0.1/tcp/4001', '/ip6/::1/tcp/4001']
const LINK_LOCAL = ['/ip4/169.254.169.254/tcp/80', '/ip6/fe80::1/tcp/4001', '/ip4/0.0.0.0/tcp/4001']
const FOREIGN = ['/ip4/10.77.88.99/tcp/4001', '/ip4/172.29.77.9/tcp/4001', '/ip4/192.168.211.9/tcp/4001', '/ip6/fd77:88::9/tcp/4001']
  .filter(text => !isOnOwnSubnet(multiaddr(text)))
/** Our own addresses in private subnets: neighbours of ours, as far as the learner can tell. */
const NEIGHBOURS = Object.values(networkInterfaces()).flatMap(list => list ?? []).filter(({ internal }) => !internal)
  .map(({ family, address }) => `/${family === 'IPv4' ? 'ip4' : 'ip6'}/${address}/tcp/4001`)
  .filter(text => scopeOf(multiaddr(text)) === 'private' && isOnOwnSubnet(multiaddr(text))).slice(0, 4)

const HOUR_MS = 3_600_000

/** A record with whatever content, signed as it should be. */
async function signed(record: Partial<InstanceRecord>): Promise<Uint8Array> {
  const payload = InstanceRecord.encode({ instanceName: 'office-mac', seq: 7, addrs: [], bootId: new Uint8Array(8), ...record })
  const codec = new TextEncoder().encode('/libp2p-mesh/instance/1')
  return (await RecordEnvelope.seal({ domain: 'libp2p-mesh-instance', codec, marshal: () => payload, equals: () => false }, alice.key)).marshal()
}

describe('an announce', () => {
  it('becomes a route', async () => {
    const { hear, routes, mapped, learned, clock, log } = learning()
    const card = { description: 'Knows the office', skills: ['printer'] }
    await hear(alice, await recordOf(alice, { seq: 7, addrs: PUBLIC, card }))
    const route = routeOf(alice, { seq: 7, multiaddrs: PUBLIC, card, lastAnnouncedAt: clock.now(), lastSeenAt: clock.now() })
    assert.deepEqual([routes.all(), mapped, learned], [[route], [route.instanceId], [[route, []]]])
    assert.deepEqual(log.lines.items, [])
  })

  it('with news brings the news; only another name is another mapping', async () => {
    const { hear, routes, mapped, learned } = learning()
    await hear(bob, await recordOf(bob))
    await hear(bob, await recordOf(bob, { seq: 2, addrs: PUBLIC }))
    await hear(bob, await recordOf(bob, { seq: 3, instanceName: 'studio' }))
    assert.deepEqual(mapped, [routeOf(bob).instanceId, routeOf(bob, { instanceName: 'studio' }).instanceId])
    assert.deepEqual([routes.size, routes.ofPeer(bob.peerId.toString())?.seq], [1, 3])
    assert.deepEqual(learned.map(([route, dropped]) => [route.seq, dropped]), [[1, []], [2, []], [3, PUBLIC]])
  })

  it('of a peer that is not welcome is not read', async () => {
    const { hear, routes, log } = learning({ isWelcome: peerId => peerId.equals(alice.peerId) })
    await hear(bob, await recordOf(bob))
    await hear(alice, await recordOf(alice))
    assert.deepEqual(routes.all().map(({ peerId }) => peerId), [alice.peerId.toString()])
    assert.equal(log.matching(/was not read: not approved/, 'debug').length, 1)
  })
})

describe('a goodbye', () => {
  it('is told, and the route stays as it was', async () => {
    const { hear, routes, left, learned, clock } = learning()
    await hear(alice, await recordOf(alice, { seq: 5, addrs: PUBLIC }))
    clock.advance(1_000)
    const before = routes.ofPeer(alice.peerId.toString())
    await hear(alice, await recordOf(alice, { seq: 6, isLeaving: true }))
    assert.deepEqual(left, [alice.peerId.toString()])
    assert.deepEqual(routes.ofPeer(alice.peerId.toString()), { ...before, seq: 6, lastSeenAt: clock.now() })
    assert.equal(learned.length, 2)
  })

  for (const [what, record] of [
    ['of another peer', async () => await recordOf(alice, { seq: 6, isLeaving: true })],
    ['of nobody that is known', async () => await recordOf(bob, { seq: 6, isLeaving: true })]
  ] as const) {
    it(`${what} is dropped`, async () => {
      const { hear, routes, left } = learning()
      await hear(alice, await recordOf(alice, { seq: 5 }))
      const before = routes.all()
      await hear(bob, await record())
      assert.deepEqual([left, routes.all()], [[], before])
    })
  }

  it('that was changed on its way is dropped', async () => {
    const { hear, left } = learning()
    await hear(alice, await recordOf(alice, { seq: 5 }))
    const record = Buffer.from(await recordOf(alice, { seq: 6, isLeaving: true }))
    for (const index of [record.indexOf('office-mac'), record.length - 1]) {
      const forged = Uint8Array.from(record)
      forged[index] = (forged[index] ?? 0) ^ 1
      await hear(alice, forged)
    }
    assert.deepEqual(left, [])
  })

  it('is dropped when it comes again, after its peer is back as well', async () => {
    const { hear, left, log } = learning()
    const goodbye = await recordOf(alice, { seq: 6, isLeaving: true })
    await hear(alice, await recordOf(alice, { seq: 5 }))
    await hear(alice, goodbye)
    await hear(alice, goodbye)
    await hear(alice, await recordOf(alice, { seq: 7 }))
    await hear(alice, goodbye)
    assert.deepEqual([left.length, log.matching(/^An old goodbye/, 'debug').length], [1, 2])
  })
})

describe('an announce that is dropped', () => {
  const tampered = async (): Promise<Uint8Array> => {
    const record = Uint8Array.from(await recordOf(alice))
    const last = record.length - 1
    record[last] = (record[last] ?? 0) ^ 1
    return record
  }
  const refused: Array<[string, () => Promise<Uint8Array>, RegExp]> = [
    ['forged', tampered, /signature not valid/],
    ['noise', async () => Buffer.from('noise, noise\n'), /signature not valid/],
    ['signed with the key of another peer', async () => await recordOf(bob), /another peer/],
    ['too long', async () => new Uint8Array(MAX_ANNOUNCE_BYTES + 1), /8193 bytes/],
    ['of an unsafe name', async () => await signed({ instanceName: 'Office Mac\n\u001b[31m' }), /instance name/],
    ['of a name with an agent ID in it', async () => await signed({ instanceName: 'office-mac@0123456789abcdef' }), /instance name/],
    ['of a long name', async () => await signed({ instanceName: 'x'.repeat(49) }), /instance name/],
    ['of no name', async () => await signed({ instanceName: '' }), /instance name/]
  ]
  for (const [name, record, why] of refused) {
    it(`is one that is ${name}: one debug line, no route`, async () => {
      const { hear, routes, log, mapped, learned } = learning()
      await hear(alice, await record())
      assert.deepEqual([routes.all(), mapped, learned], [[], [], []])
      assert.deepEqual([log.lines.items.length, log.matching(/was dropped/, 'debug').length, log.matching(why).length], [1, 1, 1])
      log.assertClean()
    })
  }

  for (const [what, seq] of [['a replay', 5], ['a rollback', 4]] as const) {
    it(`is ${what}: one debug line, the route stays`, async () => {
      const { hear, routes, log, learned } = learning()
      await hear(alice, await recordOf(alice, { seq: 5 }))
      const before = routes.all()
      await hear(alice, await recordOf(alice, { seq, instanceName: 'other', addrs: PUBLIC }))
      assert.deepEqual([routes.all(), learned.length, log.complaints], [before, 1, []])
      assert.equal(log.matching(/^An old announce/, 'debug').length, 1)
    })
  }

  it('is one of an instance ID that belongs to another peer, with a warning', async () => {
    const { hear, routes, log, mapped, learned } = learning()
    routes.learn(routeOf(bob, { instanceId: routeOf(alice).instanceId }))
    await hear(alice, await recordOf(alice, { addrs: PUBLIC }))
    assert.deepEqual([routes.ofPeer(alice.peerId.toString()), mapped, learned], [undefined, [], []])
    assert.equal(log.matching(/claims the instance ID/, 'warn').length, 1)
  })

  it('is one that the table has no room for: nobody is told of it', async () => {
    const routes = new InstanceRoutes({ maxRoutes: 1, maxBytes: Infinity, isProtected: () => true })
    const { hear, mapped, learned, log } = learning({ routes })
    await hear(alice, await recordOf(alice))
    await hear(bob, await recordOf(bob))
    assert.deepEqual([routes.all().length, mapped, learned.length], [1, [routeOf(alice).instanceId], 1])
    assert.equal(log.matching(/the route table is full/, 'debug').length, 1)
  })

  it('is one too many in an hour', async () => {
    const { hear, routes, log, clock } = learning()
    for (let seq = 1; seq <= ANNOUNCES_PER_HOUR + 1; seq++) await hear(alice, await recordOf(alice, { seq }))
    assert.equal(routes.ofPeer(alice.peerId.toString())?.seq, ANNOUNCES_PER_HOUR)
    assert.deepEqual([log.lines.items.length, log.matching(/was not read: too many/, 'debug').length], [1, 1])
    clock.advance(HOUR_MS / ANNOUNCES_PER_HOUR)
    await hear(alice, await recordOf(alice, { seq: 100 }))
    assert.equal(routes.ofPeer(alice.peerId.toString())?.seq, 100)
  })

  for (const isWelcome of [true, false]) {
    it(`is one of a flood, whose sender is cut off${isWelcome ? '' : ' also where it was never welcome'}`, async () => {
      const { hear, floods, log } = learning({ isWelcome: () => isWelcome })
      const patience = isWelcome ? 2 * ANNOUNCES_PER_HOUR : ANNOUNCES_PER_HOUR
      for (let count = 0; count < patience; count++) await hear(bob, Buffer.from('noise'))
      assert.deepEqual(floods, [])
      await hear(bob, Buffer.from('noise'))
      assert.deepEqual(floods, [`${bob.peerId.toString()} TooManyAnnouncesError`])
      assert.deepEqual(log.complaints, [])
    })
  }

  it('counts for its sender alone, noise included', async () => {
    const { hear, routes } = learning()
    for (let count = 0; count < ANNOUNCES_PER_HOUR; count++) await hear(alice, Buffer.from('noise'))
    await hear(alice, await recordOf(alice))
    await hear(bob, await recordOf(bob))
    assert.deepEqual(routes.all().map(({ peerId }) => peerId), [bob.peerId.toString()])
  })
})

describe('addresses of an announce', () => {
  const all = [...LINK_LOCAL, ...LOOPBACK, ...NEIGHBOURS, ...FOREIGN, ...PUBLIC, ...NAMES]
  const kept = async (peer: KeyedPeer, init: Parameters<typeof testConnection>[1] = {}): Promise<readonly string[] | undefined> => {
    const { hear, routes } = learning()
    await hear(peer, await recordOf(peer, { addrs: all }), testConnection(peer.peerId, init))
    return routes.all()[0]?.multiaddrs
  }

  it('are kept of a stranger where they are public', async () => {
    assert.deepEqual(await kept(bob), PUBLIC)
  })

  it('are kept of an approved peer on our own subnets too, not on foreign ones, and as names', async () => {
    assert.ok(FOREIGN.length > 0)
    assert.deepEqual(await kept(alice), [...NEIGHBOURS, ...PUBLIC, ...NAMES])
  })

  it('are kept on loopback where the peer is on this machine', async () => {
    assert.deepEqual(await kept(bob, { host: '127.0.0.1' }), [...LOOPBACK, ...PUBLIC])
  })

  it('are dropped on loopback where only the relay is on this machine', async () => {
    assert.deepEqual(await kept(bob, { host: '127.0.0.1', isRelayed: true }), PUBLIC)
  })
})
