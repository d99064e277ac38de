/** Whose broadcasts are shown, to whom, and how often: authors are proven, strangers held, old and repeated ones refused. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { peerIdFromString } from '@libp2p/peer-id'
import { MAX_BROADCAST_TEXT_BYTES } from '../../src/config/broadcast-limits.ts'
import type { InboxMessage } from '../../src/mesh-api.ts'
import { BroadcastNet, PLAIN, TOPOLOGIES, waitForRecipients } from '../support/broadcast-net.ts'
import { GossipPeer } from '../support/gossip-peer.ts'
import { failure, MeshNode, type MeshNodeOptions } from '../support/mesh-node.ts'
import { ShiftedClock } from '../support/shifted-clock.ts'
import { testFolder } from '../support/test-folder.ts'
import { until } from '../support/until.ts'

const TOPIC = 'openclaw-mesh'
const HOUR_MS = 3_600_000

async function startNode(name: string, options: MeshNodeOptions = {}): Promise<MeshNode> {
  return await MeshNode.start({ name, ...options, config: { ...PLAIN, ...options.config } })
}

async function inboxOf(node: MeshNode, text: string, audience: 'owner' | 'agent' = 'owner'): Promise<InboxMessage[]> {
  const { messages } = await node.mesh.inbox({ audience, limit: 200 })
  return messages.filter(message => message.text === text)
}

/** What `node` has in its inbox when the broadcast `text` is there. */
async function waitForInbox(node: MeshNode, text: string): Promise<InboxMessage[]> {
  return await until(async () => {
    const found = await inboxOf(node, text)
    return found.length > 0 && found
  }, { what: `"${text}" in the inbox of ${node.peerId}`, timeoutMs: 120_000 })
}

async function connect(one: MeshNode, other: MeshNode): Promise<void> {
  await one.mesh.addPeer({ recipient: other.address })
  await Promise.all([one, other].map(async (node) => { await waitForRecipients(node, 1) }))
}

describe('a broadcast of a stranger', () => {
  it('is passed on by those who do not know its author, held for the owner, and given out when the author is approved', async () => {
    await using alice = await startNode('alice')
    await using middle = await startNode('middle')
    await using carol = await startNode('carol')
    await connect(alice, middle)
    await middle.mesh.addPeer({ recipient: carol.address })
    await waitForRecipients(middle, 2)
    const { messageId } = await alice.mesh.broadcast({ text: 'hello everybody' })
    const [held, ...more] = await waitForInbox(carol, 'hello everybody')
    assert.deepEqual(more, [])
    assert.deepEqual({ kind: held?.kind, topic: held?.topic, from: held?.from, state: held?.state, messageId: held?.messageId },
      { kind: 'broadcast', topic: TOPIC, from: alice.peerId, state: 'held', messageId })
    assert.equal(carol.received.length, 0)
    assert.deepEqual((await carol.mesh.status()).pendingApprovals, [])
    assert.equal((await carol.mesh.inbox({ audience: 'agent' })).messages.some(({ text }) => text !== undefined), false)
    assert.ok(carol.log.matching(new RegExp(`^Broadcast from ${alice.peerId}, which is not approved: held`), 'info').length > 0)
    assert.deepEqual(carol.log.matching(/hello everybody/), [])
    await carol.mesh.approvePeer(alice.peerId)
    assert.equal((await carol.waitForText('hello everybody')).kind, 'broadcast')
    assert.deepEqual(await carol.mesh.claimTurn(messageId), { claimed: false, reason: 'already-taken' })
  })

  it('is not given to an agent that everybody may write to', async () => {
    await using alice = await startNode('alice')
    await using bob = await startNode('bob', { channel: { dmPolicy: 'open' }, config: { enableBroadcastTurns: true } })
    await connect(alice, bob)
    await alice.mesh.broadcast({ text: 'hello agents' })
    assert.equal((await waitForInbox(bob, 'hello agents'))[0]?.state, 'held')
    assert.deepEqual([bob.received, await inboxOf(bob, 'hello agents', 'agent')], [[], []])
  })

  it('is neither shown nor passed on where its author is blocked', async () => {
    await using net = await BroadcastNet.start(4, TOPOLOGIES.line(4))
    const [alice, middle, bob, carol] = [net.at(0), net.at(1), net.at(2), net.at(3)]
    await bob.mesh.blockPeer(alice.peerId)
    await alice.mesh.broadcast({ text: 'of the blocked one' })
    await middle.waitForText('of the blocked one')
    await middle.mesh.broadcast({ text: 'of another one' })
    await carol.waitForText('of another one')
    assert.deepEqual([...await inboxOf(bob, 'of the blocked one'), ...await inboxOf(carol, 'of the blocked one')], [])
  })
})

describe('a broadcast that somebody tampers with', () => {
  it('is refused: other words, another author, the same again, also after a restart', async (t) => {
    await using alice = await startNode('alice')
    await using bob = await startNode('bob', { stateDir: testFolder(t) })
    await bob.mesh.approvePeer(alice.peerId)
    await using mallory = await GossipPeer.start()
    await mallory.join(alice.address, TOPIC)
    await waitForRecipients(alice, 1)
    await alice.mesh.broadcast({ text: 'pay bob 10' })
    const genuine = await mallory.waitForFrame('pay bob 10')

    const write = await mallory.join(bob.address, TOPIC)
    write(replaced(genuine, Buffer.from('pay bob 10'), Buffer.from('pay eve 99')))
    write(replaced(genuine, Buffer.from(peerIdFromString(alice.peerId).toMultihash().bytes), Buffer.from(peerIdFromString(mallory.peerId).toMultihash().bytes)))
    write(genuine)
    await bob.waitForText('pay bob 10')
    write(genuine)
    await bob.stop()
    await bob.start()
    const again = await mallory.join(bob.address, TOPIC)
    again(genuine)
    await alice.mesh.broadcast({ text: 'the end' })
    again(await mallory.waitForFrame('the end'))
    await bob.waitForText('the end')
    assert.deepEqual(bob.received.filter(({ kind }) => kind === 'broadcast').map(({ from, text }) => ({ from, text })).filter(({ text }) => /pay|end/.test(text)),
      [{ from: alice.peerId, text: 'pay bob 10' }, { from: alice.peerId, text: 'the end' }])
    assert.equal((await inboxOf(bob, 'pay bob 10')).length, 1)
    assert.deepEqual(bob.log.matching(/pay/, 'info'), [`Broadcast from ${alice.peerId}: pay bob 10`])
  })

  it('is never shown to its own author', async (t) => {
    await using alice = await startNode('alice', { stateDir: testFolder(t) })
    await using mallory = await GossipPeer.start()
    await mallory.join(alice.address, TOPIC)
    await waitForRecipients(alice, 1)
    await alice.mesh.broadcast({ text: 'my own words' })
    const own = await mallory.waitForFrame('my own words')
    await alice.stop()
    await alice.start()
    const write = await mallory.join(alice.address, TOPIC)
    write(own)
    await alice.log.waitFor(/was ignored: it is our own/)
    assert.deepEqual(await inboxOf(alice, 'my own words'), [])
  })

  it('is refused when it comes an hour late', async () => {
    const clock = new ShiftedClock()
    await using alice = await startNode('alice')
    await using bob = await startNode('bob', { clock })
    await connect(alice, bob)
    clock.advance(HOUR_MS)
    await alice.mesh.broadcast({ text: 'yesterday\'s news' })
    await bob.log.waitFor(/was ignored: it is too old, or a clock is wrong/)
    assert.deepEqual(await inboxOf(bob, 'yesterday\'s news'), [])
  })

  it('is refused when it comes again hours later, though nothing remembers it any more', async (t) => {
    const clock = new ShiftedClock()
    await using alice = await startNode('alice')
    await using bob = await startNode('bob', { clock, stateDir: testFolder(t) })
    await bob.mesh.approvePeer(alice.peerId)
    await using mallory = await GossipPeer.start()
    await mallory.join(alice.address, TOPIC)
    await waitForRecipients(alice, 1)
    await alice.mesh.broadcast({ text: 'the door is open' })
    const genuine = await mallory.waitForFrame('the door is open')
    const first = await mallory.join(bob.address, TOPIC)
    first(genuine)
    await bob.waitForText('the door is open')
    await bob.stop()
    clock.advance(3 * HOUR_MS)
    await bob.start()
    clock.advance(HOUR_MS)
    const again = await mallory.join(bob.address, TOPIC)
    again(genuine)
    await bob.log.waitFor(new RegExp(`^A broadcast of ${alice.peerId} through ${mallory.peerId} was ignored: it is too old`))
    assert.equal((await inboxOf(bob, 'the door is open')).length, 1)
    assert.equal(bob.received.filter(({ text }) => text === 'the door is open').length, 1)
  })

  it('costs the neighbour that does so its voice: it is sent nothing and heard no more, while others are', async () => {
    await using alice = await startNode('alice')
    await using bob = await startNode('bob')
    await bob.mesh.approvePeer(alice.peerId)
    await using mallory = await GossipPeer.start()
    await mallory.join(alice.address, TOPIC)
    await waitForRecipients(alice, 1)
    const genuine = new Map<string, Buffer>()
    for (const text of ['number 1', 'number 2', 'number 3']) {
      await alice.mesh.broadcast({ text })
      genuine.set(text, await mallory.waitForFrame(text))
    }
    const frameOf = (text: string): Buffer => genuine.get(text) ?? Buffer.alloc(0)
    const write = await mallory.join(bob.address, TOPIC)
    await waitForRecipients(bob, 1)
    write(frameOf('number 1'))
    await bob.waitForText('number 1')
    for (let count = 0; count < 20; count++) write(replaced(frameOf('number 2'), Buffer.from('number 2'), Buffer.from(`forged ${String(count % 10)}`)))
    await until(async () => (await bob.mesh.broadcast({ text: 'who is there?' })).recipients === 0, { what: 'mallory to be sent nothing', timeoutMs: 60_000, intervalMs: 300 })
    write(frameOf('number 2'))
    await using eve = await GossipPeer.start()
    const others = await eve.join(bob.address, TOPIC)
    others(frameOf('number 3'))
    await bob.waitForText('number 3')
    assert.deepEqual(bob.received.map(({ text }) => text), ['number 1', 'number 3'])
    others(frameOf('number 2'))
    await bob.waitForText('number 2')
  })
})

describe('a broadcast of this node', () => {
  it('says how many peers it went to, and why it went nowhere', async () => {
    await using alice = await startNode('alice')
    assert.equal((await alice.mesh.broadcast({ text: 'anybody?' })).recipients, 0)
    await using bob = await startNode('bob', { config: { meshTopic: 'another-topic' } })
    await bob.mesh.approvePeer(alice.peerId)
    await using off = await startNode('off', { config: { enableBroadcast: false } })
    await alice.mesh.addPeer({ recipient: bob.address })
    await alice.mesh.addPeer({ recipient: off.address })
    const there = await until(async () => {
      const sent = await alice.mesh.broadcast({ text: 'to the others', topic: 'another-topic' })
      return sent.recipients > 0 && sent
    }, { what: 'bob to take it', timeoutMs: 60_000 })
    assert.deepEqual({ topic: there.topic, recipients: there.recipients }, { topic: 'another-topic', recipients: 1 })
    assert.equal((await bob.waitForText('to the others')).topic, 'another-topic')
    assert.equal((await alice.mesh.broadcast({ text: 'anybody?' })).recipients, 0)
    await failure(off.mesh.broadcast({ text: 'hello' }), 'NOT_ALLOWED')
    await failure(alice.mesh.broadcast({ text: 'x'.repeat(MAX_BROADCAST_TEXT_BYTES + 1) }), 'TOO_LARGE')
    await failure(alice.mesh.broadcast({ text: ' ' }), 'INVALID_ARGUMENT')
    await failure(alice.mesh.broadcast({ text: 'hello', topic: 'two words' }), 'INVALID_ARGUMENT')
  })
})

/** The frame with some bytes exchanged, which are as many. */
function replaced(frame: Buffer, old: Buffer, fresh: Buffer): Buffer {
  assert.equal(old.byteLength, fresh.byteLength)
  const at = frame.indexOf(old)
  assert.ok(at >= 0, 'the frame does not hold what is to be exchanged')
  return Buffer.concat([frame.subarray(0, at), fresh, frame.subarray(at + old.byteLength)])
}
