/** Calls of real nodes on loopback: each ends in the state that the table says, and both transcripts agree. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CALL_AWAY_MS, CALL_IDLE_MS, MAX_CALLS_PER_HOUR, RING_TIMEOUT_MS, TRANSCRIPT_AGE_MS } from '../../src/config/call-limits.ts'
import { call, callAndAnswer, callIs, friends, rings, sameTranscript } from '../support/calls.ts'
import { befriend, failure, MeshNode } from '../support/mesh-node.ts'
import { ShiftedClock } from '../support/shifted-clock.ts'
import { until } from '../support/until.ts'

describe('a call', () => {
  it('rings, is answered, carries what both say and ends; both transcripts agree', async () => {
    await using pair = await friends()
    const { alice, bob } = pair
    const made = await call(alice, bob, 'where to have lunch')
    assert.deepEqual({ state: made.state, role: made.role, peerId: made.peerId }, { state: 'ringing', role: 'caller', peerId: bob.peerId })
    const callId = await rings(bob, 'where to have lunch')
    assert.equal(callId, made.callId)
    assert.equal((await bob.mesh.answerCall({ accept: true, speaker: 'owner' })).state, 'active')
    await callIs(alice, callId, ['active'])
    assert.deepEqual(await alice.mesh.sayInCall({ text: 'the noodle place?' }), { callId, seq: 2 })
    await bob.waitForText('the noodle place?')
    await bob.mesh.sayInCall({ text: 'closed on Saturdays\nI think' })
    await alice.waitForText('closed on Saturdays\nI think')
    assert.deepEqual(await bob.mesh.escalateCall({ text: 'is it open?' }), { callId, notified: [] })
    await alice.waitForText('is it open?')
    for (const { mesh } of [alice, bob]) assert.equal((await mesh.listCalls())[0]?.isEscalated, true)
    const transcript = await alice.mesh.endCall({})
    assert.deepEqual([transcript.callId, transcript.endReason], [callId, 'hung-up'])
    await callIs(bob, callId, ['ended', 'hung-up'])
    assert.deepEqual(await sameTranscript(alice, bob, callId), [
      'event called: where to have lunch', 'event rings', 'event accepted', 'message the noodle place?', 'message closed on Saturdays\nI think',
      'escalation is it open?', 'event ended (hung-up)'
    ])
    assert.deepEqual((await bob.mesh.listCalls()).map(({ callId: id, state, endReason }) => ({ id, state, endReason })), [{ id: callId, state: 'ended', endReason: 'hung-up' }])
    assert.deepEqual([...alice.log.complaints, ...bob.log.complaints], [])
  })

  it('that is rejected says why', async () => {
    await using pair = await friends()
    const { alice, bob } = pair
    const { callId } = await call(alice, bob)
    await rings(bob, 'lunch')
    await bob.mesh.answerCall({ accept: false, reason: 'not hungry', speaker: 'owner' })
    await callIs(alice, callId, ['ended', 'rejected'])
    assert.match((await failure(alice.mesh.sayInCall({ text: 'really?' }), 'CALL_REJECTED')).message, /not hungry/)
    assert.deepEqual(await sameTranscript(alice, bob, callId), ['event called: lunch', 'event rings', 'event rejected: not hungry'])
  })

  it('that nobody answers ends on both sides when its time is over', async () => {
    await using pair = await friends()
    const { alice, bob, clock } = pair
    const { callId } = await call(alice, bob)
    await rings(bob, 'lunch')
    clock.advance(RING_TIMEOUT_MS - 5_000)
    assert.equal((await alice.mesh.listCalls())[0]?.state, 'ringing')
    clock.advance(5_000)
    await callIs(alice, callId, ['ended', 'no-answer'])
    await callIs(bob, callId, ['ended', 'no-answer'])
    await failure(alice.mesh.sayInCall({ text: 'hello?' }), 'NO_ANSWER')
    await failure(bob.mesh.answerCall({ accept: true, speaker: 'owner' }), 'NO_ACTIVE_CALL')
    for (const node of [alice, bob]) {
      const told = await node.events.waitFor('the owner to be told', () => node.received.find(({ call: note }) => note?.act === 'over' || note?.act === 'ended'))
      assert.match(told.text, /no-answer/)
      assert.equal((await node.mesh.claimTurn(told.messageId)).claimed, false)
    }
  })

  it('to a peer in a call waits there, says so, and rings when that call is over', async () => {
    await using pair = await friends()
    const { alice, bob } = pair
    await using carol = await MeshNode.start({ name: 'carol' })
    await befriend(carol, bob)
    const first = await callAndAnswer(alice, bob)
    const busy = await failure(call(carol, bob, 'dinner'), 'CALL_BUSY')
    assert.deepEqual({ state: busy.state, queued: busy.queued }, { state: 'ringing', queued: true })
    await failure(bob.mesh.answerCall({ accept: true, speaker: 'owner' }), 'CALL_BUSY')
    await failure(call(alice, bob), 'CALL_BUSY')
    await bob.mesh.endCall({ callId: first })
    await carol.events.waitFor('the call to ring', events => events.find(event => event.type === 'call' && event.isConfirmed && !event.waits))
    assert.equal((await bob.mesh.answerCall({ accept: true, speaker: 'owner' })).callId, busy.messageId)
    await callIs(carol, busy.messageId ?? '', ['active'])
    await callIs(alice, first, ['ended', 'hung-up'])
  })

  it('of two that call each other at once is one call', async () => {
    await using pair = await friends()
    const { alice, bob } = pair
    const [one, other] = await Promise.all([call(alice, bob, 'from alice'), call(bob, alice, 'from bob')])
    await callIs(alice, one.callId, ['active'])
    await callIs(bob, one.callId, ['active'])
    assert.ok([one, other].some(({ state, callId }) => state === 'active' || callId === one.callId))
    await alice.mesh.sayInCall({ text: 'we think alike' })
    await bob.waitForText('we think alike')
    for (const node of [alice, bob]) {
      const calls = await node.mesh.listCalls()
      assert.deepEqual(calls.map(({ state, endReason }) => `${state} ${endReason ?? ''}`).sort(), ['active ', 'ended crossed'])
    }
  })

  it('of a peer that calls all the time is refused after a while', async () => {
    await using pair = await friends()
    const { alice, bob } = pair
    for (let made = 0; made < MAX_CALLS_PER_HOUR; made += 1) {
      const { callId } = await call(alice, bob, `call ${made}`)
      await alice.mesh.endCall({ callId })
      await callIs(bob, callId, ['ended', 'cancelled'])
    }
    assert.match((await failure(call(alice, bob), 'CALL_BUSY')).message, /too many calls/)
  })

  for (const dmPolicy of ['pairing', 'open'] as const) {
    it(`of an unapproved peer is refused before it rings, where dmPolicy is ${dmPolicy}`, async () => {
      await using bob = await MeshNode.start({ name: 'bob', channel: { dmPolicy } })
      await using mallory = await MeshNode.start({ name: 'mallory' })
      await mallory.mesh.addPeer({ recipient: bob.address })
      assert.match((await failure(call(mallory, bob), 'NOT_APPROVED')).message, /approved peers only/)
      assert.deepEqual(await bob.mesh.listCalls(), [])
      assert.deepEqual((await bob.mesh.inbox({ audience: 'owner' })).messages, [])
    })
  }

  it('to a peer that cannot be reached fails, says so, and leaves nothing open', async () => {
    await using pair = await friends()
    const { alice, bob } = pair
    await bob.stop()
    await alice.waitForPeer('peer-disconnected', bob.peerId)
    await failure(call(alice, bob), 'UNREACHABLE')
    assert.deepEqual((await alice.mesh.listCalls()).map(({ endReason }) => endReason), ['unreachable'])
  })

  it('of a peer whose calls the owner wants answered is active at once', async () => {
    const clock = new ShiftedClock()
    await using alice = await MeshNode.start({ name: 'alice', clock })
    await using bob = await MeshNode.start({ name: 'bob', clock, config: { autoAnswerCalls: [alice.peerId] } })
    await befriend(alice, bob)
    const { callId } = await call(alice, bob)
    await callIs(alice, callId, ['active'])
    const told = await bob.waitForText('called, and was answered at once: lunch')
    assert.deepEqual([told.call?.act, (await bob.mesh.claimTurn(told.messageId)).claimed], ['accepted', true])
  })

  it('is kept with its transcript for as long as told, and no longer', async () => {
    await using pair = await friends()
    const { alice, bob, clock } = pair
    const callId = await callAndAnswer(alice, bob)
    await alice.mesh.endCall({})
    clock.advance(TRANSCRIPT_AGE_MS - 3_600_000)
    assert.deepEqual((await alice.mesh.listCalls()).map(kept => kept.callId), [callId])
    clock.advance(2 * 3_600_000)
    await until(async () => (await alice.mesh.listCalls()).length === 0, { what: 'the call to be forgotten', timeoutMs: 60_000 })
    await failure(alice.mesh.transcript({ callId }), 'NOT_FOUND')
  })

  it('in which nobody says anything ends', async () => {
    await using pair = await friends()
    const { alice, bob, clock } = pair
    const callId = await callAndAnswer(alice, bob)
    clock.advance(CALL_IDLE_MS)
    await callIs(alice, callId, ['ended', 'idle'])
    await callIs(bob, callId, ['ended', 'idle'])
  })

  it('is in the status of both while it is open', async () => {
    await using pair = await friends()
    const { alice, bob } = pair
    const openCalls = async (): Promise<unknown> => Promise.all([alice, bob].map(async ({ mesh }) => (await mesh.status()).openCalls))
    const { callId } = await call(alice, bob)
    await rings(bob, 'lunch')
    assert.deepEqual(await openCalls(), [
      [{ callId, peerId: bob.peerId, role: 'caller', state: 'ringing' }], [{ callId, peerId: alice.peerId, role: 'callee', state: 'ringing' }]
    ])
    await alice.mesh.endCall({})
    await callIs(bob, callId, ['ended', 'cancelled'])
    assert.deepEqual(await openCalls(), [[], []])
  })

  it('ends for both when one side has no more to do with the other', async () => {
    await using pair = await friends()
    const { alice, bob } = pair
    const callId = await callAndAnswer(alice, bob)
    await bob.mesh.removePeer(alice.peerId)
    await callIs(bob, callId, ['ended', 'hung-up'])
    await callIs(alice, callId, ['ended', 'hung-up'])
    assert.deepEqual((await sameTranscript(alice, bob, callId)).at(-1), 'event ended (hung-up)')
  })

  it('ends when one side blocks the other', async () => {
    await using pair = await friends()
    const { alice, bob, clock } = pair
    const callId = await callAndAnswer(alice, bob)
    await bob.mesh.blockPeer(alice.peerId)
    await callIs(bob, callId, ['ended', 'hung-up'])
    await alice.waitForPeer('peer-disconnected', bob.peerId)
    clock.advance(CALL_AWAY_MS)
    await callIs(alice, callId, ['ended', 'peer-away'])
  })
})
