/** Names between real nodes: an impostor that takes a friend's name is told apart, and gets nothing that was meant for the friend. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { PeerSummary } from '../../src/mesh-api.ts'
import { befriend, failure, MeshNode } from '../support/mesh-node.ts'
import { until } from '../support/until.ts'

/** What `node` lists about `other`, once its instance is known. */
async function listed(node: MeshNode, other: MeshNode): Promise<PeerSummary> {
  const find = async (): Promise<PeerSummary | undefined> =>
    (await node.mesh.listPeers()).find(peer => peer.peerId === other.peerId && peer.instanceId !== undefined)
  return await until(find, { what: `the instance of ${other.peerId}`, timeoutMs: 60_000 })
}

describe('a peer that takes the name of an approved one', () => {
  it('is shown as such, logged once, and reached by that name by nobody', async () => {
    await using alice = await MeshNode.start({ name: 'alice' })
    await using office = await MeshNode.start({ name: 'office' })
    await using impostor = await MeshNode.start({ name: 'office' })
    await befriend(alice, office)
    assert.equal((await listed(alice, office)).claimsNameOf, undefined)
    await impostor.mesh.addPeer({ recipient: alice.address })
    const { instanceId = '', claimsNameOf, approved } = await listed(alice, impostor)
    assert.deepEqual([claimsNameOf, approved], [office.peerId, false])
    assert.equal((await alice.mesh.listInstances()).find(({ peerId }) => peerId === impostor.peerId)?.claimsNameOf, office.peerId)
    assert.equal(alice.log.matching(new RegExp(`^PIN_MISMATCH.*${impostor.peerId} calls itself "office", which is pinned to ${office.peerId}`), 'warn').length, 1)

    assert.equal((await alice.mesh.resolveInstance('office')).peerId, office.peerId)
    await alice.mesh.sendMessage({ to: 'office', text: 'for the office' })
    await office.waitForText('for the office')
    for (const attempt of [
      alice.mesh.sendInstanceMessage({ instance: instanceId, text: 'for the office' }),
      alice.mesh.sendMessage({ to: instanceId, text: 'for the office' }),
      alice.mesh.resolveInstance(instanceId),
      alice.mesh.approvePeer(instanceId)
    ]) {
      const { reason, candidates, message } = await failure(attempt, 'PIN_MISMATCH')
      assert.deepEqual([reason, candidates], ['instance-name', [office.peerId, impostor.peerId]])
      assert.match(message, /a new key is a new peer.*openclaw p2p add .* --replace/)
    }
    assert.deepEqual([impostor.received, (await impostor.mesh.inbox({ audience: 'owner' })).messages], [[], []])
  })

  it('keeps it out of its hands when it is approved by its key, until the owner says otherwise', async () => {
    await using alice = await MeshNode.start({ name: 'alice' })
    await using before = await MeshNode.start({ name: 'office' })
    await using after = await MeshNode.start({ name: 'office' })
    await befriend(alice, before)
    await listed(alice, before)
    await after.mesh.addPeer({ recipient: alice.address })
    await listed(alice, after)
    assert.equal((await alice.mesh.approvePeer(after.peerId)).claimsNameOf, before.peerId)
    assert.equal((await alice.mesh.resolveInstance('office')).peerId, before.peerId)
    await failure(alice.mesh.addPeer({ recipient: after.peerId, alias: 'Office' }), 'PIN_MISMATCH')
    await alice.mesh.addPeer({ recipient: after.peerId, alias: 'office', replace: true })
    assert.equal((await alice.mesh.resolveInstance('office')).peerId, after.peerId)
    const peers = await alice.mesh.listPeers()
    assert.deepEqual([before, after].map(node => peers.find(({ peerId }) => peerId === node.peerId)?.claimsNameOf), [after.peerId, undefined])
  })

  it('does not make the name ambiguous by coming in numbers', async () => {
    await using alice = await MeshNode.start({ name: 'alice' })
    await using office = await MeshNode.start({ name: 'office' })
    await befriend(alice, office)
    await listed(alice, office)
    await alice.mesh.addPeer({ recipient: office.peerId, alias: 'work' })
    for (let count = 0; count < 3; count++) {
      await using impostor = await MeshNode.start({ name: count === 0 ? 'work' : 'office' })
      await impostor.mesh.addPeer({ recipient: alice.address })
      assert.equal((await listed(alice, impostor)).claimsNameOf, office.peerId)
      for (const name of ['office', 'work']) assert.equal((await alice.mesh.resolveInstance(name)).peerId, office.peerId)
    }
  })
})

describe('the peer book', () => {
  it('says how and since when a peer is known, and who may message whom', async () => {
    const before = Date.now()
    await using alice = await MeshNode.start({ name: 'alice' })
    await using bob = await MeshNode.start({ name: 'bob' })
    await bob.mesh.addPeer({ recipient: alice.address })
    const standing = async (): Promise<unknown[]> => {
      const { knownBy, mayMessageUs, agentMayMessage } = await listed(alice, bob)
      return [knownBy, mayMessageUs, agentMayMessage]
    }
    assert.deepEqual(await standing(), ['contact', 'held', true])
    const { knownSince } = await listed(alice, bob)
    assert.ok(knownSince !== null && knownSince >= before && knownSince <= Date.now())
    assert.equal((await listed(bob, alice)).knownBy, 'added')
    await alice.mesh.addPeer({ recipient: bob.peerId, agentMayMessage: false })
    assert.deepEqual(await standing(), ['added', 'held', false])
    await alice.mesh.approvePeer(bob.peerId)
    assert.deepEqual(await standing(), ['approval', 'yes', false])
    await alice.mesh.blockPeer(bob.peerId)
    assert.deepEqual(await standing(), ['approval', 'no', false])
  })

  it('keeps an agent from a peer that its owner keeps for himself, and the owner from nobody', async () => {
    await using alice = await MeshNode.start({ name: 'alice' })
    await using bob = await MeshNode.start({ name: 'bob' })
    await befriend(alice, bob)
    await alice.mesh.addPeer({ recipient: bob.peerId, agentMayMessage: false })
    for (const attempt of [
      alice.mesh.sendMessage({ to: bob.peerId, text: 'psst', author: 'agent' }),
      alice.mesh.sendInstanceMessage({ instance: bob.peerId, text: 'psst', author: 'agent' })
    ]) {
      const { reason, message } = await failure(attempt, 'NOT_ALLOWED')
      assert.deepEqual([reason, /openclaw p2p add .* --agent/.test(message)], ['owner-only', true])
    }
    assert.equal((await alice.mesh.sendMessage({ to: bob.peerId, text: 'from the owner', author: 'owner' })).state, 'received')
    await alice.mesh.addPeer({ recipient: bob.peerId, agentMayMessage: true })
    assert.equal((await alice.mesh.sendMessage({ to: bob.peerId, text: 'from the agent', author: 'agent' })).state, 'received')
  })
})
