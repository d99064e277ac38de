/** A thousand identities from one host, one after the other and some of them stalling: memory stays bounded, and friends are served. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { it } from 'node:test'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { MAX_HELD_PER_ADDRESS, MAX_UNKNOWN_PEERS } from '../../src/config/limits.ts'
import { agentIdOf } from '../../src/lib/agent-id.ts'
import { befriend, MeshNode } from '../support/mesh-node.ts'
import { RawPeer } from '../support/raw-peer.ts'
import { TestBook } from '../support/test-book.ts'

const IDENTITIES = 1_000
/** Connections made by real identities; the rest is in the book at once: a handshake costs 20 ms of the test's own time. */
const CONNECTED = 100
const STALLED = 40

it('a thousand identities of one host fill what is theirs, in the peer book and in the inbox', async () => {
  using book = new TestBook()
  const peers = await Promise.all(Array.from({ length: IDENTITIES + 500 }, async () => peerIdFromPrivateKey(await generateKeyPair('Ed25519'))))
  const [first, ...strangers] = peers.map(peerId => ({ peerId: peerId.toString(), agentId: agentIdOf(peerId) }))
  const friend = first ?? assert.fail()
  await book.peers.decide(friend, 'approved')
  await Promise.all(strangers.map(async (stranger) => { await book.peers.touch(stranger) }))
  assert.equal(book.peers.all().length, MAX_UNKNOWN_PEERS + 1)
  assert.equal(book.peers.statusOf(friend.peerId), 'approved')
})

it('a flood of connections, of fresh identities and of sockets that stall, leaves a node up and its friends served', async () => {
  await using bob = await MeshNode.start({ name: 'bob' })
  await using alice = await MeshNode.start({ name: 'alice' })
  await befriend(alice, bob)
  const port = Number(/\/tcp\/(\d+)\//.exec(bob.address)?.[1])
  using sockets = new DisposableStack()
  const stalled = await Promise.all(Array.from({ length: STALLED }, async () => {
    const socket: Socket = connect(port, '127.0.0.1')
    socket.on('error', () => { socket.destroy() })
    sockets.defer(() => { socket.destroy() })
    await Promise.race([once(socket, 'connect'), once(socket, 'close')])
    return socket
  }))
  assert.equal(stalled.length, STALLED)
  const before = process.memoryUsage().heapUsed
  for (let identity = 0; identity < CONNECTED; identity++) {
    await using stranger = await RawPeer.start()
    const stream = await stranger.open(bob.address)
    await stream.ackOf(stream.send({ text: 'let me in' }))
    if (identity % 20 === 0) assert.equal((await alice.send(bob, `friend ${identity}`)).state, 'received')
  }
  const { pendingApprovals, knownPeers } = await bob.mesh.status()
  assert.equal(pendingApprovals.reduce((sum, { held }) => sum + held, 0), MAX_HELD_PER_ADDRESS)
  assert.equal(knownPeers, CONNECTED + 1)
  assert.equal((await alice.send(bob, 'still friends')).state, 'received')
  assert.ok(process.memoryUsage().heapUsed - before < 256 * 1_024 * 1_024, 'the heap grew without bounds')
  assert.deepEqual(bob.log.complaints, [])
})
