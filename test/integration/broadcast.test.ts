/** Broadcasts reach everybody once, whoever is connected to whom, and whether or not those in the middle know the author. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BroadcastNet, broadcastsAt, TOPOLOGIES, waitForBroadcasts } from '../support/broadcast-net.ts'
import type { MeshNode } from '../support/mesh-node.ts'

const SINGLES = 1_000
const BURST = 100

interface Sent {
  author: MeshNode
  text: string
}

/** Each text came once to everybody but its author. */
async function everybodyHas(net: BroadcastNet, sent: readonly Sent[]): Promise<void> {
  await Promise.all(net.nodes.map(async (node) => {
    const expected = sent.filter(({ author }) => author !== node).map(({ author, text }) => `${author.peerId}: ${text}`)
    await waitForBroadcasts(node, expected.length)
    assert.deepEqual(broadcastsAt(node).sort(), expected.sort())
  }))
}

describe('a broadcast', () => {
  for (const [name, edgesOf] of Object.entries(TOPOLOGIES)) {
    for (const size of [5, 10]) {
      it(`reaches everybody but its author once, in a ${name} of ${String(size)}`, async () => {
        await using net = await BroadcastNet.start(size, edgesOf(size))
        const sent = net.nodes.flatMap((author, index) => [1, 2].map(count => ({ author, text: `${String(count)} of node-${String(index)}` })))
        await Promise.all(sent.map(async ({ author, text }) => await author.mesh.broadcast({ text })))
        await everybodyHas(net, sent)
      })
    }
  }

  it(`is one of ${String(SINGLES)} in a row and of a burst of ${String(BURST)} at once, none lost and none twice`, async () => {
    await using net = await BroadcastNet.start(5, TOPOLOGIES.star(5))
    const sent: Sent[] = []
    for (let index = 0; index < SINGLES; index++) {
      const author = net.at(index % net.nodes.length)
      const text = `single ${String(index)}`
      sent.push({ author, text })
      await author.mesh.broadcast({ text })
    }
    const author = net.at(1)
    const burst = Array.from({ length: BURST }, (_, index) => ({ author, text: `burst ${String(index)}` }))
    await Promise.all(burst.map(async ({ text }) => await author.mesh.broadcast({ text })))
    await everybodyHas(net, [...sent, ...burst])
  })
})
