/** Instances over real connections: who is listed and how, and what a send to one says in each case. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { InstanceSummary } from '../../src/mesh-api.ts'
import { befriend, failure, MeshNode } from '../support/mesh-node.ts'
import { until } from '../support/until.ts'

const CARD = { agentCard: { description: 'keeps the calendar', skills: ['calendar'] } }
const SHORT_WAIT = { deliveryAckTimeoutMs: 1_000 }

/** What `node` lists about the instance of `other`, once `isWanted` says so. */
async function listed(node: MeshNode, other: MeshNode, isWanted: (instance: InstanceSummary) => boolean = () => true): Promise<InstanceSummary> {
  const find = async (): Promise<InstanceSummary | undefined> =>
    (await node.mesh.listInstances()).find(instance => instance.peerId === other.peerId && isWanted(instance))
  return await until(find, { what: `the instance of ${other.peerId}`, timeoutMs: 60_000 })
}

/** Bob's agent takes each message. */
function answerTurns(bob: MeshNode): () => void {
  return bob.mesh.subscribe((event) => {
    if (event.type !== 'message') return
    void bob.mesh.claimTurn(event.message.messageId).then(async () => bob.mesh.finishTurn(event.message.messageId, 'delivered'))
  })
}

describe('instances', () => {
  it('of strangers are listed by name only, those of approved peers with alias and card', async () => {
    await using alice = await MeshNode.start({ name: 'alice', config: CARD })
    await using bob = await MeshNode.start({ name: 'bob', config: CARD })
    const { agentId } = await bob.mesh.identity()
    await alice.mesh.addPeer({ recipient: bob.address, alias: 'Bobby' })
    const { lastSeenAt, ...stranger } = await listed(alice, bob)
    assert.deepEqual(stranger, {
      instanceId: `bob@${agentId}`, instanceName: 'bob', peerId: bob.peerId, alias: 'Bobby', approved: false, connected: true, source: 'announce'
    })
    assert.ok(lastSeenAt > Date.now() - 60_000)
    assert.equal((await alice.mesh.resolveInstance('bob')).approved, false)
    await befriend(alice, bob)
    const friend = await listed(alice, bob, ({ card }) => card !== undefined)
    assert.deepEqual([friend.approved, friend.card], [true, CARD.agentCard])
    for (const name of ['bob', `bob@${agentId}`, agentId, 'bobby', bob.peerId]) {
      const { instanceId, peerId, approved, addrs } = await alice.mesh.resolveInstance(name)
      assert.deepEqual([instanceId, peerId, approved], [`bob@${agentId}`, bob.peerId, true])
      assert.ok(addrs.some(address => bob.address.startsWith(address)))
    }
  })

  it('of one name are ambiguous, and the candidates are named', async () => {
    await using alice = await MeshNode.start({ name: 'alice' })
    await using one = await MeshNode.start({ name: 'office' })
    await using other = await MeshNode.start({ name: 'office' })
    for (const office of [one, other]) {
      await alice.mesh.addPeer({ recipient: office.address })
      await listed(alice, office)
    }
    const attempts = [alice.mesh.resolveInstance('office'), alice.mesh.sendInstanceMessage({ instance: 'office', text: 'hello' })]
    for (const attempt of attempts) {
      const { candidates, messageId } = await failure(attempt, 'AMBIGUOUS_RECIPIENT')
      assert.deepEqual([candidates?.sort(), messageId], [[one.peerId, other.peerId].sort(), undefined])
    }
    assert.equal((await alice.mesh.status()).queued, 0)
  })
})

describe('a send to an instance', () => {
  it('succeeds when its agent took the message', async () => {
    await using alice = await MeshNode.start({ name: 'alice' })
    await using bob = await MeshNode.start({ name: 'bob' })
    await befriend(alice, bob)
    const { instanceId } = await listed(alice, bob)
    answerTurns(bob)
    const { messageId, ...sent } = await alice.mesh.sendInstanceMessage({ instance: 'bob', text: 'hello' })
    assert.deepEqual(sent, { peerId: bob.peerId, instanceId, approved: true, state: 'delivered', deliveries: [] })
    assert.equal((await alice.mesh.messageStatus(messageId)).state, 'delivered')
  })

  it('that nobody takes in time is ACK_TIMEOUT, and the ACK that comes late is in its status', async () => {
    await using alice = await MeshNode.start({ name: 'alice', config: SHORT_WAIT })
    await using bob = await MeshNode.start({ name: 'bob' })
    await befriend(alice, bob)
    const { messageId = '', state, queued } = await failure(alice.mesh.sendInstanceMessage({ instance: bob.peerId, text: 'hello' }), 'ACK_TIMEOUT')
    assert.deepEqual([state, queued], ['received', false])
    await bob.mesh.inbox({ audience: 'owner', markRead: true })
    await alice.waitForState(messageId, 'delivered')
    const status = await alice.mesh.messageStatus(messageId)
    assert.deepEqual([status.state, status.error], ['delivered', undefined])
  })

  it('to a stranger is held, and delivered after the approval without being sent again', async () => {
    await using alice = await MeshNode.start({ name: 'alice' })
    await using bob = await MeshNode.start({ name: 'bob' })
    const held = await failure(alice.mesh.sendInstanceMessage({ instance: bob.address, text: 'may I?' }), 'HELD_FOR_APPROVAL')
    assert.deepEqual([held.state, held.queued], ['held', false])
    answerTurns(bob)
    await bob.mesh.approvePeer(alice.peerId)
    await alice.waitForState(held.messageId ?? '', 'delivered')
    assert.deepEqual(bob.received.map(({ text }) => text), ['may I?'])
  })

  it('to a peer that is off is UNREACHABLE and queued, and arrives by itself', async () => {
    await using alice = await MeshNode.start({ name: 'alice' })
    await using bob = await MeshNode.start({ name: 'bob' })
    await befriend(alice, bob)
    await bob.stop()
    await alice.waitForPeer('peer-disconnected', bob.peerId)
    const away = await failure(alice.mesh.sendInstanceMessage({ instance: bob.peerId, text: 'are you there?' }), 'UNREACHABLE')
    assert.deepEqual([away.reason, away.state, away.queued], ['refused', 'queued', true])
    await bob.start()
    answerTurns(bob)
    await alice.waitForState(away.messageId ?? '', 'delivered')
  })

  it('to or from a blocked peer is BLOCKED, and nothing is queued', async () => {
    await using alice = await MeshNode.start({ name: 'alice' })
    await using bob = await MeshNode.start({ name: 'bob' })
    await befriend(alice, bob)
    await bob.mesh.blockPeer(alice.peerId)
    await alice.waitForPeer('peer-disconnected', bob.peerId)
    const refused = await failure(alice.mesh.sendInstanceMessage({ instance: bob.peerId, text: 'hello' }), 'BLOCKED')
    assert.deepEqual([refused.state, refused.queued], ['failed', false])
    const own = await failure(bob.mesh.sendInstanceMessage({ instance: alice.peerId, text: 'hello' }), 'BLOCKED')
    assert.equal(own.messageId, undefined)
    assert.deepEqual([(await alice.mesh.status()).queued, (await bob.mesh.status()).queued], [0, 0])
  })

  it('over the limit is RATE_LIMITED and queued, also for the next one, which asks nobody', async () => {
    await using alice = await MeshNode.start({ name: 'alice' })
    await using bob = await MeshNode.start({ name: 'bob', config: { rateLimit: { approvedPerMinute: 1 } } })
    await befriend(alice, bob)
    await alice.send(bob, 'one')
    for (const text of ['two', 'three']) {
      const { queued, state, retryAfterMs = 0 } = await failure(alice.mesh.sendInstanceMessage({ instance: bob.peerId, text }), 'RATE_LIMITED')
      assert.deepEqual([queued, state], [true, 'queued'])
      assert.ok(retryAfterMs > 15_000 && retryAfterMs <= 60_000, `retry after ${retryAfterMs} ms`)
    }
  })

  it('that waits while this node stops is told so, at once', async () => {
    await using alice = await MeshNode.start({ name: 'alice', config: { deliveryAckTimeoutMs: 600_000 } })
    await using bob = await MeshNode.start({ name: 'bob' })
    await befriend(alice, bob)
    const sending = failure(alice.mesh.sendInstanceMessage({ instance: bob.peerId, text: 'wait for it' }), 'NOT_RUNNING')
    await bob.waitForText('wait for it')
    await until(async () => (await alice.mesh.messageStatus((await bob.mesh.inbox({ audience: 'owner' })).messages[0]?.messageId ?? '')).state === 'received',
      { what: 'the acknowledgement', timeoutMs: 60_000 })
    await alice.stop()
    const { state, queued } = await sending
    assert.deepEqual([state, queued], ['received', false])
  })
})
