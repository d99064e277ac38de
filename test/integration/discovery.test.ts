/** Discovery on demand between real nodes: who is found through whom, who is told what, and what liars achieve. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Stream } from '@libp2p/interface'
import { lpStream } from '@libp2p/utils'
import { multiaddr } from '@multiformats/multiaddr'
import { encodePeerList, PEER_EXCHANGE_PROTOCOL } from '../../src/protocols/peer-exchange.ts'
import { befriend, failure, MeshNode } from '../support/mesh-node.ts'
import { bob as nobody, testPeerId } from '../support/peers.ts'
import { RawPeer } from '../support/raw-peer.ts'
import { until } from '../support/until.ts'

const HUB = { enableCircuitRelayServer: true } as const

/** Waits until `node` could tell others where `other` is. */
async function whereabouts(node: MeshNode, other: MeshNode): Promise<void> {
  const find = async (): Promise<boolean> => (await node.mesh.listInstances()).some(({ peerId, connected }) => peerId === other.peerId && connected)
  await until(find, { what: `the instance of ${other.peerId}`, timeoutMs: 60_000 })
}

describe('a discovery', () => {
  it('finds who is connected to a bootstrap node, and says through whom', async () => {
    await using hub = await MeshNode.start({ name: 'hub', config: HUB })
    await using bob = await MeshNode.start({ name: 'bob' })
    await bob.mesh.addPeer({ recipient: hub.address })
    await whereabouts(hub, bob)
    await using alice = await MeshNode.start({ name: 'alice', config: { bootstrapList: [hub.address] } })
    assert.deepEqual(await alice.mesh.discover(), { found: 2, known: 2, asked: [{ node: hub.address, reached: true }] })
    const peers = await alice.mesh.listPeers({ online: true })
    const way = (node: MeshNode): unknown[] => {
      const { knownBy, introducedBy, approved } = peers.find(({ peerId }) => peerId === node.peerId) ?? {}
      return [knownBy, introducedBy, approved]
    }
    assert.deepEqual([way(hub), way(bob)], [['config', undefined, false], ['peer', hub.peerId, false]])
    assert.deepEqual((await alice.mesh.status()).paths, { direct: 2, relay: 0 })
    const again = await alice.mesh.discover()
    assert.deepEqual([again.found, again.known], [0, 2])
  })

  it('asks approved and added peers, and those tell friends only', async () => {
    await using bob = await MeshNode.start({ name: 'bob' })
    await using carol = await MeshNode.start({ name: 'carol' })
    await carol.mesh.addPeer({ recipient: bob.address })
    await whereabouts(bob, carol)
    await using alice = await MeshNode.start({ name: 'alice' })
    await alice.mesh.addPeer({ recipient: bob.address })
    assert.deepEqual(await alice.mesh.discover(), { found: 0, known: 1, asked: [{ node: bob.peerId, reached: true }] })
    await befriend(alice, bob)
    const { found, known } = await alice.mesh.discover()
    assert.deepEqual([found, known], [1, 2])
    assert.equal((await alice.mesh.sendMessage({ to: carol.peerId, text: 'hello' })).state, 'held')
  })

  it('tells nobody of a peer that is blocked, and a blocked one of nobody', async () => {
    await using hub = await MeshNode.start({ name: 'hub', config: HUB })
    await using bob = await MeshNode.start({ name: 'bob' })
    await using alice = await MeshNode.start({ name: 'alice' })
    await bob.mesh.addPeer({ recipient: hub.address })
    await alice.mesh.addPeer({ recipient: hub.address })
    for (const node of [alice, bob]) await whereabouts(hub, node)
    await hub.mesh.blockPeer(bob.peerId)
    assert.equal((await alice.mesh.discover()).found, 0)
    assert.equal((await bob.mesh.discover().catch(() => ({ found: 0 }))).found, 0)
  })

  it('that reaches nobody names the nodes that it tried, with the reason of each', async () => {
    await using hub = await MeshNode.start({ name: 'hub' })
    await hub.stop()
    await using alice = await MeshNode.start({ name: 'alice', config: { bootstrapList: [hub.address] } })
    await alice.mesh.addPeer({ recipient: nobody.toString() })
    const { reason, message } = await failure(alice.mesh.discover(), 'UNREACHABLE')
    assert.equal(reason, 'refused')
    assert.ok(message.includes(`${hub.address} (refused)`) && message.includes(`${nobody.toString()} (no-address)`), message)
    await using lonely = await MeshNode.start({ name: 'lonely' })
    const { reason: none, message: why } = await failure(lonely.mesh.discover(), 'UNREACHABLE')
    assert.deepEqual([none, /nobody to ask.*openclaw p2p add/.test(why)], ['no-address', true])
  })

  it('is one for all who ask at the same time', async () => {
    await using hub = await MeshNode.start({ name: 'hub', config: HUB })
    await using alice = await MeshNode.start({ name: 'alice', config: { bootstrapList: [hub.address] } })
    const results = await Promise.all([alice.mesh.discover(), alice.mesh.discover()])
    assert.equal(results[0], results[1])
  })
})

describe('a node that lies about others', () => {
  /** Answers every question with these bytes, or, without any, never. */
  async function liar(bytes?: Uint8Array): Promise<RawPeer> {
    const peer = await RawPeer.start()
    await peer.serve(PEER_EXCHANGE_PROTOCOL, (stream: Stream) => {
      if (bytes !== undefined) lpStream(stream).write(bytes).catch((error: unknown) => { stream.abort(error as Error) })
    })
    return peer
  }

  it('cannot pass one peer off as another, and leaves no trace of those who are not there', async () => {
    await using bob = await MeshNode.start({ name: 'bob' })
    const [place] = bob.address.split('/p2p/')
    const addresses = [multiaddr(place)]
    const unreal = await Promise.all(Array.from({ length: 20 }, async (_, index) => ({ peerId: await testPeerId(1_000 + index), addresses })))
    await using mallory = await liar(encodePeerList(unreal))
    await using alice = await MeshNode.start({ name: 'alice', config: { bootstrapList: [mallory.address] } })
    const { found, known } = await alice.mesh.discover()
    assert.deepEqual([found, known], [1, 1])
    for (const { peerId } of unreal) await failure(alice.mesh.sendMessage({ to: peerId.toString(), text: 'hello' }), 'UNKNOWN_RECIPIENT')
    assert.deepEqual(alice.log.complaints, [])
  })

  it('or talks nonsense, or stalls, keeps nobody from being found', async () => {
    await using hub = await MeshNode.start({ name: 'hub', config: HUB })
    await using bob = await MeshNode.start({ name: 'bob' })
    await bob.mesh.addPeer({ recipient: hub.address })
    await whereabouts(hub, bob)
    await using nonsense = await liar(Uint8Array.of(0xff, 0xff, 0xff))
    await using stalling = await liar()
    await using alice = await MeshNode.start({ name: 'alice', config: { bootstrapList: [stalling.address, nonsense.address, hub.address] } })
    const { found, asked } = await alice.mesh.discover()
    assert.deepEqual([found, asked.map(({ reached }) => reached)], [4, [true, true, true]])
  })
})
