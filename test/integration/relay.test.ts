/** Nodes that can meet at a relay only: reached at once, direct as soon as there is a way, and reachable again after the relay was away. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { PeerSummary } from '../../src/mesh-api.ts'
import { MeshNode } from '../support/mesh-node.ts'
import { Relay } from '../support/relay.ts'
import { behind, relayedPair, through } from '../support/relayed-pair.ts'
import { until } from '../support/until.ts'

const MANY = 20

/** `direct udp`, `relay tcp`: the connections to a peer. */
async function pathsTo(node: MeshNode, peer: MeshNode): Promise<string[]> {
  const { connections } = await node.mesh.networkInfo()
  return connections.filter(({ peerId }) => peerId === peer.peerId).map(({ path, transport }) => `${path} ${transport}`)
}

async function awaitPaths(node: MeshNode, peer: MeshNode, paths: string[]): Promise<void> {
  const isReached = async (): Promise<boolean> => (await pathsTo(node, peer)).join() === paths.join()
  await until(isReached, { what: `the paths ${paths.join(' and ')}`, timeoutMs: 60_000 })
}

async function peerOf(node: MeshNode, peer: MeshNode): Promise<PeerSummary | undefined> {
  return (await node.mesh.listPeers()).find(({ peerId }) => peerId === peer.peerId)
}

async function announcesRelay(node: MeshNode): Promise<boolean> {
  return (await node.mesh.status()).announcedAddrs.some(address => address.includes('/p2p-circuit'))
}

/** Sends numbered texts one after the other until told to end; each has to be acknowledged. */
function keepSending(from: MeshNode, to: MeshNode): { end: () => Promise<string[]> } {
  const texts: string[] = []
  const over = new AbortController()
  const sending = (async () => {
    while (!over.signal.aborted) {
      texts.push(`${from.peerId} ${texts.length}`)
      await from.send(to, texts.at(-1) ?? '')
    }
  })()
  return {
    end: async () => {
      over.abort()
      await sending
      return texts
    }
  }
}

describe('two nodes that only a relay connects', () => {
  it('exchange messages at once, move to a direct path, and neither lose nor double any on the way', async () => {
    await using pair = await relayedPair()
    const { relay, alice, bob } = pair
    await alice.mesh.addPeer({ recipient: through(relay, bob) })
    assert.ok((await pathsTo(alice, bob)).includes('relay tcp'))
    const [sendingAlice, sendingBob] = [keepSending(alice, bob), keepSending(bob, alice)]
    for (const [node, peer] of [[alice, bob], [bob, alice]] as const) await awaitPaths(node, peer, ['direct udp'])
    const [ofAlice, ofBob] = [await sendingAlice.end(), await sendingBob.end()]
    await bob.waitForText(ofAlice.at(-1) ?? '')
    await alice.waitForText(ofBob.at(-1) ?? '')
    assert.deepEqual(bob.received.map(({ text }) => text), ofAlice)
    assert.deepEqual(alice.received.map(({ text }) => text), ofBob)
  })

  it('say how they are reached, and what the relay sees of them', async () => {
    await using pair = await relayedPair()
    const { relay, alice, bob } = pair
    const { peerId } = relay
    const nat = await until(async () => {
      const status = await alice.mesh.status()
      return status.nat.type === 'easy' && status.nat
    }, { what: 'the STUN answers', timeoutMs: 60_000 })
    assert.deepEqual(nat.relayList.map(({ since: _, ...facts }) => facts), [{ peerId, address: relay.address, state: 'reserved' }])
    assert.deepEqual([nat.reachability, nat.relays, nat.mappedAddrs, nat.stun.length], ['private', [peerId], [`127.0.0.1:${nat.udpPort}`], 2])
    await alice.mesh.addPeer({ recipient: through(relay, bob) })
    await awaitPaths(alice, bob, ['direct udp'])
    const known = await peerOf(alice, bob)
    assert.deepEqual([known?.path, known?.transport, known?.whyNotDirect], ['direct', 'udp', undefined])
  })

  it('stay on the relay where hole punching is off', async () => {
    await using pair = await relayedPair({ enableHolePunch: false })
    const { relay, alice, bob } = pair
    await alice.mesh.addPeer({ recipient: through(relay, bob) })
    for (let count = 0; count < MANY; count++) await alice.send(bob, `text ${count}`)
    assert.deepEqual(await pathsTo(alice, bob), ['relay tcp'])
    assert.equal((await alice.mesh.ping(bob.peerId)).whyNotDirect, 'off')
    assert.equal((await peerOf(alice, bob))?.whyNotDirect, 'off')
    assert.equal((await alice.mesh.networkInfo()).nat.type, 'unknown')
  })

  it('stay on the relay while one of them has not approved the other', async () => {
    await using relay = await Relay.start()
    await using alice = await MeshNode.start({ name: 'alice', config: behind(relay) })
    await using bob = await MeshNode.start({ name: 'bob', config: behind(relay) })
    await bob.log.waitFor(/^Relay reservation made/)
    await alice.mesh.approvePeer(bob.peerId)
    await alice.mesh.addPeer({ recipient: through(relay, bob) })
    const why = await until(async () => (await alice.mesh.ping(bob.peerId)).whyNotDirect, { what: 'the reason', timeoutMs: 60_000 })
    assert.equal(why, 'not-approved')
    await bob.mesh.approvePeer(alice.peerId)
    await awaitPaths(alice, bob, ['direct udp'])
  })
})

describe('a relay without room', () => {
  it('is named with the reason, and asked again', async () => {
    await using relay = await Relay.start({ maxReservations: 1 })
    await using alice = await MeshNode.start({ name: 'alice', config: behind(relay) })
    await alice.log.waitFor(/^Relay reservation made/)
    await using bob = await MeshNode.start({ name: 'bob', config: behind(relay) })
    await bob.log.waitFor(/^No reservation on .* \(full\)/)
    assert.deepEqual((await bob.mesh.status()).nat.relayList.map(({ state, why }) => [state, why]), [['waiting', 'full']])
    await alice.stop()
    await relay.stop() // it keeps the reservations of peers that are gone
    await relay.start()
    await bob.log.waitFor(/^Relay reservation made/)
  })
})

describe('a relay that restarts', () => {
  it('takes the announced address along and brings it back, and messages of meanwhile arrive once', async () => {
    await using pair = await relayedPair({ enableHolePunch: false })
    const { relay, alice, bob } = pair
    await alice.mesh.addPeer({ recipient: through(relay, bob) })
    await alice.send(bob, 'before')
    await relay.stop()
    for (const node of [alice, bob]) {
      await node.log.waitFor(/^Relay reservation lost/)
      assert.equal(await announcesRelay(node), false)
    }
    const { messageId, state } = await alice.send(bob, 'meanwhile')
    assert.equal(state, 'queued')
    await relay.start()
    for (const node of [alice, bob]) await until(async () => await announcesRelay(node), { what: 'the reservation', timeoutMs: 120_000 })
    await alice.waitForState(messageId, 'received')
    assert.deepEqual(bob.received.map(({ text }) => text), ['before', 'meanwhile'])
  })

  it('is waited for when it is away at boot, and the start does not wait', async () => {
    const relay = await Relay.start()
    await relay.stop()
    await using node = await MeshNode.start({ config: behind(relay) })
    assert.equal(await announcesRelay(node), false)
    await relay.start()
    await node.log.waitFor(/^Relay reservation made/)
    assert.equal(await announcesRelay(node), true)
    await relay[Symbol.asyncDispose]()
  })
})
