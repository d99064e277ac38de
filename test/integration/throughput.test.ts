/** Many messages between two peers: one connection, one stream, each message once and in order. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { befriend, MeshNode, UNLIMITED } from '../support/mesh-node.ts'
import { RawPeer } from '../support/raw-peer.ts'
import type { RawStream } from '../support/raw-stream.ts'

/** Runs `send` for 0, 1, 2 ... `count` - 1, `width` at a time. */
async function inParallel(count: number, width: number, send: (index: number) => Promise<unknown>): Promise<void> {
  let next = 0
  await Promise.all(Array.from({ length: width }, async () => {
    while (next < count) await send(next++)
  }))
}

const texts = (count: number): string[] => Array.from({ length: count }, (_, index) => `message ${index}`)

describe('two nodes', () => {
  it('carry 1,000 messages one after the other over one connection', async () => {
    await using alice = await MeshNode.start({ name: 'alice' })
    await using bob = await MeshNode.start({ name: 'bob', config: UNLIMITED })
    await befriend(alice, bob)
    await inParallel(1_000, 1, async index => await alice.send(bob, `message ${index}`))
    assert.deepEqual(bob.received.map(message => message.text), texts(1_000))
    assert.equal((await alice.mesh.networkInfo()).connections.length, 1)
    assert.deepEqual((await bob.mesh.inbox({ audience: 'owner', limit: 10_000 })).messages.map(message => message.text), texts(1_000))
  })

  it('carry bursts of 5,000 with 64 in flight each way at once', async () => {
    await using alice = await MeshNode.start({ name: 'alice', config: UNLIMITED })
    await using bob = await MeshNode.start({ name: 'bob', config: UNLIMITED })
    await befriend(alice, bob)
    const states = new Set<string>()
    const both = [[alice, bob], [bob, alice]] as const
    await Promise.all(both.map(([from, to]) => inParallel(5_000, 64, async index => states.add((await from.send(to, `message ${index}`)).state))))
    assert.deepEqual([...states], ['received'])
    for (const node of [alice, bob]) {
      assert.deepEqual(node.received.map(message => message.text), texts(5_000))
      assert.equal((await node.mesh.status()).queued, 0)
      assert.deepEqual(node.log.complaints, [])
    }
    assert.equal((await alice.mesh.networkInfo()).connections.length, 1)
  })
})

describe('a node', () => {
  it('writes all messages to a peer on one stream of one connection', async () => {
    const streams: RawStream[] = []
    await using alice = await MeshNode.start({ name: 'alice' })
    await using peer = await RawPeer.start({
      onStream: (stream) => {
        streams.push(stream)
        stream.onMessage(({ id }) => { stream.acknowledge([{ id, stage: 'received' }]) })
      }
    })
    await alice.mesh.addPeer({ recipient: peer.address })
    await inParallel(1_000, 1, async index => await alice.mesh.sendMessage({ to: peer.peerId, text: `message ${index}` }))
    await inParallel(1_000, 64, async index => await alice.mesh.sendMessage({ to: peer.peerId, text: `burst ${index}` }))
    assert.equal(streams.length, 1)
    assert.equal(peer.connections.length, 1)
    assert.deepEqual(streams[0]?.messages.items.slice(0, 1_000).map(message => message.text), texts(1_000))
    assert.equal(new Set(streams[0].messages.items.map(message => message.id)).size, 2_000)
    assert.equal(streams[0].messages.items.length, 2_000)
  })

  it('answers a peer on the stream that the peer opened', async () => {
    const opened: RawStream[] = []
    await using alice = await MeshNode.start({ name: 'alice' })
    await using peer = await RawPeer.start({ onStream: (stream) => { opened.push(stream) } })
    await alice.mesh.approvePeer(peer.peerId)
    const stream = await peer.open(alice.address)
    stream.onMessage(({ id }) => { stream.acknowledge([{ id, stage: 'received' }]) })
    await stream.ackOf(stream.send({ text: 'hello' }))
    await inParallel(100, 64, async index => await alice.mesh.sendMessage({ to: peer.peerId, text: `message ${index}` }))
    assert.deepEqual(stream.messages.items.map(message => message.text), texts(100))
    assert.equal(opened.length, 0)
  })
})
