/** Files whose way breaks in the middle: they go on from where they were, also when a side restarts or is killed. */

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { describe, it } from 'node:test'
import type { ConfigInput } from '../../src/config/schema.ts'
import { Cable } from '../support/cable.ts'
import { fileIs, fileResumes, parts, portOf, randomFile, wiredPair } from '../support/files.ts'
import { MeshProcess } from '../support/mesh-process.ts'
import { ShiftedClock } from '../support/shifted-clock.ts'
import { testFolder } from '../support/test-folder.ts'

const BYTES = 50_000_000
const HELD = 20_000_000
/** What may have been on its way when it broke: the window, and what the kernel holds. */
const ON_ITS_WAY = 12_000_000
const AWAY_MS = 30_000

describe('a file whose network is away for half a minute in the middle', () => {
  for (const way of ['cut', 'silence'] as const) it(`goes on from where it was after a ${way}`, async (t) => {
    const clock = new ShiftedClock()
    await using pair = await wiredPair({ clock })
    const { alice, bob, cable } = pair
    const { path, content } = await randomFile(testFolder(t), BYTES)
    const held = cable.holdAfter(HELD)
    const { transferId } = await alice.mesh.sendFile({ to: bob.peerId, path })
    await held
    if (way === 'cut') {
      cable.cut()
      await alice.waitForPeer('peer-disconnected', bob.peerId)
      await bob.waitForPeer('peer-disconnected', alice.peerId)
    }
    clock.advance(AWAY_MS)
    const { moved } = await fileIs(bob, transferId, 'queued')
    cable.join()
    const { path: kept = '' } = await fileIs(bob, transferId, 'received')
    assert.ok(content.equals(await readFile(kept)))
    await fileIs(alice, transferId, 'received')
    assert.ok((await fileResumes(alice, transferId)).moved >= moved)
    assert.ok(moved > HELD - ON_ITS_WAY && moved < BYTES, `it went on from ${moved}`)
    assert.equal(bob.received.length, 1)
  })
})

describe('a file whose connection breaks in the middle', () => {
  for (const side of ['alice', 'bob'] as const) {
    it(`goes on when the ${side === 'alice' ? 'sender' : 'recipient'} restarts`, async (t) => {
      await using pair = await wiredPair({ bob: { listenAddrs: ['/ip4/127.0.0.1/tcp/0'] } })
      const { alice, bob, cable } = pair
      const { path, content } = await randomFile(testFolder(t), BYTES)
      const held = cable.holdAfter(HELD)
      const { transferId } = await alice.mesh.sendFile({ to: bob.peerId, path })
      await held
      cable.cut()
      await pair[side].stop()
      cable.join()
      await pair[side].start()
      const { path: kept = '' } = await fileIs(bob, transferId, 'received')
      assert.ok(content.equals(await readFile(kept)))
      await fileIs(alice, transferId, 'received')
      const resumed = await fileResumes(alice, transferId)
      assert.ok(resumed.moved > HELD - ON_ITS_WAY && resumed.moved < BYTES, `it went on from ${resumed.moved}`)
      assert.equal(bob.received.length, 1)
    })

    it(`ends on both sides when the ${side === 'alice' ? 'sender' : 'recipient'} gives it up`, async (t) => {
      await using pair = await wiredPair()
      const { alice, bob, cable } = pair
      const { path } = await randomFile(testFolder(t), BYTES)
      const held = cable.holdAfter(HELD)
      const { transferId } = await alice.mesh.sendFile({ to: bob.peerId, path })
      await held
      const end = side === 'alice' ? 'cancelled' : 'rejected'
      assert.equal((await pair[side].mesh.cancelFile(transferId)).state, end)
      cable.cut()
      cable.join()
      await fileIs(alice, transferId, end)
      await fileIs(bob, transferId, end)
      assert.deepEqual(await parts(bob), [])
      assert.deepEqual(bob.received, [])
    })
  }
})

for (const side of ['alice', 'bob'] as const) {
  describe(`a file whose ${side === 'alice' ? 'sender' : 'recipient'} is killed in the middle`, () => {
    it('arrives whole and is told once', async (t) => {
      const { path, content } = await randomFile(testFolder(t), BYTES)
      const config: ConfigInput = { discovery: [], enableUPnP: false, enableNATTraversal: false }
      const options = { alice: { name: 'alice', stateDir: testFolder(t), config: { ...config, listenAddrs: [] } }, bob: { name: 'bob', stateDir: testFolder(t), config } }
      const nodes = { alice: await MeshProcess.start(options.alice), bob: await MeshProcess.start(options.bob) }
      t.after(async () => { await Promise.all([nodes.alice.kill(), nodes.bob.kill()]) })
      await using cable = await Cable.to(portOf(nodes.bob.address))
      await nodes.bob.call('approvePeer', nodes.alice.peerId)
      await nodes.alice.call('approvePeer', nodes.bob.peerId)
      await nodes.alice.call('addPeer', { recipient: `/ip4/127.0.0.1/tcp/${cable.port}/p2p/${nodes.bob.peerId}` })
      const held = cable.holdAfter(HELD)
      const { transferId } = await nodes.alice.call('sendFile', { to: nodes.bob.peerId, path })
      await held
      await nodes[side].kill()
      cable.cut()
      nodes[side] = await MeshProcess.start(options[side])
      cable.join()
      const { path: kept = '' } = await fileIs(nodes.bob, transferId, 'received')
      assert.ok(content.equals(await readFile(kept)))
      await fileIs(nodes.alice, transferId, 'received')
      const resumed = await fileResumes(nodes.alice, transferId, side === 'alice' ? 1 : 2)
      assert.ok(resumed.moved > HELD - ON_ITS_WAY, `it went on from ${resumed.moved}`)
      assert.equal(nodes.bob.received.length, 1)
    })
  })
}
