/** Calls of nodes that are stopped and started: they go on, or end with a reason that both sides know. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CALL_AWAY_MS } from '../../src/config/call-limits.ts'
import { MAX_QUEUED_PER_PEER } from '../../src/config/limits.ts'
import { call, callAndAnswer, callIs, friends, rings, sameTranscript, transcriptWith } from '../support/calls.ts'
import { failure, UNLIMITED } from '../support/mesh-node.ts'

describe('a restart', () => {
  it('of either side goes on with the call, and loses and doubles nothing', async () => {
    await using pair = await friends()
    const { alice, bob } = pair
    const callId = await callAndAnswer(alice, bob)
    for (const [round, node] of [bob, alice, bob].entries()) {
      const other = node === bob ? alice : bob
      await node.stop()
      await other.waitForPeer('peer-disconnected', node.peerId, round === 2 ? 2 : 1)
      await other.mesh.sayInCall({ text: `while ${round} was off` })
      await node.start()
      await node.mesh.sayInCall({ text: `back again ${round}` })
      for (const { mesh } of [node, other]) await transcriptWith(mesh.transcript, callId, ['message', 2 * round + 2])
    }
    await alice.mesh.endCall({})
    await callIs(bob, callId, ['ended', 'hung-up'])
    const lines = await sameTranscript(alice, bob, callId)
    assert.deepEqual(lines.filter(line => line.startsWith('message')).sort(), [0, 1, 2].flatMap(round => [`message back again ${round}`, `message while ${round} was off`]).sort())
  })

  it('of a callee while it rings leaves it ringing there', async () => {
    await using pair = await friends()
    const { alice, bob } = pair
    const { callId } = await call(alice, bob)
    await rings(bob, 'lunch')
    await bob.stop()
    await bob.start()
    assert.deepEqual(bob.leftOver.map(message => message.call?.act), ['called'])
    await bob.mesh.answerCall({ accept: true, speaker: 'agent' })
    await callIs(alice, callId, ['active'])
  })

  it('that does not come in time ends the call with a reason, which the other side learns later', async () => {
    await using pair = await friends()
    const { alice, bob, clock } = pair
    const callId = await callAndAnswer(alice, bob)
    await bob.stop()
    await alice.waitForPeer('peer-disconnected', bob.peerId)
    clock.advance(CALL_AWAY_MS - 5_000)
    assert.equal((await alice.mesh.listCalls())[0]?.state, 'active')
    clock.advance(5_000)
    await callIs(alice, callId, ['ended', 'peer-away'])
    assert.equal((await alice.waitForText('the call is over (peer-away)')).call?.act, 'over')
    await bob.start()
    await callIs(bob, callId, ['ended', 'peer-away'])
    await sameTranscript(alice, bob, callId)
  })

  it('that does not come in time ends the call also where no more messages may wait for that side', async () => {
    await using pair = await friends({ config: UNLIMITED })
    const { alice, bob, clock } = pair
    const callId = await callAndAnswer(alice, bob)
    await bob.stop()
    await alice.waitForPeer('peer-disconnected', bob.peerId)
    await Promise.all(Array.from({ length: MAX_QUEUED_PER_PEER }, async (_, index) => alice.mesh.sayInCall({ text: `said ${index}` })))
    await failure(alice.mesh.sayInCall({ text: 'one too many' }), 'QUEUE_FULL')
    clock.advance(CALL_AWAY_MS)
    await callIs(alice, callId, ['ended', 'peer-away'])
    await bob.start()
    await callIs(bob, callId, ['ended', 'peer-away'])
    const said = (await sameTranscript(alice, bob, callId)).filter(line => line.startsWith('message'))
    assert.deepEqual(said, Array.from({ length: MAX_QUEUED_PER_PEER }, (_, index) => `message said ${index}`))
  })
})
