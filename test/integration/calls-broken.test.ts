/** Calls whose sides are killed and whose network is cut: each goes on or ends as the table says, nothing lost and nothing twice. */

import assert from 'node:assert/strict'
import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { multiaddr } from '@multiformats/multiaddr'
import { CALL_AWAY_MS, RING_TIMEOUT_MS } from '../../src/config/call-limits.ts'
import type { MeshApi } from '../../src/mesh-api.ts'
import { Cable } from '../support/cable.ts'
import { agreed, callIs, rings, transcriptWith } from '../support/calls.ts'
import { wiredPair } from '../support/files.ts'
import { failure, MeshNode } from '../support/mesh-node.ts'
import { MeshProcess } from '../support/mesh-process.ts'
import { ShiftedClock } from '../support/shifted-clock.ts'

const AWAY_MS = 30_000

interface Victim extends AsyncDisposable {
  alice: MeshNode
  clock: ShiftedClock
  /** Starts bob, who is to be killed, or starts him again. */
  startBob: () => Promise<MeshProcess>
}

/** Alice here and Bob in a process of his own, who approve each other. */
async function aliceAndBob(): Promise<Victim> {
  const folder = await mkdtempDisposable(join(tmpdir(), 'mesh-calls-'))
  const clock = new ShiftedClock()
  const alice = await MeshNode.start({ name: 'alice', clock })
  return {
    alice, clock,
    startBob: async () => {
      const bob = await MeshProcess.start({ name: 'bob', stateDir: folder.path, channel: { allowFrom: [alice.peerId] } })
      await alice.mesh.approvePeer(bob.peerId)
      await alice.mesh.addPeer({ recipient: bob.address })
      return bob
    },
    [Symbol.asyncDispose]: async () => {
      await alice[Symbol.asyncDispose]()
      await folder[Symbol.asyncDispose]()
    }
  }
}

type Role = 'caller' | 'callee'

/** A call with Bob in this role, which rings. */
async function callWith(alice: MeshNode, bob: MeshProcess, role: Role): Promise<string> {
  const speaker = 'owner'
  const { callId } = role === 'callee'
    ? await alice.mesh.call({ to: bob.peerId, topic: 'lunch', speaker })
    : await bob.call('call', { to: alice.address, topic: 'lunch', speaker })
  assert.equal(await rings(role === 'callee' ? bob : alice, 'lunch'), callId)
  return callId
}

/** A call with Bob in this role, which is on. */
async function talkWith(alice: MeshNode, bob: MeshProcess, role: Role): Promise<string> {
  const callId = await callWith(alice, bob, role)
  const answer = { accept: true, speaker: 'owner' } as const
  await (role === 'callee' ? bob.call('answerCall', answer) : alice.mesh.answerCall(answer))
  for (const side of [alice, bob]) await callIs(side, callId, ['active'])
  return callId
}

async function messagesOf(transcript: MeshApi['transcript'], callId: string): Promise<string[]> {
  return (await transcript({ callId })).entries.filter(({ kind }) => kind === 'message').map(({ text }) => text).sort()
}

describe('a callee that is killed while it rings', () => {
  it('rings again when it is back in time, and can answer', async () => {
    await using victim = await aliceAndBob()
    const { alice, startBob } = victim
    const first = await startBob()
    const callId = await callWith(alice, first, 'callee')
    await first.kill()
    await using bob = await startBob()
    assert.equal(await rings(bob, 'lunch'), callId)
    await bob.call('answerCall', { accept: true, speaker: 'owner' })
    await callIs(alice, callId, ['active'])
  })

  it('and stays away did not answer', async () => {
    await using victim = await aliceAndBob()
    const { alice, clock, startBob } = victim
    const bob = await startBob()
    const callId = await callWith(alice, bob, 'callee')
    await bob.kill()
    clock.advance(RING_TIMEOUT_MS)
    await callIs(alice, callId, ['ended', 'no-answer'])
  })
})

describe('a caller that is killed while it rings', () => {
  it('is in the call when it is back in time', async () => {
    await using victim = await aliceAndBob()
    const { alice, startBob } = victim
    const first = await startBob()
    const callId = await callWith(alice, first, 'caller')
    await first.kill()
    assert.equal((await alice.mesh.answerCall({ accept: true, speaker: 'owner' })).state, 'active')
    await using bob = await startBob()
    await callIs(bob, callId, ['active'])
  })

  it('and stays away rings no longer than ever, and learns that when it is back', async () => {
    await using victim = await aliceAndBob()
    const { alice, clock, startBob } = victim
    const first = await startBob()
    const callId = await callWith(alice, first, 'caller')
    await first.kill()
    clock.advance(RING_TIMEOUT_MS)
    await callIs(alice, callId, ['ended', 'no-answer'])
    await using bob = await startBob()
    await callIs(bob, callId, ['ended', 'no-answer'])
  })
})

for (const role of ['callee', 'caller'] as const) describe(`a ${role} that is killed in a call`, () => {
  it('goes on when it is back in time: what it was told is there, what it said arrives, and all of it once', async () => {
    await using victim = await aliceAndBob()
    const { alice, startBob } = victim
    const first = await startBob()
    const callId = await talkWith(alice, first, role)
    const said = Promise.all(Array.from({ length: 100 }, (_, index) => alice.mesh.sayInCall({ text: `alice ${index}` })))
    await first.call('sayInCall', { text: 'bob before' })
    await first.waitForText('alice 10')
    await first.kill()
    await said
    await using bob = await startBob()
    await bob.call('sayInCall', { text: 'bob after' })
    const ask: MeshApi['transcript'] = async choice => await bob.call('transcript', choice)
    for (const transcript of [ask, alice.mesh.transcript]) await transcriptWith(transcript, callId, ['message', 102])
    await alice.mesh.endCall({})
    await callIs(bob, callId, ['ended', 'hung-up'])
    assert.deepEqual(agreed(await ask({ callId })), agreed(await alice.mesh.transcript({ callId })))
    const expected = [...Array.from({ length: 100 }, (_, index) => `alice ${index}`), 'bob after', 'bob before']
    assert.deepEqual(await messagesOf(alice.mesh.transcript, callId), expected.sort())
  })

  it('and stays away ends it, and learns that when it is back', async () => {
    await using victim = await aliceAndBob()
    const { alice, clock, startBob } = victim
    const first = await startBob()
    const callId = await talkWith(alice, first, role)
    await first.kill()
    await alice.waitForPeer('peer-disconnected', first.peerId)
    clock.advance(CALL_AWAY_MS)
    await callIs(alice, callId, ['ended', 'peer-away'])
    await using bob = await startBob()
    await callIs(bob, callId, ['ended', 'peer-away'])
  })
})

describe('a call to a peer of which nothing is heard', () => {
  it('is not said to ring, and rings when it gets there', async () => {
    await using pair = await wiredPair({ alice: { deliveryAckTimeoutMs: 1_000 } })
    const { alice, bob, cable } = pair
    cable.silence()
    const { messageId: callId = '', queued } = await failure(alice.mesh.call({ to: bob.peerId, topic: 'lunch', speaker: 'agent' }), 'ACK_TIMEOUT')
    assert.equal(queued, true)
    cable.join()
    assert.equal(await rings(bob, 'lunch'), callId)
    await bob.mesh.answerCall({ accept: true, speaker: 'owner' })
    await callIs(alice, callId, ['active'])
  })
})

describe('a call whose network is away for half a minute', () => {
  for (const way of ['cut', 'silence'] as const) it(`goes on after a ${way}, with all that was said meanwhile, once and in order`, async () => {
    const clock = new ShiftedClock()
    // Only the cable leads to alice: she tells nobody her address, and bob listens nowhere.
    await using alice = await MeshNode.start({ name: 'alice', clock, config: { enableNATTraversal: false } })
    await using cable = await Cable.to(Number(multiaddr(alice.address).getComponents().find(({ name }) => name === 'tcp')?.value))
    await using bob = await MeshNode.start({ name: 'bob', clock, config: { listenAddrs: [] } })
    await alice.mesh.approvePeer(bob.peerId)
    await bob.mesh.addPeer({ recipient: `/ip4/127.0.0.1/tcp/${cable.port}/p2p/${alice.peerId}` })
    const { callId } = await bob.mesh.call({ to: alice.peerId, topic: 'the weather', speaker: 'owner' })
    await alice.mesh.answerCall({ accept: true, speaker: 'owner' })
    await callIs(bob, callId, ['active'])
    cable[way]()
    if (way === 'cut') {
      await bob.waitForPeer('peer-disconnected', alice.peerId)
      await alice.waitForPeer('peer-disconnected', bob.peerId)
    }
    for (const index of [0, 1, 2]) {
      await bob.mesh.sayInCall({ text: `bob ${index}` })
      await alice.mesh.sayInCall({ text: `alice ${index}` })
    }
    clock.advance(AWAY_MS)
    if (way === 'cut') assert.deepEqual([(await alice.mesh.status()).connectedPeers, (await bob.mesh.status()).connectedPeers], [0, 0])
    assert.deepEqual([(await alice.mesh.listCalls())[0]?.state, (await bob.mesh.listCalls())[0]?.state], ['active', 'active'])
    cable.join()
    for (const node of [alice, bob]) await transcriptWith(node.mesh.transcript, callId, ['message', 6])
    await bob.mesh.endCall({})
    await callIs(alice, callId, ['ended', 'hung-up'])
    const mine = agreed(await alice.mesh.transcript({ callId }))
    assert.deepEqual(agreed(await bob.mesh.transcript({ callId })), mine)
    const texts = mine.lines.filter(({ kind }) => kind === 'message').map(({ text }) => text)
    assert.deepEqual(texts, ['bob 0', 'alice 0', 'bob 1', 'alice 1', 'bob 2', 'alice 2'])
  })
})
