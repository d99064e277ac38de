/** Calls and files keep a peer connected that this side does not approve, and bring it back when its connection broke. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CONNECTION_GRACE_MS, MAX_OWN_CONNECTIONS } from '../../src/config/connection-limits.ts'
import { HOUSEKEEPING_MS } from '../../src/config/limits.ts'
import { Cable } from '../support/cable.ts'
import { callIs, rings } from '../support/calls.ts'
import { fileIs, portOf, randomFile } from '../support/files.ts'
import { MeshNode } from '../support/mesh-node.ts'
import { RawPeer } from '../support/raw-peer.ts'
import { ShiftedClock } from '../support/shifted-clock.ts'
import { testFolder } from '../support/test-folder.ts'
import { until } from '../support/until.ts'

/** Bob, and alice who approves him; she is the last of the strangers whom he dialled, and the first to go of them. */
async function meet(): Promise<AsyncDisposable & { alice: MeshNode, bob: MeshNode, cable: Cable, clock: ShiftedClock }> {
  await using stack = new AsyncDisposableStack()
  const clock = new ShiftedClock()
  const alice = stack.use(await MeshNode.start({ name: 'alice', clock, config: { enableNATTraversal: false, fileLimits: { askAboveBytes: 0 } } }))
  const cable = stack.use(await Cable.to(portOf(alice.address)))
  const bob = stack.use(await MeshNode.start({ name: 'bob', clock, config: { listenAddrs: [], enableNATTraversal: false } }))
  await alice.mesh.approvePeer(bob.peerId)
  for (let count = 0; count <= MAX_OWN_CONNECTIONS; count++) await bob.mesh.addPeer({ recipient: stack.use(await RawPeer.start()).address })
  await bob.mesh.addPeer({ recipient: `/ip4/127.0.0.1/tcp/${cable.port}/p2p/${alice.peerId}` })
  const held = stack.move()
  return { alice, bob, cable, clock, [Symbol.asyncDispose]: async () => { await held.disposeAsync() } }
}

type Scene = Awaited<ReturnType<typeof meet>>

/** What opens something between the two in which nothing happens; what it returns ends that. */
type Opening = (scene: Scene, folder: string) => Promise<() => Promise<unknown>>

const openCall: Opening = async ({ alice, bob }) => {
  const { callId } = await bob.mesh.call({ to: alice.peerId, topic: 'lunch', speaker: 'owner' })
  await rings(alice, 'lunch')
  await alice.mesh.answerCall({ accept: true, speaker: 'owner' })
  await callIs(bob, callId, ['active'])
  return async () => await bob.mesh.endCall({ callId })
}

const offerFile: Opening = async ({ alice, bob }, folder) => {
  const { path } = await randomFile(folder, 1)
  const { transferId } = await bob.mesh.sendFile({ to: alice.peerId, path })
  await fileIs(bob, transferId, 'asking')
  return async () => await bob.mesh.cancelFile(transferId)
}

for (const [what, open] of [['call', openCall], ['file', offerFile]] as const) {
  describe(`a peer with which a ${what} is open`, () => {
    it('makes no room for others and is called back, until that is over', async (t) => {
      await using scene = await meet()
      const { alice, bob, cable, clock } = scene
      const end = await open(scene, testFolder(t))
      clock.advance(CONNECTION_GRACE_MS + HOUSEKEEPING_MS)
      await until(async () => (await bob.mesh.status()).connectedPeers === MAX_OWN_CONNECTIONS + 1, { what: 'a stranger to go', timeoutMs: 60_000 })
      assert.ok((await bob.mesh.networkInfo()).connections.some(({ peerId }) => peerId === alice.peerId))

      cable.cut()
      await bob.waitForPeer('peer-disconnected', alice.peerId)
      cable.join()
      await bob.waitForPeer('peer-connected', alice.peerId, 2)

      await end()
      clock.advance(CONNECTION_GRACE_MS)
      await until(async () => {
        clock.advance(HOUSEKEEPING_MS) // the last message may be on its way yet
        return (await bob.mesh.networkInfo()).connections.every(({ peerId }) => peerId !== alice.peerId)
      }, { what: 'alice to go', timeoutMs: 60_000 })
    })
  })
}
