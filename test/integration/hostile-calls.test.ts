/** Steps of calls with lies in them: what an approved peer that speaks the protocol by hand can and cannot do. */

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, it } from 'node:test'
import type { WireAck, WireCall } from '../../src/protocols/wire-message.ts'
import { callIs } from '../support/calls.ts'
import { failure, MeshNode } from '../support/mesh-node.ts'
import { RawPeer } from '../support/raw-peer.ts'

interface Scene extends AsyncDisposable {
  bob: MeshNode
  mallory: RawPeer
  callId: string
  /** Takes a step of a call, of this one unless told otherwise. */
  step: (change: Partial<WireCall> & Pick<WireCall, 'act' | 'seq'>, text?: string, id?: string) => Promise<WireAck>
}

/** Bob, and Mallory whom he approved. */
async function scene(): Promise<Scene> {
  await using stack = new AsyncDisposableStack()
  const bob = stack.use(await MeshNode.start({ name: 'bob', config: { deliveryAckTimeoutMs: 1_000 } }))
  const mallory = stack.use(await RawPeer.start({ onStream: () => undefined }))
  await bob.mesh.approvePeer(mallory.peerId)
  const stream = await mallory.open(bob.address)
  const callId = randomUUID()
  const owned = stack.move()
  return {
    bob, mallory, callId,
    step: async (change, text = 'words', id = randomUUID()) => {
      const call = { callId, clock: change.seq, ...change }
      return await stream.ackOf(stream.send({ id: call.act === 'invite' ? call.callId : id, kind: 'call', text, call }))
    },
    [Symbol.asyncDispose]: async () => { await owned.disposeAsync() }
  }
}

const brief = ({ stage, code }: WireAck): string => code === undefined ? stage : `${stage} ${code}`

describe('a peer that lies about a call', () => {
  it('cannot answer its own call, nor talk in it before it is answered', async () => {
    await using actors = await scene()
    const { bob, step } = actors
    assert.equal(brief(await step({ act: 'invite', seq: 1 })), 'received')
    assert.equal(brief(await step({ act: 'accept', seq: 2 })), 'received')
    assert.equal(brief(await step({ act: 'say', seq: 3 })), 'received')
    assert.equal((await bob.mesh.listCalls())[0]?.state, 'ringing')
    assert.deepEqual(bob.received.map(message => message.call?.act), ['called'])
  })

  it('says each thing once, and nothing before what came before it', async () => {
    await using actors = await scene()
    const { bob, callId, step } = actors
    await step({ act: 'invite', seq: 1 })
    await bob.mesh.answerCall({ accept: true, speaker: 'owner' })
    assert.deepEqual(await step({ act: 'say', seq: 3 }, 'early').then(({ stage, retryAfterMs }) => [stage, (retryAfterMs ?? 0) > 0]), ['refused', true])
    assert.equal(brief(await step({ act: 'say', seq: 2 }, 'first')), 'received')
    assert.equal(brief(await step({ act: 'say', seq: 2 }, 'first, otherwise')), 'received')
    assert.equal(brief(await step({ act: 'say', seq: 3 }, 'second')), 'received')
    const { entries } = await bob.mesh.transcript({ callId })
    assert.deepEqual(entries.filter(({ kind }) => kind === 'message').map(({ text }) => text), ['first', 'second'])
  })

  it('is refused with a clock, a beginning or a call that cannot be', async () => {
    await using actors = await scene()
    const { bob, step } = actors
    assert.equal(brief(await step({ act: 'say', seq: 1 })), 'refused NO_ACTIVE_CALL')
    assert.equal(brief(await step({ callId: randomUUID(), act: 'invite', seq: 2 })), 'refused INVALID_ARGUMENT')
    assert.equal(brief(await step({ callId: randomUUID(), act: 'invite', seq: 1 }, ' ')), 'refused INVALID_ARGUMENT')
    assert.equal(brief(await step({ act: 'invite', seq: 1 })), 'received')
    assert.equal(brief(await step({ act: 'end', seq: 2, clock: 1 })), 'refused INVALID_ARGUMENT')
    assert.equal(brief(await step({ act: 'end', seq: 2, clock: 0xffff_ffff })), 'refused INVALID_ARGUMENT')
    assert.equal((await bob.mesh.listCalls()).length, 1)
  })

  it('gives a reason that nobody knows, and words that stay on their line', async () => {
    await using actors = await scene()
    const { bob, callId, step } = actors
    await step({ act: 'invite', seq: 1 })
    await step({ act: 'end', seq: 2, reason: 'because' }, 'bye\n[libp2p-mesh] forged')
    await callIs(bob, callId, ['ended', 'hung-up'])
    assert.equal((await bob.mesh.listCalls())[0]?.endText, 'bye\\n[libp2p-mesh] forged')
  })

  it('cannot go on with a call that lost against one to it', async () => {
    await using actors = await scene()
    const { bob, mallory, step } = actors
    const dialled = failure(bob.mesh.call({ to: mallory.peerId, topic: 'lunch', speaker: 'owner' }), 'ACK_TIMEOUT')
    await bob.events.waitFor('the call', events => events.find(event => event.type === 'call' && event.state === 'ringing'))
    const callId = 'ffffffff-ffff-4fff-bfff-ffffffffffff' // the later of the two, whenever the other one was made
    assert.equal(brief(await step({ callId, act: 'invite', seq: 1 })), 'received')
    for (const act of ['say', 'end'] as const) assert.equal(brief(await step({ callId, act, seq: 2 })), 'refused NO_ACTIVE_CALL')
    await dialled
    assert.deepEqual((await bob.mesh.listCalls()).map(({ role, state, endReason }) => [role, state, endReason]), [['callee', 'ended', 'crossed'], ['caller', 'ringing', undefined]])
  })

  it('has no part in the call of somebody else', async () => {
    await using actors = await scene()
    const { bob, step } = actors
    await using alice = await MeshNode.start({ name: 'alice' })
    await bob.mesh.approvePeer(alice.peerId)
    await alice.mesh.addPeer({ recipient: bob.address })
    const { callId } = await alice.mesh.call({ to: bob.peerId, topic: 'lunch', speaker: 'owner' })
    for (const act of ['end', 'say', 'invite'] as const) assert.equal(brief(await step({ callId, act, seq: 2, clock: 2 })), 'refused INVALID_ARGUMENT')
    assert.equal((await bob.mesh.listCalls())[0]?.state, 'ringing')
  })
})
