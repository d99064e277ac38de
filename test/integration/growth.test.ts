/** A node that more peers connect to than it has room for: friends and guests get in, whoever floods it pays with its own connections. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BRIEF_CONNECTION_MS, MAX_CONNECTIONS, MAX_NEWCOMERS, NEWCOMER_MS } from '../../src/config/connection-limits.ts'
import { befriend, MeshNode } from '../support/mesh-node.ts'
import { RawPeer } from '../support/raw-peer.ts'
import { ShiftedClock } from '../support/shifted-clock.ts'
import { until } from '../support/until.ts'

/** Fresh identities at a time: what libp2p lets one host open in a second. */
const BATCH = 20

interface FullNode extends AsyncDisposable {
  bob: MeshNode
  clock: ShiftedClock
  /** Something that ends with the node. */
  use: <T extends AsyncDisposable>(one: T) => T
  /** So many strangers connect, each from the address of its number. */
  flood: (count: number, addressOf: (index: number) => string) => Promise<RawPeer[]>
}

async function start(): Promise<FullNode> {
  const everybody = new AsyncDisposableStack()
  const clock = new ShiftedClock()
  const bob = everybody.use(await MeshNode.start({ name: 'bob', clock }))
  return {
    bob, clock, use: one => everybody.use(one),
    flood: async (count, addressOf) => {
      const strangers: RawPeer[] = []
      while (strangers.length < count) {
        const from = Array.from({ length: Math.min(BATCH, count - strangers.length) }, (_, index) => addressOf(strangers.length + index))
        const fresh = await Promise.all(from.map(async localAddress => everybody.use(await RawPeer.start({ localAddress }))))
        await Promise.all(fresh.map(async (stranger) => { await stranger.connect(bob.address) }))
        strangers.push(...fresh)
      }
      return strangers
    },
    [Symbol.asyncDispose]: async () => { await everybody.disposeAsync() }
  }
}

async function waitForRoom(bob: MeshNode, count: number): Promise<void> {
  await until(async () => (await bob.mesh.networkInfo()).connections.length <= count, { what: 'strangers to make room', timeoutMs: 60_000 })
}

describe(`beyond ${MAX_CONNECTIONS} connections`, () => {
  it('strangers make room, those of whoever floods first, and approved peers are served', async () => {
    await using full = await start()
    const { bob, clock, use, flood } = full
    const alice = use(await MeshNode.start({ name: 'alice' }))
    const guest = use(await RawPeer.start({ localAddress: '127.0.0.2' }))
    await befriend(alice, bob)
    await guest.connect(bob.address)
    await flood(MAX_CONNECTIONS + 2 * BATCH, () => '127.0.0.66')
    await waitForRoom(bob, MAX_CONNECTIONS + MAX_NEWCOMERS)
    clock.advance(BRIEF_CONNECTION_MS)
    await waitForRoom(bob, MAX_CONNECTIONS)
    assert.equal((await bob.mesh.networkInfo()).connections.length, MAX_CONNECTIONS)
    assert.equal((await alice.send(bob, 'from a friend')).state, 'received')
    assert.deepEqual(guest.connections.map(({ status }) => status), ['open'])

    const carol = use(await MeshNode.start({ name: 'carol' }))
    await bob.mesh.approvePeer(carol.peerId)
    await carol.mesh.addPeer({ recipient: bob.address })
    assert.equal((await carol.send(bob, 'from another friend')).state, 'received')
    assert.deepEqual([alice, carol].map(({ events }) => events.items.filter(({ type }) => type === 'peer-disconnected')), [[], []])
    assert.deepEqual([bob.log.complaints, await bob.mesh.listPeers()].map(({ length }) => length), [0, 2], 'strangers that only connect are listed')
  })

  it('a guest with a ticket gets in and stays, though strangers from everywhere have all places and go on coming', async () => {
    await using full = await start()
    const { bob, clock, use, flood } = full
    const settled = await flood(MAX_CONNECTIONS, index => `127.1.${String(index)}.1`)
    clock.advance(NEWCOMER_MS)
    await flood(MAX_NEWCOMERS, index => `127.2.${String(index)}.1`)
    const dave = use(await MeshNode.start({ name: 'dave' }))
    const { ticket } = await bob.mesh.createInvite({})
    assert.equal((await dave.mesh.joinInvite({ ticket })).peerId, bob.peerId)
    await flood(2 * MAX_NEWCOMERS, index => `127.3.${String(index)}.1`)
    clock.advance(BRIEF_CONNECTION_MS)
    await waitForRoom(bob, MAX_CONNECTIONS)
    assert.equal((await dave.send(bob, 'thank you')).state, 'received')
    assert.deepEqual([...dave.log.matching(/^Peer disconnected/), ...bob.log.complaints], [])
    assert.equal(settled.filter(({ connections }) => connections.length === 0).length, 1, 'all but the one that made room for dave are there')
  })
})
