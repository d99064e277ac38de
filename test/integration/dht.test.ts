/** The DHT between real nodes: who is found by whom, through whom, and what nobody can do with it. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { failure, MeshNode } from '../support/mesh-node.ts'
import { agentIdOf } from '../../src/lib/agent-id.ts'
import { bob as nobody, testPeerId } from '../support/peers.ts'
import { until } from '../support/until.ts'

const PATIENT = { timeoutMs: 120_000 }

/** A node of a mesh within this machine that knows one other. */
async function member(name: string, bootstrap?: MeshNode): Promise<MeshNode> {
  return await MeshNode.start({ name, config: { discovery: ['bootstrap', 'dht'], ...bootstrap !== undefined && { bootstrapList: [bootstrap.address] } } })
}

/** Waits until the node's record is held by so many others. */
async function published(node: MeshNode, holders: number): Promise<void> {
  await node.log.waitFor(new RegExp(`^${String(holders)} nodes hold the record of this instance$`))
}

describe('a DHT of two nodes', () => {
  it('holds the record of each at the other, and says so', async () => {
    await using alice = await member('alice')
    await using bob = await member('bob', alice)
    await Promise.all([published(alice, 1), published(bob, 1)])
  })
})

describe('a DHT of five nodes that know only the first', () => {
  it('finds every instance by its agent ID, its instance ID and its peer ID', async () => {
    await using hub = await member('hub')
    await using bob = await member('bob', hub)
    await using carol = await member('carol', hub)
    await using dave = await member('dave', hub)
    await Promise.all([bob, carol, dave].map(async (node) => { await node.log.waitFor(/^[1-4] nodes hold the record of this instance$/) }))
    await using alice = await member('alice', hub)
    await alice.waitForPeer('peer-connected', hub.peerId)
    const { agentId, instanceId } = await bob.mesh.identity()
    assert.equal((await alice.mesh.resolveInstance(instanceId)).peerId, bob.peerId)
    assert.equal((await alice.mesh.sendMessage({ to: agentId, text: 'hello' })).state, 'held')
    assert.equal((await alice.mesh.ping(carol.peerId)).path, 'direct')
    const { instanceId: dave64 } = await dave.mesh.identity()
    const added = await alice.mesh.addPeer({ recipient: dave64, alias: 'dave' })
    assert.deepEqual([added.peerId, added.reachable], [dave.peerId, true])
    assert.equal((await alice.mesh.listPeers()).find(({ peerId }) => peerId === bob.peerId)?.approved, false)
  })
})
void [failure, agentIdOf, nobody, testPeerId, until, PATIENT]
