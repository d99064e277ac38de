/** A thousand identities from one host, beside sockets that stall: memory stays bounded, and friends are served. */

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

/** A few more than are remembered. */
const IDENTITIES = MAX_UNKNOWN_PEERS + 20
/** Of this host, one for what comes at a time: a node takes 20 connections a second from each. Elsewhere than on Linux one has to do. */
const ADDRESSES = process.platform === 'linux' ? ['127.0.0.10', '127.0.0.11', '127.0.0.12', '127.0.0.13'] : ['127.0.0.1']
const STALLED = 40
const MEGABYTE = 1_048_576

it('a thousand identities of one host fill what is theirs, in the peer book and in the inbox', async () => {
  using book = new TestBook()
  const peers = await Promise.all(Array.from({ length: MAX_UNKNOWN_PEERS + 500 }, async () => peerIdFromPrivateKey(await generateKeyPair('Ed25519'))))
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
  const identities = Array.from({ length: IDENTITIES }, (_, index) => index).values()
  await Promise.all(ADDRESSES.map(async (localAddress) => {
    for (const identity of identities) {
      await using stranger = await RawPeer.start({ localAddress })
      const stream = await stranger.open(bob.address)
      const { stage } = await stream.ackOf(stream.send({ text: 'let me in' }))
      assert.match(stage, /^(held|refused)$/)
      if (identity % 100 === 0) assert.equal((await alice.send(bob, `friend ${identity}`)).state, 'received')
    }
  }))
  const { pendingApprovals, knownPeers } = await bob.mesh.status()
  assert.equal(pendingApprovals.reduce((sum, { held }) => sum + held, 0), MAX_HELD_PER_ADDRESS * ADDRESSES.length)
  assert.equal(knownPeers, MAX_UNKNOWN_PEERS + 1)
  assert.equal((await alice.send(bob, 'still friends')).state, 'received')
  assert.ok(process.memoryUsage().heapUsed - before < 256 * MEGABYTE, 'the heap grew without bounds')
  assert.deepEqual(bob.log.complaints, [])
})
