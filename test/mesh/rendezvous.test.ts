import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { PeerId } from '@libp2p/interface'
import { DHT_BUCKET_SIZE, PUBLICATION_SOON_MS, RENDEZVOUS_INTERVAL_MS, RENDEZVOUS_NEIGHBOURS, RENDEZVOUS_SHARE } from '../../src/config/dht-limits.ts'
import { resolveConfig } from '../../src/config/resolve.ts'
import { Rendezvous, type RendezvousInit } from '../../src/mesh/rendezvous.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { FakeDht, toldPeer } from '../support/fake-dht.ts'
import { LogRecorder } from '../support/log-recorder.ts'
import { alice, bob, carol, testPeerId } from '../support/peers.ts'
import { settled } from '../support/turns.ts'

const NETWORK = '/libp2p-mesh/network/home'
const crowd = await Promise.all(Array.from({ length: 2 * DHT_BUCKET_SIZE }, async (_, index) => await testPeerId(100 + index)))
const signal = AbortSignal.timeout(60_000)

interface Surroundings {
  /** Who entered the network. */
  members?: PeerId[]
  connected?: PeerId[]
  /** Who is connected for a question only. */
  passing?: PeerId
  blocked?: PeerId
  /** Who is not reached. */
  away?: PeerId
  random?: number
  topic?: string
}

function meeting({ members = [], connected = [], passing, blocked, away, random = 0.5, topic = 'home' }: Surroundings = {}) {
  const clock = new FakeClock()
  const log = new LogRecorder()
  const dht = new FakeDht()
  const dialled: PeerId[] = []
  dht.entered.set(NETWORK, members.map(member => toldPeer(member)))
  const network = {
    tryAddresses: async (peerId: PeerId, addresses: readonly unknown[]) => {
      assert.equal(String(addresses), '/ip4/45.33.1.1/tcp/4001')
      dialled.push(peerId)
      if (peerId === away) throw new Error('nobody there')
      connected.push(peerId)
    }
  }
  const encounters: RendezvousInit['encounters'] = {
    get peers() { return connected.filter(peerId => peerId !== passing) },
    has(peerId) { return this.peers.includes(peerId) }
  }
  const config = resolveConfig({ meshTopic: topic }, {}, { hostname: 'node' })
  const rendezvous = new Rendezvous({
    init: { config, clock, random: () => random, log } as unknown as RendezvousInit['init'], // all that it takes of a mesh
    dht, encounters, network: network as unknown as RendezvousInit['network'],
    book: { statusOf: peerId => peerId === blocked?.toString() ? 'blocked' : 'unknown' }
  })
  const round = async (): Promise<void> => {
    if (clock.pending.length === 0) rendezvous.publication.start()
    clock.advance(clock.pending[0] ?? 0)
    await settled()
  }
  return { rendezvous, clock, log, dht, dialled, round }
}

describe('a node that knows the name of its network', () => {
  it('enters itself there soon after the start, and meets who did before', async () => {
    const { dht, dialled, log, clock, rendezvous } = meeting({ members: [alice, bob] })
    rendezvous.publication.start()
    assert.deepEqual(dht.provided, [])
    clock.advance(PUBLICATION_SOON_MS)
    await settled()
    assert.deepEqual([dht.provided, dialled], [[NETWORK], [alice, bob]])
    assert.equal(log.matching(/^1 nodes hold the entry of this node in the network "home"$/).length, 1)
  })

  it('meets nobody of another network', async () => {
    const { dht, dialled, round } = meeting({ members: [alice], topic: 'office' })
    await round()
    assert.deepEqual([dht.provided, dialled], [['/libp2p-mesh/network/office'], []])
  })

  it('does so again now and then, also when a round failed', async () => {
    const { dht, clock, round } = meeting()
    let failures = 1
    const { provide } = dht
    Object.assign(dht, { provide: async (name: string) => {
      if (failures-- > 0) throw new Error('nobody took it')
      return await provide(name)
    } })
    await round()
    assert.deepEqual([dht.provided, clock.pending], [[], [RENDEZVOUS_INTERVAL_MS]])
    await round()
    assert.deepEqual([dht.provided, clock.pending], [[NETWORK], [RENDEZVOUS_INTERVAL_MS]])
  })

  it('enters itself only now and then where plenty did, and meets some of them all the same', async () => {
    for (const [random, entries] of [[RENDEZVOUS_SHARE, 0], [RENDEZVOUS_SHARE - 0.01, 1]] as const) {
      const { dht, dialled, round } = meeting({ members: crowd, random })
      await round()
      assert.deepEqual([dht.provided.length, dialled.length], [entries, RENDEZVOUS_NEIGHBOURS])
    }
  })

  it('leaves nothing behind at a stop', async () => {
    const { rendezvous, clock, round } = meeting({ members: [alice] })
    await round()
    rendezvous.publication.stop()
    assert.deepEqual(clock.pending, [])
  })
})

describe('of the others in a network', () => {
  it('as many are dialled as a node is short of neighbours', async () => {
    const neighbours = crowd.slice(0, RENDEZVOUS_NEIGHBOURS - 2)
    const few = meeting({ members: crowd, connected: [...neighbours] })
    await few.round()
    assert.deepEqual(few.dialled, crowd.slice(neighbours.length, RENDEZVOUS_NEIGHBOURS))
    const enough = meeting({ members: crowd, connected: crowd.slice(-RENDEZVOUS_NEIGHBOURS) })
    await enough.round()
    assert.deepEqual(enough.dialled, [])
  })

  it('one that is connected for a question only is no neighbour yet, and becomes one', async () => {
    const { dialled, round } = meeting({ members: [alice, bob], connected: [alice], passing: alice })
    await round()
    assert.deepEqual(dialled, [alice, bob])
  })

  it('nobody is dialled whom the owner blocked', async () => {
    const { dialled, round } = meeting({ members: [alice, bob], blocked: alice })
    await round()
    assert.deepEqual(dialled, [bob])
  })

  it('one that is not reached keeps nobody from the rest', async () => {
    const { dialled, log, dht, round } = meeting({ members: [alice, bob, carol], away: alice })
    await round()
    assert.deepEqual([new Set(dialled), dht.provided.length], [new Set([alice, bob, carol]), 1])
    assert.equal(log.matching(new RegExp(`^Peer ${alice.toString()} of the same network was not reached`), 'debug').length, 1)
    assert.deepEqual(log.complaints, [])
  })

  it('those are named on demand that are neither connected nor blocked, and nobody is dialled for it', async () => {
    const { rendezvous, dialled, dht } = meeting({ members: [alice, bob, carol], connected: [alice], blocked: bob })
    const others = await rendezvous.others({ signal })
    assert.deepEqual(others.map(({ peerId, addresses }) => [peerId, String(addresses)]), [[carol, '/ip4/45.33.1.1/tcp/4001']])
    assert.deepEqual([dialled, dht.provided], [[], []])
  })
})
