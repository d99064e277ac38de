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
      it(`reaches everybody but its author once, in a ${name} of ${String(size)}: alone, of ${String(SINGLES)} in a row, of ${String(BURST)} at once`, async () => {
        await using net = await BroadcastNet.start(size, edgesOf(size))
        const sent: Sent[] = []
        const send = async (author: MeshNode, text: string): Promise<void> => {
          sent.push({ author, text })
          await author.mesh.broadcast({ text })
        }
        await Promise.all(net.nodes.map(async (author, index) => { await send(author, `alone, of node ${String(index)}`) }))
        await everybodyHas(net, sent)
        for (let index = 0; index < SINGLES; index++) await send(net.at(index % size), `in a row, ${String(index)}`)
        await Promise.all(Array.from({ length: BURST }, async (_, index) => { await send(net.at(1), `at once, ${String(index)}`) }))
        await everybodyHas(net, sent)
      })
    }
  }
})
