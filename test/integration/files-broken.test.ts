/** Files whose way breaks in the middle: they go on from where they were, also when a side restarts or is killed. */

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { describe, it } from 'node:test'
import type { Transfer } from '../../src/mesh-api.ts'
import { Cable } from '../support/cable.ts'
import { fileIs, parts, portOf, randomFile, wiredPair } from '../support/files.ts'
import { MeshProcess } from '../support/mesh-process.ts'
import { testFolder } from '../support/test-folder.ts'

const BYTES = 50_000_000
const HELD = 20_000_000
/** What may be sent again: what was on its way, and what the connections themselves need. */
const FEW = 12_000_000

describe('a file whose connection breaks in the middle', () => {
  it('goes on from where it was', async (t) => {
    await using pair = await wiredPair()
    const { alice, bob, cable } = pair
    const { path, content } = await randomFile(testFolder(t), BYTES)
    const held = cable.holdAfter(HELD)
    const { transferId } = await alice.mesh.sendFile({ to: bob.peerId, path })
    await held
    cable.cut()
    await alice.waitForPeer('peer-disconnected', bob.peerId)
    await bob.waitForPeer('peer-disconnected', alice.peerId)
    const { moved } = await fileIs(bob, transferId, 'queued')
    assert.ok(moved > 0 && moved < BYTES, `${moved} bytes were there when it broke`)
    cable.join()
    const { path: kept = '' } = await fileIs(bob, transferId, 'received')
    assert.ok(content.equals(await readFile(kept)))
    await fileIs(alice, transferId, 'received')
    assert.ok(cable.carried < BYTES + FEW, `${cable.carried} bytes were carried for ${BYTES}`)
  })

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
      assert.ok(cable.carried < BYTES + FEW, `${cable.carried} bytes were carried for ${BYTES}`)
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

describe('a file whose recipient, and then whose sender, is killed', () => {
  it('arrives whole and is told once', async (t) => {
    const [aliceDir, bobDir] = [testFolder(t), testFolder(t)]
    const { path, content } = await randomFile(testFolder(t), BYTES)
    const alone = { discovery: [], enableUPnP: false, enableNATTraversal: false } as const
    let bob = await MeshProcess.start({ name: 'bob', stateDir: bobDir, config: alone })
    await using cable = await Cable.to(portOf(bob.address))
    const bobOptions = { name: 'bob', stateDir: bobDir, config: { ...alone, listenAddrs: [`/ip4/127.0.0.1/tcp/${portOf(bob.address)}`] } }
    const aliceOptions = { name: 'alice', stateDir: aliceDir, config: { ...alone, listenAddrs: [] } }
    let alice = await MeshProcess.start(aliceOptions)
    t.after(async () => { await Promise.all([alice.kill(), bob.kill()]) })
    await bob.call('approvePeer', alice.peerId)
    await alice.call('approvePeer', bob.peerId)
    await alice.call('addPeer', { recipient: `/ip4/127.0.0.1/tcp/${cable.port}/p2p/${bob.peerId}` })
    const held = cable.holdAfter(HELD)
    const { transferId } = await alice.call('sendFile', { to: bob.peerId, path })
    await held
    await bob.kill()
    cable.cut()
    bob = await MeshProcess.start(bobOptions)
    const heldAgain = cable.holdAfter(HELD)
    cable.join()
    await heldAgain
    await alice.kill()
    cable.cut()
    cable.join()
    alice = await MeshProcess.start(aliceOptions)
    const transfer = await bob.events.waitFor('the file', events => events.map(event => event.type === 'file' ? event.transfer : undefined)
      .find((candidate): candidate is Transfer => candidate?.transferId === transferId && candidate.state === 'received'))
    assert.ok(content.equals(await readFile(transfer.path ?? '')))
    await alice.events.waitFor('the sender to learn', events => events.some(event => event.type === 'file' && event.transfer.state === 'received'))
    assert.equal(bob.received.length, 1)
    assert.ok(cable.carried < BYTES + 2 * FEW, `${cable.carried} bytes were carried for ${BYTES}`)
  })
})
