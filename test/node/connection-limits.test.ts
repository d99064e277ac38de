import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Connection } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { BRIEF_CONNECTION_MS, CONNECTION_GRACE_MS, MAX_NEWCOMERS, MAX_OWN_CONNECTIONS, NEWCOMER_MS } from '../../src/config/connection-limits.ts'
import { HOUSEKEEPING_MS } from '../../src/config/limits.ts'
import { ConnectionLimits } from '../../src/node/connection-limits.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { LogRecorder } from '../support/log-recorder.ts'
import { alice } from '../support/peers.ts'

interface Opened {
  host?: string
  direction?: Connection['direction']
  isKept?: boolean
}

/** One host of as many networks. */
const hosts = (count: number, prefix = '192.0.2'): string[] => Array.from({ length: count }, (_, index) => `${prefix}.${String(index + 1)}`)

/** A node with this many places, and those for newcomers beyond them; what it closes is gone at once. */
function create(maxConnections: number) {
  const clock = new FakeClock()
  const kept = new Set<Connection>()
  const closed: Connection[] = []
  let open: Connection[] = []
  const limits = new ConnectionLimits({
    connections: () => open, isKept: connection => kept.has(connection), maxConnections, now: clock.now, log: new LogRecorder()
  })
  const connect = ({ host = '192.0.2.1', direction = 'inbound', isKept = false }: Opened = {}): Connection => {
    const connection = {
      remotePeer: alice, remoteAddr: multiaddr(`/ip4/${host}/tcp/4001`), direction, status: 'open', timeline: { open: clock.now() },
      close: async () => {
        closed.push(connection)
        open = open.filter(other => other !== connection)
      }
    } as unknown as Connection
    if (isKept) kept.add(connection)
    limits.handleOpened(connection) // the library lists it only after it told of it
    if (!closed.includes(connection)) open.push(connection)
    clock.advance(1)
    return connection
  }
  return { limits, clock, connect, closed, open: () => open }
}

describe('ConnectionLimits', () => {
  it('close nothing while there is room', () => {
    const { connect, closed, open } = create(3)
    for (const host of ['192.0.2.1', '192.0.2.2', '192.0.2.3']) connect({ host })
    assert.deepEqual([closed.length, open().length], [0, 3])
  })

  it('let whoever comes to a full node stay for a moment, kept peers for good, and the youngest stranger goes then', () => {
    const { limits, connect, clock, closed, open } = create(3)
    const settled = hosts(3).map(host => connect({ host }))
    clock.advance(NEWCOMER_MS)
    const friend = connect({ isKept: true, host: '192.0.2.4' })
    const guest = connect({ host: '192.0.2.5' })
    clock.advance(NEWCOMER_MS - 2)
    limits.keepHouse()
    assert.deepEqual(closed, [settled[2]], 'there is one too many besides the guest')
    clock.advance(1)
    limits.keepHouse()
    assert.deepEqual(closed.slice(1), [guest])
    assert.deepEqual(open(), [settled[0], settled[1], friend])
  })

  it('give newcomers less time than a peer stays that has room for us, as that peer sees it', () => {
    assert.ok(NEWCOMER_MS + HOUSEKEEPING_MS < BRIEF_CONNECTION_MS)
  })

  it('let a newcomer in whoever came before it: those that were here for longest go, and what has settled stays', () => {
    const { connect, clock, closed, open } = create(3)
    const settled = hosts(3).map(host => connect({ host }))
    clock.advance(NEWCOMER_MS)
    const newcomers = hosts(MAX_NEWCOMERS + 5, '198.51.100').map((host) => {
      const newcomer = connect({ host })
      assert.ok(open().includes(newcomer))
      return newcomer
    })
    assert.deepEqual(closed, newcomers.slice(0, 5))
    assert.deepEqual(open(), [...settled, ...newcomers.slice(5)])
  })

  it('have a network that opens many connections pay with its own, newcomers from elsewhere stay', () => {
    const { connect, clock, closed, open } = create(3)
    hosts(3).forEach(host => connect({ host }))
    clock.advance(NEWCOMER_MS)
    const guests = hosts(MAX_NEWCOMERS / 2, '203.0.113').map(host => connect({ host }))
    for (let count = 0; count < 50; count++) connect({ host: '198.51.100.7' })
    assert.deepEqual(guests.filter(guest => !open().includes(guest)), [])
    assert.equal(open().length, 3 + MAX_NEWCOMERS)
    assert.ok(closed.every(({ remoteAddr }) => remoteAddr.toString().startsWith('/ip4/198.51.100.7/')))
  })

  it('close no connection of a kept peer, though there be too many of them', () => {
    const { limits, connect, clock, closed, open } = create(2)
    const friends = Array.from({ length: MAX_NEWCOMERS + 5 }, () => connect({ isKept: true }))
    const stranger = connect({ host: '192.0.2.9' })
    clock.advance(NEWCOMER_MS)
    limits.keepHouse()
    assert.deepEqual([closed, open()], [[stranger], friends])
  })

  it('have strangers that settled make room where kept peers need it at once', () => {
    const { connect, clock, closed, open } = create(2)
    const settled = hosts(2).map(host => connect({ host }))
    clock.advance(NEWCOMER_MS)
    const friends = Array.from({ length: MAX_NEWCOMERS + 1 }, () => connect({ isKept: true }))
    assert.deepEqual(closed, [settled[1]])
    assert.deepEqual(open(), [settled[0], ...friends])
  })

  it('make whoever opens many connections pay with their own, and not those who were there', () => {
    const { limits, connect, clock, closed, open } = create(10)
    const before = hosts(8).map(host => connect({ host }))
    for (let count = 0; count < 50; count++) connect({ host: '198.51.100.7' })
    clock.advance(NEWCOMER_MS)
    limits.keepHouse()
    assert.deepEqual(before.filter(connection => !open().includes(connection)), [])
    assert.equal(open().length, 10)
    assert.ok(closed.every(({ remoteAddr }) => remoteAddr.toString().startsWith('/ip4/198.51.100.7/')))
  })

  it('keep somebody from elsewhere where one network took all places', () => {
    const { limits, connect, clock, open } = create(5)
    for (let count = 0; count < 20; count++) connect({ host: '198.51.100.7' })
    clock.advance(NEWCOMER_MS)
    const newcomer = connect({ host: '192.0.2.1' })
    clock.advance(NEWCOMER_MS)
    limits.keepHouse()
    assert.ok(open().includes(newcomer))
    assert.equal(open().length, 5)
  })

  it('let go of strangers that this node dialled beyond what it has a use for, once they are old enough', () => {
    const { limits, connect, clock, open } = create(1_000)
    const inbound = connect({ host: '192.0.2.200' })
    const friend = connect({ direction: 'outbound', isKept: true })
    const dialled = Array.from({ length: MAX_OWN_CONNECTIONS + 4 }, (_, index) => connect({ direction: 'outbound', host: `192.0.2.${String(index + 1)}` }))
    limits.keepHouse()
    assert.equal(open().length, dialled.length + 2)
    clock.advance(CONNECTION_GRACE_MS)
    const fresh = connect({ direction: 'outbound', host: '203.0.113.1' })
    limits.keepHouse()
    assert.deepEqual(dialled.slice(0, -5).filter(connection => !open().includes(connection)), [])
    assert.deepEqual([inbound, friend, fresh].map(connection => open().includes(connection)), [true, true, true])
    assert.equal(open().length, MAX_OWN_CONNECTIONS + 2)
  })

  it('know when there are enough, of those that this node dialled and does not keep anyway', () => {
    const { limits, connect } = create(1_000)
    for (let count = 0; count < MAX_OWN_CONNECTIONS; count++) {
      connect()
      connect({ direction: 'outbound', isKept: true })
      assert.equal(limits.hasEnough, false)
      connect({ direction: 'outbound' })
    }
    assert.equal(limits.hasEnough, true)
  })
})
