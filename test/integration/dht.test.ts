/** The DHT between real nodes: who is found by whom, what outlives a restart, and what liars achieve. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Connection } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { RECORD_LIFE_MS } from '../../src/config/dht-limits.ts'
import { agentIdOf } from '../../src/lib/agent-id.ts'
import { recordKey } from '../../src/protocols/instance-record.ts'
import { MESSAGE_PROTOCOL } from '../../src/protocols/message-protocol.ts'
import { DhtPeer } from '../support/dht-peer.ts'
import { failure, MeshNode, type MeshNodeOptions } from '../support/mesh-node.ts'
import { testPeerId } from '../support/peers.ts'
import { RawPeer } from '../support/raw-peer.ts'
import { Recorder } from '../support/recorder.ts'
import { keyedPeer, recordOf } from '../support/routes.ts'
import { until } from '../support/until.ts'

const PATIENT = { timeoutMs: 120_000 }

/** A node of a mesh within this machine that knows one other at most. */
async function member(name: string, bootstrap?: MeshNode, more: MeshNodeOptions = {}): Promise<MeshNode> {
  const config = { discovery: ['bootstrap', 'dht'] satisfies string[] as Array<'bootstrap' | 'dht'>, ...bootstrap !== undefined && { bootstrapList: [bootstrap.address] }, ...more.config }
  return await MeshNode.start({ ...more, name, config })
}

/** Waits until the node's record is held by others. */
async function published(...nodes: MeshNode[]): Promise<void> {
  for (const node of nodes) await node.log.waitFor(/^[1-9]\d* nodes hold the record of this instance$/)
}

/** Waits until the node can ask others. */
async function joined(node: MeshNode, bootstrap: MeshNode): Promise<void> {
  await node.waitForPeer('peer-connected', bootstrap.peerId)
}

describe('a DHT of two nodes', () => {
  it('holds the record of each at the other', async () => {
    await using alice = await member('alice')
    await using bob = await member('bob', alice)
    await published(alice, bob)
    assert.deepEqual([...alice.log.complaints, ...bob.log.complaints], [])
  })
})

describe('a DHT of five nodes that know only the first', () => {
  it('finds every instance by its agent ID, its instance ID and its peer ID, each a stranger like any other', async () => {
    await using hub = await member('hub')
    await using bob = await member('bob', hub)
    await using carol = await member('carol', hub)
    await using dave = await member('dave', hub)
    await published(bob, carol, dave)
    await using alice = await member('alice', hub)
    await joined(alice, hub)
    const [bobs, daves] = await Promise.all([bob.mesh.identity(), dave.mesh.identity()])
    const resolved = await alice.mesh.resolveInstance(bobs.instanceId)
    assert.deepEqual([resolved.peerId, resolved.approved], [bob.peerId, false])
    assert.equal((await alice.mesh.sendMessage({ to: bobs.agentId, text: 'hello' })).state, 'held')
    assert.equal((await alice.mesh.ping(carol.peerId)).path, 'direct')
    const added = await alice.mesh.addPeer({ recipient: daves.instanceId, alias: 'dave' })
    assert.deepEqual([added.peerId, added.alias, added.reachable], [dave.peerId, 'dave', true])
    assert.deepEqual(alice.log.complaints, [])
  })

  it('finds an instance again when the node that held its record has forgotten everything', async () => {
    const hub = await member('hub')
    try {
      await using bob = await member('bob', hub)
      await published(bob)
      await hub.stop()
      await hub.start()
      await bob.waitForPeer('peer-connected', hub.peerId, 2)
      await using alice = await member('alice', hub)
      await joined(alice, hub)
      const { instanceId } = await bob.mesh.identity()
      const found = await until(async () => await alice.mesh.resolveInstance(instanceId), { ...PATIENT, what: 'bob', intervalMs: 1_000 })
      assert.equal(found.peerId, bob.peerId)
    } finally {
      await hub[Symbol.asyncDispose]()
    }
  })
})

describe('a look-up', () => {
  it('of nobody ends soon, and is not done again at once', async () => {
    await using hub = await member('hub')
    await using alice = await member('alice', hub)
    await published(alice)
    const stranger = (await testPeerId(77)).toString()
    await failure(alice.mesh.sendMessage({ to: stranger, text: 'hello' }), 'UNKNOWN_RECIPIENT')
    const before = performance.now()
    for (let time = 0; time < 100; time++) await failure(alice.mesh.sendMessage({ to: stranger, text: 'hello' }), 'UNKNOWN_RECIPIENT')
    assert.ok(performance.now() - before < 5_000, 'a miss was looked up again')
  })

  it('keeps nobody waiting where there is nobody to ask', async () => {
    const hub = await MeshNode.start({ name: 'hub' })
    await hub[Symbol.asyncDispose]()
    await using alice = await member('alice', hub)
    await failure(alice.mesh.resolveInstance('nobody@0123456789abcdef'), 'UNKNOWN_RECIPIENT')
    await alice.stop()
  })

  it('finds a wanted peer that is not where it was', async () => {
    await using hub = await member('hub')
    const moved = await keyedPeer(66)
    await using raw = await RawPeer.start({ privateKey: moved.key })
    const [place] = raw.address.split('/p2p/')
    const record = await recordOf(moved, { addrs: [place ?? ''], expiresAt: Date.now() + RECORD_LIFE_MS / 2 })
    {
      await using publisher = await DhtPeer.join(hub.address, { privateKey: moved.key })
      assert.notDeepEqual(await publisher.put(recordKey(agentIdOf(moved.peerId)), record), [])
    }
    await using alice = await member('alice', hub)
    await alice.mesh.approvePeer(`/ip4/127.0.0.1/tcp/1/p2p/${raw.peerId}`)
    await alice.waitForPeer('peer-connected', raw.peerId)
  })
})

describe('a network', () => {
  it('meets in the DHT by its name, at the start and on demand, and keeps to itself', async () => {
    await using hub = await member('hub')
    await using bob = await member('bob', hub)
    await using other = await member('other', hub, { config: { meshTopic: 'another-network' } })
    await published(bob, other)
    await bob.log.waitFor(/^[1-9]\d* nodes hold the entry of this node in the network "openclaw-mesh"$/)
    await using alice = await member('alice', hub)
    await alice.waitForPeer('peer-connected', bob.peerId)
    await bob.waitForPeer('peer-connected', alice.peerId)
    await using late = await member('late', hub)
    await joined(late, hub)
    const { known } = await until(async () => {
      const result = await late.mesh.discover()
      return result.known >= 3 ? result : undefined
    }, { ...PATIENT, what: 'hub, alice and bob', intervalMs: 1_000 })
    assert.ok(known >= 3)
    assert.equal((await late.mesh.listPeers()).some(({ peerId }) => peerId === other.peerId), false)
  })
})

describe('discoverRelays', () => {
  it('finds a relay through the DHT, and is reached through it', async () => {
    await using hub = await member('hub', undefined, { config: { enableCircuitRelayServer: true } })
    await using alice = await member('alice', hub, { config: { discoverRelays: 1 } })
    await hub.log.waitFor(/^[1-9]\d* nodes hold the entry of this relay$/)
    await until(async () => (await alice.mesh.status()).nat.relays.includes(hub.peerId), { ...PATIENT, what: 'a reservation on the relay' })
  })
})

describe('a node that only asks', () => {
  it('is served and passes by: nobody lists it or is told of it, until somebody here wants it', async () => {
    await using hub = await member('hub')
    await using passer = await DhtPeer.join(hub.address)
    assert.deepEqual(await hub.mesh.listPeers(), [])
    assert.deepEqual([hub.events.items, hub.log.matching(/^Peer connected/)], [[], []])
    assert.deepEqual([(await hub.mesh.status()).connectedPeers, (await hub.mesh.networkInfo()).connections.length], [0, 1])
    await hub.mesh.addPeer({ recipient: passer.peerId })
    await hub.waitForPeer('peer-connected', passer.peerId)
    const { connectedPeers, paths } = await hub.mesh.status()
    assert.deepEqual([connectedPeers, paths], [1, { direct: 1, relay: 0 }])
    assert.deepEqual((await hub.mesh.listPeers()).map(({ peerId, presence }) => ({ peerId, presence })), [{ peerId: passer.peerId, presence: 'online' }])
    await using friend = await DhtPeer.join(hub.address)
    await hub.mesh.approvePeer(friend.peerId)
    await hub.waitForPeer('peer-connected', friend.peerId)
  })
})

describe('a node that was asked', () => {
  it('and then comes by itself, over another connection, is told over both who asked: so that one of them can go', async () => {
    await using hub = await member('hub')
    const dials = new Set([hub.peerId])
    await using bob = await DhtPeer.join(hub.address, { dials })
    const greeted = new Recorder<string>()
    await bob.libp2p.handle(MESSAGE_PROTOCOL, (_stream, { id }) => { greeted.add(id) })
    await using alice = await member('alice', hub)
    const isAlice = ({ remotePeer }: Connection): boolean => remotePeer.toString() === alice.peerId
    let wanted = 100
    const asked = await until(async () => {
      await failure(alice.mesh.sendMessage({ to: (await testPeerId(wanted++)).toString(), text: 'hello' }), 'UNKNOWN_RECIPIENT')
      return bob.libp2p.getConnections().find(isAlice)
    }, { ...PATIENT, what: 'alice to ask' })
    assert.deepEqual([asked.direction, greeted.items], ['inbound', []])
    dials.add(alice.peerId)
    const other = await bob.libp2p.dial(multiaddr(alice.address), { force: true })
    await other.newStream(MESSAGE_PROTOCOL)
    await greeted.waitFor('a message stream on the connection of the question', ids => ids.includes(asked.id))
  })
})

describe('a node that lies in the DHT', () => {
  it('puts no forged, foreign, private, endless or old record, and hides nobody', async () => {
    await using hub = await member('hub')
    await using bob = await member('bob', hub)
    await published(bob)
    const { agentId, instanceId } = await bob.mesh.identity()
    const mallory = await keyedPeer(66)
    await using peer = await DhtPeer.join(hub.address, { privateKey: mallory.key })
    const own = recordKey(agentIdOf(mallory.peerId))
    const expiresAt = Date.now() + RECORD_LIFE_MS / 2
    const good = await recordOf(mallory, { seq: 7, addrs: ['/ip4/127.0.0.1/tcp/4001'], expiresAt })
    const forged = Uint8Array.from(good)
    forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 1
    assert.deepEqual(await peer.put(recordKey(agentId), good), [], 'a record of another key was taken')
    const bad: Uint8Array[] = [
      forged, await recordOf(mallory, { addrs: ['/ip4/192.168.1.5/tcp/4001'], expiresAt }), await recordOf(mallory, { expiresAt: expiresAt + 10 * RECORD_LIFE_MS }),
      await recordOf(mallory, { expiresAt: Date.now() - 1 }), await recordOf(mallory), new Uint8Array(100_000)
    ]
    for (const record of bad) assert.deepEqual(await peer.put(own, record), [])
    assert.notDeepEqual(await peer.put(own, good), [])
    assert.deepEqual(await peer.put(own, await recordOf(mallory, { seq: 6, expiresAt })), [], 'an older record was taken')
    await using alice = await member('alice', hub)
    await joined(alice, hub)
    assert.equal((await alice.mesh.resolveInstance(instanceId)).peerId, bob.peerId)
    assert.deepEqual([...hub.log.complaints, ...alice.log.complaints], [])
  })
})
