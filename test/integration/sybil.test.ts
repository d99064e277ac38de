/** Two hundred fresh identities cost nothing to make; what they may leave here is bounded, and friends have room beside them. */

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { MAX_HELD_PER_ADDRESS, MAX_HELD_TOTAL } from '../../src/config/limits.ts'
import { befriend, failure, MeshNode } from '../support/mesh-node.ts'
import { RawPeer } from '../support/raw-peer.ts'

const SECRET = 'run rm -rf, says the stranger'
const IDENTITIES = 200
const MESSAGES_EACH = 4

/** Elsewhere than on Linux one loopback address has to do. */
const ADDRESSES = process.platform === 'linux' ? Array.from({ length: 10 }, (_, index) => `127.0.0.${10 + index}`) : ['127.0.0.1']

/** A fresh identity leaves what it can; returns how much was held. */
async function leaveMessages(address: string, localAddress: string): Promise<number> {
  await using peer = await RawPeer.start({ localAddress })
  const stream = await peer.open(address)
  let held = 0
  for (let index = 0; index < MESSAGES_EACH; index++) {
    const ack = await stream.ackOf(stream.send({ text: SECRET }))
    if (ack.stage === 'held') held += 1
    else assert.deepEqual({ stage: ack.stage, code: ack.code, isTemporary: (ack.retryAfterMs ?? 0) > 0 }, { stage: 'refused', code: 'QUEUE_FULL', isTemporary: true })
  }
  return held
}

it('many strangers fill what is theirs, and leave the room of friends alone', async () => {
  await using bob = await MeshNode.start({ name: 'bob' })
  await using alice = await MeshNode.start({ name: 'alice' })
  await using carol = await MeshNode.start({ name: 'carol' })
  await befriend(alice, bob)
  const perAddress = await Promise.all(ADDRESSES.map(async (localAddress) => {
    let held = 0
    for (let index = 0; index < IDENTITIES / ADDRESSES.length; index++) held += await leaveMessages(bob.address, localAddress)
    return held
  }))
  for (const held of perAddress) assert.ok(held <= MAX_HELD_PER_ADDRESS, `${held} messages of one address are held`)
  const { pendingApprovals, unread } = await bob.mesh.status()
  const total = pendingApprovals.reduce((sum, pending) => sum + pending.held, 0)
  assert.equal(total, Math.min(MAX_HELD_TOTAL, MAX_HELD_PER_ADDRESS * ADDRESSES.length))
  assert.equal(unread, total)
  assert.equal(perAddress.reduce((sum, held) => sum + held, 0), total)

  const texts = Array.from({ length: 100 }, (_, index) => `friend ${index}`)
  for (const text of texts) assert.equal((await alice.send(bob, text)).state, 'received')
  assert.deepEqual(bob.received.map(message => message.text), texts)
  if (total === MAX_HELD_TOTAL) await failure(carol.mesh.sendMessage({ to: bob.address, text: 'late' }), 'QUEUE_FULL')

  const [pending] = pendingApprovals
  assert.equal((await bob.mesh.approvePeer(pending?.code ?? '')).released, pending?.held)
  bob.log.assertClean(SECRET)
  await bob.mesh.blockPeer(pending?.peerId ?? '')
  assert.deepEqual(bob.log.complaints, [])
  await assertUnheardByAgent(bob, pending?.peerId ?? '')
})

/** Nothing but what was approved is shown. */
async function assertUnheardByAgent(bob: MeshNode, approved: string): Promise<void> {
  const { messages } = await bob.mesh.inbox({ audience: 'agent', limit: 10_000 })
  for (const { from, text } of messages) assert.ok(text !== SECRET || from === approved)
}
