import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { RELAY_HEALTH_INTERVAL_MS } from '../../src/config/relay-limits.ts'
import { STATUS } from '../../src/relay/hop-exchange.ts'
import type { RelayStats } from '../../src/relay/relay-stats.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { RelayClient } from '../support/relay-client.ts'
import { RelayNode } from '../support/relay-node.ts'

describe('RelayServer', () => {
  it('connects two clients of the library, without the limits of one connection that theirs has', async () => {
    await using relay = await RelayNode.start()
    await using bob = await RelayClient.start({ via: relay.address })
    await using alice = await RelayClient.start()
    const connection = await alice.dial(relay.address, bob)
    assert.equal(connection.limits, undefined)
    const stream = await alice.open(connection)
    const bytes = 300_000
    stream.send(new Uint8Array(bytes))
    await stream.close()
    await relay.waitForStats('all bytes to be relayed', stats => stats.bytes > bytes)
    await relay.waitForStats('all bytes to arrive', () => bob.receivedBytes === bytes)
    assert.deepEqual([relay.server.stats.reservations, relay.server.stats.circuits], [1, 1])
  })

  it('frees the place of a circuit when one end closes it, and the reservation of a peer that leaves', async () => {
    await using relay = await RelayNode.start()
    await using alice = await RelayClient.start()
    await using bob = await RelayClient.start({ via: relay.address })
    const connection = await alice.dial(relay.address, bob)
    await connection.close()
    await relay.waitForStats('no circuit', stats => stats.circuits === 0)
    await alice.dial(relay.address, bob)
    await bob.libp2p.stop()
    await relay.waitForStats('nothing left', stats => stats.circuits === 0 && stats.reservations === 0)
    assert.equal(await alice.connect(relay.address, bob), STATUS.NO_RESERVATION)
  })

  it('refuses reservations beyond the limit, and renews those within it', async () => {
    await using relay = await RelayNode.start({ limits: { reservations: 2 } })
    await using first = await RelayClient.start()
    await using second = await RelayClient.start()
    await using third = await RelayClient.start()
    const ask = async (client: RelayClient): Promise<number | undefined> => await client.reserve(relay.address)
    assert.deepEqual([await ask(first), await ask(second), await ask(third)], [STATUS.OK, STATUS.OK, STATUS.RESERVATION_REFUSED])
    assert.equal(await ask(first), STATUS.OK)
    assert.equal(relay.server.stats.refusedReservations, 1)
    await assert.rejects(RelayClient.start({ via: relay.address }), /RESERVATION_REFUSED/)
  })

  it('refuses circuits beyond the limit of a peer, and serves others', async () => {
    await using relay = await RelayNode.start({ circuits: { total: 100, perPeer: 2, perPair: 1, perNetwork: 100 } })
    await using bob = await RelayClient.start({ via: relay.address })
    await using carol = await RelayClient.start({ via: relay.address })
    await using dave = await RelayClient.start({ via: relay.address })
    await using greedy = await RelayClient.start()
    await greedy.dial(relay.address, bob)
    assert.equal(await greedy.connect(relay.address, bob), STATUS.RESOURCE_LIMIT_EXCEEDED) // the pair has one
    await greedy.dial(relay.address, carol)
    await assert.rejects(greedy.dial(relay.address, dave), /RESOURCE_LIMIT_EXCEEDED/)
    await using other = await RelayClient.start()
    await other.dial(relay.address, dave)
    assert.deepEqual([relay.server.stats.circuits, relay.server.stats.refusedCircuits], [3, 2])
  })

  it('cuts a circuit that is older than allowed, and takes a new one', async () => {
    await using relay = await RelayNode.start({ limits: { perPeerSeconds: 2 } })
    await using bob = await RelayClient.start({ via: relay.address })
    await using alice = await RelayClient.start()
    const connection = await alice.dial(relay.address, bob)
    await relay.waitForStats('the circuit to be cut', stats => stats.circuits === 0)
    await relay.waitForStats('the client to notice', () => connection.status !== 'open')
    await alice.dial(relay.address, bob)
  })

  it('ends its circuits in order when it stops', async () => {
    await using relay = await RelayNode.start()
    await using bob = await RelayClient.start({ via: relay.address })
    await using alice = await RelayClient.start()
    const connection = await alice.dial(relay.address, bob)
    const ended = Promise.withResolvers<Error | undefined>()
    connection.addEventListener('close', (event) => { ended.resolve(event.error) })
    await relay.libp2p.stop()
    assert.equal(await ended.promise, undefined)
    assert.deepEqual([relay.server.stats.circuits, relay.server.stats.reservations], [0, 0])
  })

  it('tells now and then how it is, until it stops', async () => {
    const clock = new FakeClock()
    const told: RelayStats[] = []
    await using relay = await RelayNode.start({ clock, onHealth: (stats) => { told.push(stats) } })
    await using bob = await RelayClient.start({ via: relay.address })
    clock.advance(2 * RELAY_HEALTH_INTERVAL_MS)
    const health = { connections: 1, reservations: 0, circuits: 0, bytes: 0, refusedReservations: 0, refusedCircuits: 0 }
    assert.deepEqual(told, [{ ...health, reservations: 1 }, { ...health, reservations: 1 }])
    await bob.libp2p.stop()
    await relay.libp2p.stop()
    clock.advance(RELAY_HEALTH_INTERVAL_MS)
    assert.equal(told.length, 2)
  })
})
