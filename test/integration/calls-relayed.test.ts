/** A call between two nodes that only a relay connects: it goes on while they move to a direct path. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { callAndAnswer, callIs, sameTranscript, transcriptWith } from '../support/calls.ts'
import type { MeshNode } from '../support/mesh-node.ts'
import { relayedPair, through } from '../support/relayed-pair.ts'
import { until } from '../support/until.ts'

async function pathTo(node: MeshNode, peer: MeshNode): Promise<string> {
  const { connections } = await node.mesh.networkInfo()
  return connections.filter(({ peerId }) => peerId === peer.peerId).map(({ path }) => path).join()
}

/** Says one thing after the other until the path is direct; what was said. */
async function talkUntilDirect(node: MeshNode, peer: MeshNode): Promise<string[]> {
  const said: string[] = []
  await until(async () => {
    const text = `${node.peerId} ${said.length}`
    said.push(text)
    await node.mesh.sayInCall({ text })
    return await pathTo(node, peer) === 'direct'
  }, { what: 'the direct path', timeoutMs: 120_000, intervalMs: 5 })
  return said
}

describe('a call over a relay', () => {
  it('loses and doubles nothing while it moves to a direct path', async () => {
    await using pair = await relayedPair()
    const { relay, alice, bob } = pair
    await alice.mesh.addPeer({ recipient: through(relay, bob) })
    const callId = await callAndAnswer(alice, bob)
    const said = (await Promise.all([talkUntilDirect(alice, bob), talkUntilDirect(bob, alice)])).flat()
    for (const { mesh } of [alice, bob]) await transcriptWith(mesh.transcript, callId, ['message', said.length])
    await bob.mesh.endCall({})
    await callIs(alice, callId, ['ended', 'hung-up'])
    const lines = await sameTranscript(alice, bob, callId)
    assert.deepEqual(lines.filter(line => line.startsWith('message')).sort(), said.map(text => `message ${text}`).sort())
  })
})
