/** Who is online over real connections: from connecting to a goodbye, a silent end, and goodbyes that somebody made up or kept. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { peerIdFromString } from '@libp2p/peer-id'
import { PRESENCE_FRESH_MS } from '../../src/config/limits.ts'
import type { Presence } from '../../src/mesh-api.ts'
import { openAnnounce } from '../../src/protocols/announce.ts'
import { mallorysKey, read } from '../support/liar.ts'
import { MeshNode } from '../support/mesh-node.ts'
import { MeshProcess } from '../support/mesh-process.ts'
import { RawPeer } from '../support/raw-peer.ts'
import { recordOf } from '../support/routes.ts'
import { ShiftedClock } from '../support/shifted-clock.ts'
import { testFolder } from '../support/test-folder.ts'
import { until } from '../support/until.ts'

async function presenceOf(node: MeshNode, peerId: string): Promise<Presence | undefined> {
  return (await node.mesh.listPeers()).find(peer => peer.peerId === peerId)?.presence
}

async function waitForPresence(node: MeshNode, peerId: string, presence: Presence): Promise<void> {
  await until(async () => await presenceOf(node, peerId) === presence, { what: `${peerId} to be ${presence}`, timeoutMs: 120_000 })
}

describe('the presence of a peer', () => {
  it('begins when it connects, ends with its goodbye, and begins anew when it is back', async (t) => {
    await using alice = await MeshNode.start({ name: 'alice' })
    await using bob = await MeshNode.start({ name: 'bob', stateDir: testFolder(t) })
    await using carol = await MeshNode.start({ name: 'carol' })
    for (const peer of [bob, carol]) {
      await alice.mesh.addPeer({ recipient: peer.address })
      await waitForPresence(alice, peer.peerId, 'online')
      await waitForPresence(peer, alice.peerId, 'online')
    }
    await alice.log.waitFor(/^Instance mapping updated: bob@/)
    await bob.stop()
    await waitForPresence(alice, bob.peerId, 'left')
    assert.deepEqual((await alice.mesh.listPeers({ online: true })).map(({ peerId }) => peerId), [carol.peerId])
    assert.equal(alice.log.matching(new RegExp(`^Peer left: ${bob.peerId}$`), 'info').length, 1)
    await bob.start()
    await bob.mesh.addPeer({ recipient: alice.address })
    await waitForPresence(alice, bob.peerId, 'online')
  })

  it('ends without a goodbye where the peer is killed', async (t) => {
    await using alice = await MeshNode.start({ name: 'alice' })
    await using bob = await MeshProcess.start({ name: 'bob', stateDir: testFolder(t) })
    await alice.mesh.addPeer({ recipient: bob.address })
    await waitForPresence(alice, bob.peerId, 'online')
    await alice.log.waitFor(/^Instance mapping updated: bob@/)
    await bob.kill()
    await waitForPresence(alice, bob.peerId, 'away')
    assert.deepEqual(await alice.mesh.listPeers({ online: true }), [])
  })

  it('begins anew with a new connection, though the one of before its goodbye is still there', async () => {
    await using bob = await MeshNode.start({ name: 'bob' })
    await using peer = await RawPeer.start({ privateKey: mallorysKey.key })
    const stream = await peer.open(bob.address)
    stream.announce(await recordOf(mallorysKey, { seq: 1 }))
    stream.announce(await recordOf(mallorysKey, { seq: 2, isLeaving: true }))
    await waitForPresence(bob, peer.peerId, 'left')
    await peer.connect(bob.address, { anew: true })
    await waitForPresence(bob, peer.peerId, 'online')
    assert.equal(peer.connections.length, 2)
  })

  it('is not taken for granted: after a sleep nobody is online before something is heard of him', async () => {
    const clock = new ShiftedClock()
    await using alice = await MeshNode.start({ name: 'alice', clock })
    await using bob = await MeshNode.start({ name: 'bob' })
    await alice.mesh.addPeer({ recipient: bob.address })
    await waitForPresence(alice, bob.peerId, 'online')
    clock.advance(PRESENCE_FRESH_MS + 1)
    const woken = alice.mesh.listPeers()
    assert.deepEqual((await woken).map(({ presence, connected }) => ({ presence, connected })), [{ presence: 'away', connected: true }])
    await waitForPresence(alice, bob.peerId, 'online')
  })
})

describe('a goodbye', () => {
  it('of somebody else, made up or kept from an earlier day, sends nobody away', async (t) => {
    await using alice = await MeshNode.start({ name: 'alice', stateDir: testFolder(t) })
    await using bob = await MeshNode.start({ name: 'bob' })
    await using mallory = await RawPeer.start({ privateKey: mallorysKey.key })
    const ear = await mallory.open(alice.address)
    await ear.announces.waitFor('an announce of alice', announces => announces[0])
    await alice.stop()
    await ear.ended()
    const kept = ear.announces.items.at(-1) ?? new Uint8Array()
    assert.equal((await openAnnounce(kept, peerIdFromString(alice.peerId))).isLeaving, true)
    await alice.start()
    await alice.mesh.addPeer({ recipient: bob.address })
    await waitForPresence(bob, alice.peerId, 'online')
    await bob.log.waitFor(/^Instance mapping updated: alice@/)

    const stream = await mallory.open(bob.address)
    const tampered = Uint8Array.from(kept)
    tampered[tampered.length - 1] = (tampered.at(-1) ?? 0) ^ 1
    for (const lie of [kept, tampered, await recordOf(mallorysKey, { instanceName: 'alice', seq: Date.now() + 1_000_000, isLeaving: true })]) stream.announce(lie)
    await read(stream)
    for (const why of ['record of another peer', 'signature not valid']) await bob.log.waitFor(new RegExp(`^An announce of ${mallory.peerId} was dropped: ${why}`))
    assert.equal(await presenceOf(bob, alice.peerId), 'online')
    assert.deepEqual(bob.log.matching(/^Peer left/), [])
  })
})
