import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Connection } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { CONNECTION_GRACE_MS, MAX_OWN_CONNECTIONS } from '../../src/config/connection-limits.ts'
import { ConnectionLimits } from '../../src/node/connection-limits.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { LogRecorder } from '../support/log-recorder.ts'
import { alice } from '../support/peers.ts'

interface Opened {
  host?: string
  direction?: Connection['direction']
  isKept?: boolean
}

/** A node with this many places; what it closes is gone at once. */
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
    clock.advance(1)
    if (isKept) kept.add(connection)
    limits.handleOpened(connection) // the library lists it only after it told of it
    if (!closed.includes(connection)) open.push(connection)
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

  it('let a kept peer in when all places are taken, at the cost of a stranger', () => {
    const { connect, closed, open } = create(3)
    const strangers = ['192.0.2.1', '192.0.2.2', '192.0.2.3'].map(host => connect({ host }))
    const friend = connect({ isKept: true, host: '192.0.2.4' })
    assert.deepEqual(closed, [strangers[2]])
    assert.ok(open().includes(friend))
  })

  it('close no connection of a kept peer, though there be too many of them', () => {
    const { connect, closed, open } = create(2)
    for (let count = 0; count < 5; count++) connect({ isKept: true })
    const stranger = connect({ host: '192.0.2.9' })
    assert.deepEqual([closed, open().length], [[stranger], 5])
  })

  it('make whoever opens many connections pay with their own, and not those who were there', () => {
    const { connect, closed, open } = create(10)
    const before = Array.from({ length: 8 }, (_, index) => connect({ host: `192.0.2.${String(index + 1)}` }))
    for (let count = 0; count < 50; count++) connect({ host: '198.51.100.7' })
    assert.deepEqual(before.filter(connection => !open().includes(connection)), [])
    assert.equal(open().length, 10)
    assert.ok(closed.every(({ remoteAddr }) => remoteAddr.toString().startsWith('/ip4/198.51.100.7/')))
  })

  it('let somebody from elsewhere in where one network took all places', () => {
    const { connect, open } = create(5)
    for (let count = 0; count < 20; count++) connect({ host: '198.51.100.7' })
    const newcomer = connect({ host: '192.0.2.1' })
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
