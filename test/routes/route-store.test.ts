import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { MAX_ANNOUNCED_ADDRESSES, MAX_ROUTES, MAX_ROUTE_BYTES, MAX_ROUTE_FILE_BYTES, ROUTE_SAVE_MS } from '../../src/config/limits.ts'
import { InstanceRoutes, type Route } from '../../src/routes/instance-routes.ts'
import { RouteStore } from '../../src/routes/route-store.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { LogRecorder } from '../support/log-recorder.ts'
import { Recorder } from '../support/recorder.ts'
import { keyedPeer, routeOf } from '../support/routes.ts'
import { testFolder } from '../support/test-folder.ts'

const [alice, bob] = await Promise.all([keyedPeer(1), keyedPeer(2)])
const nothing = { routes: [], hints: [], sequence: 0 }
const manyAddresses = Array.from({ length: MAX_ANNOUNCED_ADDRESSES + 1 }, (_, index) => `/ip4/45.33.1.1/tcp/${index + 1}`)

function routeFile(t: TestContext, path = join(testFolder(t), 'instance-peer.json')) {
  const clock = new FakeClock()
  const log = new LogRecorder()
  const table: { routes: Route[], sequence: number } = { routes: [], sequence: 0 }
  /** What each write wrote. */
  const writes = new Recorder<number>()
  const snapshot = () => {
    writes.add(table.sequence)
    return table
  }
  const store = new RouteStore({ path, snapshot, clock, log })
  return { path, clock, log, table, writes, store }
}

/** The content of a file with these instances. */
const content = (version: number, instances: unknown, more: object = { sequence: 1 }): string => JSON.stringify({ version, ...more, instances })

describe('the route file', () => {
  it('gives back what was written, cards and all', async (t) => {
    const { store, table } = routeFile(t)
    table.routes = [
      routeOf(alice, { multiaddrs: ['/ip4/45.33.1.1/tcp/4001'], card: { description: 'Knows the office', skills: ['printer'] } }),
      routeOf(bob, { source: 'dht' })
    ]
    table.sequence = 42
    await store.close()
    assert.deepEqual(await store.load(), { routes: table.routes, hints: [], sequence: 42 })
  })

  it('says its version and when it was written, and is for its owner only', async (t) => {
    const { store, path, table, clock } = routeFile(t)
    table.routes = [routeOf(alice)]
    await store.close()
    const file = { version: 2, updatedAt: clock.now(), sequence: 0, instances: { [routeOf(alice).instanceId]: routeOf(alice) } }
    assert.deepEqual(JSON.parse(readFileSync(path, 'utf8')), file)
    assert.equal(statSync(path).mode & 0o777, 0o600)
  })

  it('is nothing where there is none, which is no reason to complain', async (t) => {
    const { store, log } = routeFile(t)
    assert.deepEqual([await store.load(), log.complaints], [nothing, []])
  })

  it('of version 1 gives hints for dialling, and no instance', async (t) => {
    const { store, path, log } = routeFile(t)
    const entry = { instanceId: 'office-mac', peerId: alice.peerId.toString(), multiaddrs: manyAddresses, lastAnnouncedAt: 5 }
    writeFileSync(path, content(1, { 'office-mac': entry }, { updatedAt: 5 }))
    const hints = [{ peerId: alice.peerId.toString(), multiaddrs: manyAddresses.slice(0, MAX_ANNOUNCED_ADDRESSES) }]
    assert.deepEqual([await store.load(), log.complaints], [{ routes: [], hints, sequence: 0 }, []])
  })

  it('has seen nobody in the future, whatever the clock said when it was written', async (t) => {
    const { store, clock, table } = routeFile(t)
    table.routes = [routeOf(alice, { lastSeenAt: clock.now() + 1_000_000 }), routeOf(bob, { lastSeenAt: clock.now() - 1 })]
    await store.close()
    assert.deepEqual((await store.load()).routes.map(route => route.lastSeenAt), [clock.now(), clock.now() - 1])
  })

  it('gives so many addresses of an instance at most', async (t) => {
    const { store, path } = routeFile(t)
    writeFileSync(path, content(2, { a: routeOf(alice, { multiaddrs: manyAddresses }) }))
    assert.deepEqual((await store.load()).routes[0]?.multiaddrs, manyAddresses.slice(0, MAX_ANNOUNCED_ADDRESSES))
  })
})

describe('a route file that cannot be used', () => {
  const unusable: Array<[string, string]> = [
    ['half a file', content(2, {}).slice(0, -5)],
    ['of a newer version', content(3, {})],
    ['of no version', JSON.stringify({ instances: {} })],
    ['a list', '[]'],
    ['without instances', JSON.stringify({ version: 2, sequence: 1 })],
    ['with a list of instances', content(2, [routeOf(alice)])],
    ['without a sequence number', content(2, {}, {})],
    ['with a route that is none', content(2, { a: routeOf(alice), b: 'bob' })],
    ['with a sequence number that counts no more', content(2, {}, { sequence: 2 ** 60 })],
    ['with a route whose sequence number counts no more', content(2, { a: routeOf(alice, { seq: 1e300 }) })],
    ['with a route whose sequence number is none', content(2, { a: routeOf(alice, { seq: 1.5 }) })],
    ['with a route whose instance ID is another key\'s', content(2, { a: { ...routeOf(alice), peerId: bob.peerId.toString() } })],
    ['with a route whose name is not in its instance ID', content(2, { a: { ...routeOf(alice), instanceName: 'studio' } })],
    ['with a route of an unsafe name', content(2, { a: routeOf(alice, { instanceName: 'Office\n' }) })],
    ['with a route without sequence number', content(2, { a: { ...routeOf(alice), seq: '1' } })],
    ['with a route without peer', content(2, { a: { ...routeOf(alice), peerId: undefined } })],
    ['with a route from nowhere', content(2, { a: { ...routeOf(alice), source: 'hearsay' } })],
    ['with addresses that are none', content(2, { a: { ...routeOf(alice), multiaddrs: [1] } })],
    ['with a card that is none', content(2, { a: { ...routeOf(alice), card: { description: 'x' } } })],
    ['of version 1 with a hint that is none', content(1, { a: { peerId: 5, multiaddrs: [] } })]
  ]
  for (const [name, text] of unusable) {
    it(`is moved aside with one warning when it is ${name}`, async (t) => {
      const { store, path, log, clock } = routeFile(t)
      writeFileSync(path, text)
      const aside = `${path}.unreadable-${clock.now()}`
      assert.deepEqual(await store.load(), nothing)
      assert.deepEqual([existsSync(path), readFileSync(aside, 'utf8')], [false, text])
      assert.deepEqual([log.lines.items.length, log.matching(/^The route table was unreadable/, 'warn').length], [1, 1])
      assert.ok(log.complaints[0]?.includes(aside))
    })
  }

  it('is said to be newer where it is, and to be whose it is not', async (t) => {
    const { store, path, log } = routeFile(t)
    writeFileSync(path, content(3, {}))
    await store.load()
    writeFileSync(path, content(2, { a: { ...routeOf(alice), peerId: bob.peerId.toString() } }))
    await store.load()
    assert.match(log.complaints[0] ?? '', /a later version of the plugin wrote it: its format is 3, this one reads 1 and 2\); it was moved to /)
    assert.match(log.complaints[1] ?? '', /instance office-mac@[0-9a-f]{16} does not belong to the key of peer 12D3KooW/)
  })

  it('forges no log line with what it holds', async (t) => {
    const { store, path, log } = routeFile(t)
    writeFileSync(path, '\u001b[31m\n[libp2p-mesh] all is well')
    await store.load()
    assert.equal(log.complaints.length, 1)
    log.assertClean()
  })

  it('is moved aside unread when it is too large', async (t) => {
    const { store, path, log } = routeFile(t)
    writeFileSync(path, content(2, {}))
    truncateSync(path, MAX_ROUTE_FILE_BYTES + 1)
    assert.deepEqual(await store.load(), nothing)
    assert.deepEqual([log.complaints.length, log.matching(/has 33554433 bytes/, 'warn').length], [1, 1])
  })

  it('makes room for a new one', async (t) => {
    const { store, path, table } = routeFile(t)
    writeFileSync(path, 'noise')
    await store.load()
    table.routes = [routeOf(alice)]
    await store.close()
    assert.deepEqual([(await store.load()).routes, readdirSync(dirname(path)).length], [table.routes, 2])
  })
})

describe('writing the route file', () => {
  it('takes the changes of five seconds together, and is done once more at stop', async (t) => {
    const { store, clock, table, writes } = routeFile(t)
    const change = (sequence: number): void => {
      table.sequence = sequence
      store.saveSoon()
    }
    change(1)
    change(2)
    assert.deepEqual([clock.pending, writes.items], [[0], []])
    clock.advance(0)
    await writes.waitFor('the first write', all => all.length === 1)
    change(3)
    clock.advance(ROUTE_SAVE_MS - 1)
    change(4)
    assert.deepEqual(clock.pending, [1])
    clock.advance(1)
    await writes.waitFor('the second write', all => all.length === 2)
    change(5)
    await store.close()
    clock.advance(2 * ROUTE_SAVE_MS)
    assert.deepEqual([writes.items, clock.pending, (await store.load()).sequence], [[2, 4, 5], [], 5])
  })

  it('waits no longer where the clock is set back', async (t) => {
    const { store, clock, writes } = routeFile(t)
    store.saveSoon()
    clock.advance(0)
    await writes.waitFor('the first write', all => all.length === 1)
    clock.advance(-24 * 3_600_000)
    store.saveSoon()
    assert.deepEqual(clock.pending, [ROUTE_SAVE_MS])
    await store.close()
  })

  it('is over after the last one', async (t) => {
    const { store, clock, writes } = routeFile(t)
    await store.close()
    store.saveSoon()
    assert.deepEqual([clock.pending, writes.items.length], [[], 1])
  })

  it('of the largest table makes a file that can be read', async (t) => {
    const { store, path, table } = routeFile(t)
    const card = { description: '\u{1f99e}'.repeat(500), skills: Array.from({ length: 16 }, () => '"'.repeat(64)) }
    for (const facts of [{ multiaddrs: manyAddresses.slice(0, 9) }, { multiaddrs: manyAddresses, card }]) {
      const routes = new InstanceRoutes({ maxRoutes: MAX_ROUTES, maxBytes: MAX_ROUTE_BYTES, isProtected: () => false })
      for (let index = 0; routes.size === index; index++) routes.learn(routeOf(alice, { peerId: String(index), instanceId: String(index), ...facts }))
      table.routes = routes.all()
      await store.close()
      assert.ok(statSync(path).size <= MAX_ROUTE_FILE_BYTES * 0.75, String(statSync(path).size))
    }
  })

  it('is done one after the other, the last content last', async (t) => {
    const { store, table } = routeFile(t)
    const saves: Array<Promise<void>> = []
    for (table.sequence = 1; table.sequence < 10; table.sequence++) saves.push(store.close())
    await Promise.all(saves)
    assert.equal((await store.load()).sequence, 10)
  })

  it('is reported when it fails, and tried again at the next change', async (t) => {
    const folder = join(testFolder(t), 'later')
    const { store, clock, log, path } = routeFile(t, join(folder, 'instance-peer.json'))
    store.saveSoon()
    clock.advance(0)
    await log.waitFor(/^The route table could not be written: ENOENT/)
    await assert.rejects(store.close(), /ENOENT/)
    mkdirSync(folder)
    await store.close()
    assert.deepEqual([log.complaints.length, existsSync(path)], [1, true])
  })
})
