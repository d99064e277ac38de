/** Broadcasts over relayed connections: they go on while a connection moves to a direct path, and after one breaks while another lives. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setInterval } from 'node:timers/promises'
import { broadcastsAt, waitForBroadcasts, waitForRecipients } from '../support/broadcast-net.ts'
import { GossipPeer } from '../support/gossip-peer.ts'
import { MeshNode } from '../support/mesh-node.ts'
import { relayedPair, through } from '../support/relayed-pair.ts'
import { until } from '../support/until.ts'
import { GOSSIP_BYTES_PER_NEIGHBOUR } from '../../src/config/broadcast-limits.ts'

async function isOnlyDirect(node: MeshNode, peer: MeshNode): Promise<boolean> {
  const { connections } = await node.mesh.networkInfo()
  const paths = connections.filter(({ peerId }) => peerId === peer.peerId).map(({ path }) => path)
  return paths.length > 0 && paths.every(path => path === 'direct')
}

async function* ticks(over: AbortSignal): AsyncGenerator<boolean> {
  for await (const signal of setInterval(20, over)) yield signal.aborted
}

/** Broadcasts one text after the other until told to end. */
async function keepBroadcasting(node: MeshNode, over: AbortSignal): Promise<string[]> {
  const texts: string[] = []
  for await (const isOver of ticks(over)) {
    if (isOver) break
    const text = `${String(texts.length)} of ${node.peerId}`
    await node.mesh.broadcast({ text })
    texts.push(text)
  }
  return texts
}

describe('broadcasts between two nodes that only a relay connects', () => {
  it('are neither lost nor doubled while the nodes move to a direct path', async () => {
    await using pair = await relayedPair()
    const { relay, alice, bob } = pair
    await alice.mesh.addPeer({ recipient: through(relay, bob) })
    for (const node of [alice, bob]) await waitForRecipients(node, 1)
    const over = new AbortController()
    const [ofAlice, ofBob] = [keepBroadcasting(alice, over.signal), keepBroadcasting(bob, over.signal)]
    for (const [node, peer] of [[alice, bob], [bob, alice]] as const) {
      await until(async () => await isOnlyDirect(node, peer), { what: 'the direct path alone', timeoutMs: 120_000 })
    }
    over.abort()
    for (const [node, author, sent] of [[bob, alice, ofAlice], [alice, bob, ofBob]] as const) {
      const last = await author.mesh.broadcast({ text: 'over the direct path' })
      assert.equal(last.recipients, 1)
      const expected = [...await sent, 'over the direct path'].map(text => `${author.peerId}: ${text}`)
      await waitForBroadcasts(node, expected.length)
      assert.deepEqual(broadcastsAt(node), expected)
    }
  })
})

describe('a neighbour', () => {
  it('that sends too much is cut off', async () => {
    await using bob = await MeshNode.start({ name: 'bob' })
    await using mallory = await GossipPeer.start()
    const write = await mallory.join(bob.address, 'openclaw-mesh')
    await mallory.frames.waitFor('bob to read', frames => frames.find(frame => frame.includes('openclaw-mesh'))) // yamux resets what fills up unread
    const junk = Buffer.alloc(1_024 * 1_024, 1)
    const isCut = (): boolean => bob.log.matching(new RegExp(`^Peer ${mallory.peerId} sends too much gossip and is cut off`)).length > 0
    let sent = 0
    await until(() => {
      if (isCut()) return true
      write(junk)
      sent += junk.byteLength
      return false
    }, { what: 'bob to cut mallory off', timeoutMs: 120_000, intervalMs: 5 })
    assert.ok(sent >= GOSSIP_BYTES_PER_NEIGHBOUR)
  })
})
