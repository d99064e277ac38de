import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { PeerId } from '@libp2p/interface'
import {
  DHT_BUCKET_SIZE, FIRST_NODE_TIMEOUT_MS, LOCATED_KEEP_MS, PUBLICATION_PAUSE_MS, PUBLICATION_SOON_MS, RECORD_INTERVAL_MS, RECORD_LIFE_MS,
  RELAY_SEARCH_FIRST_MS, START_MS
} from '../../src/config/dht-limits.ts'
import { resolveConfig } from '../../src/config/resolve.ts'
import type { ConfigInput } from '../../src/config/schema.ts'
import { agentIdOf } from '../../src/lib/agent-id.ts'
import { WideArea, type WideAreaInit } from '../../src/mesh/wide-area.ts'
import { RELAYS_NAME } from '../../src/node/relay-entry.ts'
import type { SignedAnnounce } from '../../src/protocols/announce.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { FakeDht, toldPeer } from '../support/fake-dht.ts'
import { LogRecorder } from '../support/log-recorder.ts'
import { alice, bob } from '../support/peers.ts'
import { keyedPeer, recordOf } from '../support/routes.ts'
import { settled } from '../support/turns.ts'

const us = await keyedPeer(9)
const dave = await keyedPeer(4)
const mallory = await keyedPeer(66)
const PUBLIC = '/ip4/45.33.1.1/tcp/4001'
const NETWORK = '/libp2p-mesh/network/openclaw-mesh'

const keyOf = (peerId: PeerId): string => `/mesh/${agentIdOf(peerId)}`

/** A node beyond the LAN with all around it made up; it started `ageMs` ago. */
function abroad({ config = {}, nodes = 1, ageMs = START_MS + 1 }: { config?: ConfigInput, nodes?: number, ageMs?: number } = {}) {
  const clock = new FakeClock()
  const log = new LogRecorder()
  const dht = new FakeDht()
  dht.size = nodes
  const seen = {
    found: [] as SignedAnnounce[], learned: [] as unknown[], nudged: [] as PeerId[], relays: [] as string[],
    /** What the node says of itself. */
    record: new TextEncoder().encode('our record') as Uint8Array | undefined, blocked: ''
  }
  const parts = {
    init: { config: resolveConfig({ discovery: ['bootstrap', 'dht'], ...config }, {}, { hostname: 'node' }), clock, random: () => 0.5, log }, self: us.peerId, dht,
    network: {
      learn: async (peerId: PeerId, addresses: unknown[], keepMs: number) => { seen.learned.push([peerId, String(addresses), keepMs]) },
      tryAddresses: async () => undefined
    },
    keeper: { nudge: (peerId: PeerId) => { seen.nudged.push(peerId) } },
    book: { statusOf: (peerId: string) => peerId === seen.blocked ? 'blocked' : 'unknown' },
    instances: {
      announcing: { record: async () => seen.record },
      handleFound: (found: SignedAnnounce) => { seen.found.push(found) },
      ofPeer: (peerId: string) => seen.found.find(found => found.peerId.toString() === peerId)
    },
    traversal: { relays: { status: () => [], remove: () => undefined, add: (_peerId: PeerId, address: unknown) => { seen.relays.push(String(address)) } } }
  }
  const wideArea = new WideArea(parts as unknown as WideAreaInit) // all that it takes of them
  const wait = async (ms: number): Promise<void> => {
    clock.advance(ms)
    await settled()
  }
  wideArea.start()
  clock.advance(Math.min(ageMs, PUBLICATION_SOON_MS - 1))
  const aged = async (): Promise<void> => { await wait(Math.max(0, ageMs - PUBLICATION_SOON_MS + 1)) }
  return { wideArea, clock, log, dht, seen, wait, aged }
}

/** The record of a peer as it lies in the DHT. */
async function recordFor(peer: typeof dave, clock: FakeClock, more: Parameters<typeof recordOf>[1] = {}): Promise<Uint8Array> {
  return await recordOf(peer, { instanceName: 'dave', addrs: [PUBLIC], expiresAt: clock.now() + RECORD_LIFE_MS, ...more })
}

describe('what a node puts into the DHT', () => {
  it('is its record under its agent ID and its entry in its network: soon after the start, now and then, and when its addresses change', async () => {
    const { wideArea, dht, wait } = abroad()
    dht.holders = DHT_BUCKET_SIZE
    assert.deepEqual([dht.puts, dht.provided], [[], []])
    await wait(1)
    assert.deepEqual(dht.puts, [{ key: keyOf(us.peerId), value: new TextEncoder().encode('our record') }])
    assert.deepEqual(dht.provided, [NETWORK])
    await wait(RECORD_INTERVAL_MS)
    assert.equal(dht.puts.length, 2)
    wideArea.handleAddresses()
    await wait(PUBLICATION_PAUSE_MS)
    assert.deepEqual([dht.puts.length, dht.provided.length], [3, 2])
  })

  it('is no record where strangers are told nothing or there is no address to tell', async () => {
    const { dht, seen, wait } = abroad()
    seen.record = undefined
    await wait(1)
    assert.deepEqual([dht.puts, dht.provided], [[], [NETWORK]])
  })

  it('is given to a node that comes while few hold it', async () => {
    const { dht, wait } = abroad()
    await wait(1)
    dht.meetNode()
    await wait(PUBLICATION_PAUSE_MS)
    assert.deepEqual([dht.puts.length, dht.provided.length], [2, 2])
  })

  it('is an entry among the relays where it is one, and there alone', async () => {
    for (const enableCircuitRelayServer of [false, true]) {
      const { dht, wait } = abroad({ config: { enableCircuitRelayServer } })
      await wait(1)
      assert.deepEqual(dht.provided.toSorted(), enableCircuitRelayServer ? [NETWORK, RELAYS_NAME] : [NETWORK])
    }
  })

  it('is nothing more after a stop', async () => {
    const { wideArea, dht, clock, wait } = abroad({ config: { discoverRelays: 1 } })
    await wait(1)
    wideArea.stop()
    dht.meetNode()
    wideArea.handleAddresses()
    assert.deepEqual([clock.pending, dht.listening, await wideArea.find({ agentId: agentIdOf(alice) })], [[], 0, false])
  })
})

describe('a look-up', () => {
  it('takes what the peer signed, and nothing that somebody else put there', async () => {
    const { wideArea, dht, seen, clock, log } = abroad()
    const genuine = await recordFor(dave, clock)
    const bad = [
      await recordFor(mallory, clock), genuine.with(-1, (genuine.at(-1) ?? 0) ^ 1), await recordFor(dave, clock, { expiresAt: clock.now() - 1 }),
      await recordFor(dave, clock, { addrs: ['/ip4/192.168.1.5/tcp/4001'] })
    ]
    const sought = { agentId: agentIdOf(dave.peerId) }
    for (const record of bad) {
      dht.records.set(keyOf(dave.peerId), [record])
      assert.equal(await wideArea.find(sought), false)
      clock.advance(RECORD_LIFE_MS / 100) // it is not looked for again so soon
    }
    assert.deepEqual([seen.found, log.matching(/^A record of .* was dropped/, 'debug').length], [[], bad.length])
    dht.records.set(keyOf(dave.peerId), [genuine])
    assert.equal(await wideArea.find(sought), true)
    assert.deepEqual(seen.found.map(({ peerId, announce }) => [String(peerId), announce.addrs.map(String)]), [[String(dave.peerId), [PUBLIC]]])
    assert.deepEqual(log.complaints, [])
  })

  it('of a peer without a record learns where others saw it, for a while', async () => {
    const { wideArea, dht, seen } = abroad()
    dht.places.set(bob.toString(), toldPeer(bob))
    assert.equal(await wideArea.find({ peerId: bob }), true)
    assert.deepEqual(seen.learned, [[bob, PUBLIC, LOCATED_KEEP_MS]])
    assert.equal(await wideArea.find({ peerId: alice }), false)
  })

  it('right after the start waits for the first node, and not for long', async () => {
    const { wideArea, dht, clock } = abroad({ nodes: 0, ageMs: 0 })
    dht.records.set(keyOf(dave.peerId), [await recordFor(dave, clock)])
    const finding = wideArea.find({ agentId: agentIdOf(dave.peerId) })
    await settled()
    dht.meetNode()
    assert.equal(await finding, true)
    const alone = abroad({ nodes: 0, ageMs: 0 })
    const missing = alone.wideArea.find({ agentId: agentIdOf(dave.peerId) })
    await settled()
    alone.clock.advance(FIRST_NODE_TIMEOUT_MS)
    assert.equal(await missing, false)
    assert.equal(alone.dht.listening, 1, 'only the node itself still wants to know of nodes')
  })

  it('waits for nobody later on', async () => {
    const { wideArea, dht, aged } = abroad({ nodes: 0 })
    await aged()
    assert.equal(await wideArea.find({ agentId: agentIdOf(dave.peerId) }), false)
    assert.equal(dht.sought.includes(keyOf(dave.peerId)), false)
  })

  it('of a wanted peer that is not where it was has it dialled anew, if it is somewhere', async () => {
    const { wideArea, dht, seen } = abroad()
    dht.places.set(bob.toString(), toldPeer(bob))
    for (const peerId of [alice, bob]) wideArea.handleUnreached(peerId)
    await settled()
    assert.deepEqual(seen.nudged, [bob])
  })
})

describe('discoverRelays', () => {
  it('takes relays that entered themselves, and none that the owner blocked', async () => {
    const { dht, seen, wait } = abroad({ config: { discoverRelays: 1 } })
    seen.blocked = alice.toString()
    dht.entered.set(RELAYS_NAME, [toldPeer(alice), toldPeer(bob)])
    await wait(RELAY_SEARCH_FIRST_MS)
    assert.deepEqual(seen.relays, [`${PUBLIC}/p2p/${bob.toString()}`])
  })

  it('looks for none where it is not set, or relays are off', async () => {
    for (const config of [{}, { discoverRelays: 2, enableCircuitRelay: false }]) {
      const { dht, wait } = abroad({ config })
      await wait(RELAY_SEARCH_FIRST_MS)
      assert.equal(dht.sought.includes(RELAYS_NAME), false)
    }
  })
})
