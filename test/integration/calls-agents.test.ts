/** What agents do in calls: their turns, their questions to the owner, and what the owner keeps from them. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MAX_HOPS } from '../../src/config/limits.ts'
import { call, callAndAnswer, callIs, friends, rings, sameTranscript } from '../support/calls.ts'
import { failure } from '../support/mesh-node.ts'

describe('a call', () => {
  it('in which the agent asks its owner tells what each channel made of that, and the owner is heard when he quotes it', async () => {
    const target = { channel: 'feishu', target: 'user:ou_1' }
    await using pair = await friends({ config: { inboundTargets: [target] } })
    const { alice, bob } = pair
    const showing = bob.mesh.subscribe((event) => {
      if (event.type !== 'forward') return
      const { mesh } = bob
      void mesh.beginForward(event.messageId, target).then(async () => mesh.finishForward(event.messageId, target, { kind: 'sent', platformIds: [`om ${event.messageId}`] }))
    })
    const callId = await callAndAnswer(alice, bob)
    assert.deepEqual(await bob.mesh.escalateCall({ text: 'may I?' }), { callId, notified: [{ ...target, ok: true }] })
    const asked = bob.received.find(message => message.call?.act === 'asks')
    const [shown] = await bob.mesh.findForwarded('feishu', `om ${asked?.messageId ?? ''}`)
    assert.deepEqual([shown?.message.text, shown?.message.call], ['may I?', { callId, topic: 'lunch', act: 'asks' }])
    await alice.waitForText('may I?')
    showing()
    assert.deepEqual([...alice.log.complaints, ...bob.log.complaints], [])
  })

  it('starts turns where the agent talks, within the budgets, and none where the owner does', async () => {
    await using pair = await friends({ config: { turnBudget: { perPeerPerHour: 2 } } })
    const { alice, bob } = pair
    const claim = async (text: string): Promise<unknown> => {
      await alice.mesh.sayInCall({ text })
      const turn = await bob.mesh.claimTurn((await bob.waitForText(text)).messageId)
      return turn.claimed ? turn.message.call?.act : turn.reason
    }
    const { callId } = await call(alice, bob)
    assert.equal((await bob.mesh.claimTurn(await rings(bob, 'lunch'))).claimed, true)
    await bob.mesh.answerCall({ accept: true, speaker: 'agent' })
    await callIs(alice, callId, ['active'])
    assert.equal(await claim('one'), 'said')
    assert.equal(await claim('two'), 'peer-budget')
    await bob.mesh.endCall({})
    await callIs(alice, callId, ['ended'])
    await call(alice, bob, 'dinner')
    const dinner = await rings(bob, 'dinner')
    await bob.mesh.answerCall({ accept: true, speaker: 'owner' })
    await callIs(alice, dinner, ['active'])
    assert.equal(await claim('three'), 'already-taken')
  })

  it('passes through no more agents however long it is, unless what is said in it did already', async () => {
    await using pair = await friends()
    const { alice, bob } = pair
    const { callId } = await alice.mesh.call({ to: bob.peerId, topic: 'lunch', speaker: 'agent', hops: 1 })
    await rings(bob, 'lunch')
    await bob.mesh.answerCall({ accept: true, speaker: 'agent' })
    await callIs(alice, callId, ['active'])
    for (let index = 0; index < MAX_HOPS; index += 1) {
      await alice.mesh.sayInCall({ text: `alice ${index}` })
      assert.equal((await bob.waitForText(`alice ${index}`)).hops, 1)
      await bob.mesh.sayInCall({ text: `bob ${index}` })
      assert.equal((await alice.waitForText(`bob ${index}`)).hops, 1)
    }
    await alice.mesh.sayInCall({ text: 'in a turn of the call', hops: 2 })
    assert.equal((await bob.waitForText('in a turn of the call')).hops, 1)
    await alice.mesh.sayInCall({ text: 'in a turn of a longer chain', hops: 3 })
    assert.equal((await bob.waitForText('in a turn of a longer chain')).hops, 3)
  })

  it('to a peer that the owner keeps from his agent is for the owner alone', async () => {
    await using pair = await friends()
    const { alice, bob } = pair
    await alice.mesh.addPeer({ recipient: bob.peerId, agentMayMessage: false })
    await failure(call(alice, bob), 'NOT_ALLOWED')
    const { callId } = await alice.mesh.call({ to: bob.peerId, topic: 'lunch', speaker: 'owner' })
    await rings(bob, 'lunch')
    await bob.mesh.answerCall({ accept: true, speaker: 'owner' })
    await callIs(alice, callId, ['active'])
    await failure(alice.mesh.sayInCall({ text: 'psst', author: 'agent' }), 'NOT_ALLOWED')
    await failure(alice.mesh.escalateCall({ text: 'psst', author: 'agent' }), 'NOT_ALLOWED')
    await alice.mesh.sayInCall({ text: 'hello', author: 'owner' })
    await bob.waitForText('hello')
    assert.deepEqual((await sameTranscript(alice, bob, callId)).filter(line => line.startsWith('message')), ['message hello'])
  })
})
