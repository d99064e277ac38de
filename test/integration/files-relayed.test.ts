/** A file between two nodes that only a relay connects: it moves with them to a direct path, and goes on where it was. */

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { describe, it } from 'node:test'
import { fileIs, randomFile } from '../support/files.ts'
import { relayedPair, through } from '../support/relayed-pair.ts'
import { testFolder } from '../support/test-folder.ts'
import { until } from '../support/until.ts'

/** More than a relay carries before the nodes meet directly. */
const BYTES = 400_000_000

describe('a file over a relay', () => {
  it('leaves it in the middle for a direct path, without beginning anew', async (t) => {
    await using pair = await relayedPair({ fileLimits: { askAboveBytes: BYTES } })
    const { relay, alice, bob } = pair
    const { path, content } = await randomFile(testFolder(t), BYTES)
    const { transferId } = await alice.mesh.sendFile({ to: bob.peerId, path }) // it waits, and begins with the first path that there is
    await alice.mesh.addPeer({ recipient: through(relay, bob) })
    await fileIs(bob, transferId, 'received')
    await fileIs(alice, transferId, 'received')
    const starts = alice.events.items.flatMap(event => event.type === 'file' && event.transfer.state === 'moving' ? [event.transfer.moved] : [])
    assert.equal(starts[0], 0)
    assert.ok(starts.length > 1, 'it moved')
    assert.ok(starts.slice(1).every((moved, index) => moved >= (starts[index] ?? 0)), `it went on from ${starts.join()}`)
    const [received] = await bob.mesh.transfers({ transferId })
    assert.ok(content.equals(await readFile(received?.path ?? '')))
    await until(async () => (await alice.mesh.networkInfo()).connections.every(({ peerId, path: way }) => peerId !== bob.peerId || way === 'direct'), {
      what: 'the relayed connection to end', timeoutMs: 120_000
    })
  })
})
