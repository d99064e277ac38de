/** A node that more peers connect to than it has room for: friends get in and stay, whoever floods it pays with its own connections. */

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { MAX_CONNECTIONS } from '../../src/config/connection-limits.ts'
import { befriend, MeshNode } from '../support/mesh-node.ts'
import { RawPeer } from '../support/raw-peer.ts'
import { until } from '../support/until.ts'

/** Fresh identities at a time: what libp2p lets one host open in a second. */
const BATCH = 20
/** Some more than there is room for. */
const BATCHES = Math.ceil((MAX_CONNECTIONS + 2 * BATCH) / BATCH)

it(`beyond ${MAX_CONNECTIONS} connections strangers make room, and approved peers are served`, async () => {
  await using everybody = new AsyncDisposableStack()
  const bob = everybody.use(await MeshNode.start({ name: 'bob' }))
  const alice = everybody.use(await MeshNode.start({ name: 'alice' }))
  const guest = everybody.use(await RawPeer.start({ localAddress: '127.0.0.2' }))
  await befriend(alice, bob)
  await guest.connect(bob.address)
  const strangers: RawPeer[] = []
  for (let batch = 0; batch < BATCHES; batch++) {
    const fresh = await Promise.all(Array.from({ length: BATCH }, async () => everybody.use(await RawPeer.start({ localAddress: '127.0.0.66' }))))
    strangers.push(...fresh)
    await Promise.all(fresh.map(async (stranger) => { await stranger.connect(bob.address) }))
    const { connectedPeers } = await bob.mesh.status()
    assert.ok(connectedPeers <= MAX_CONNECTIONS + BATCH, `${connectedPeers} peers are connected`)
  }
  await until(async () => (await bob.mesh.status()).connectedPeers <= MAX_CONNECTIONS, { what: 'strangers to make room', timeoutMs: 60_000 })
  assert.ok((await bob.mesh.status()).connectedPeers > MAX_CONNECTIONS - BATCH)
  assert.equal((await alice.send(bob, 'from a friend')).state, 'received')
  assert.deepEqual(guest.connections.map(({ status }) => status), ['open'])

  const carol = everybody.use(await MeshNode.start({ name: 'carol' }))
  await bob.mesh.approvePeer(carol.peerId)
  await carol.mesh.addPeer({ recipient: bob.address })
  assert.equal((await carol.send(bob, 'from another friend')).state, 'received')
  assert.deepEqual([alice, carol].map(({ events }) => events.items.filter(({ type }) => type === 'peer-disconnected')), [[], []])
  assert.deepEqual(bob.log.complaints, [])
})
