import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { multiaddr } from '@multiformats/multiaddr'
import { RELAY_AVOID_MS, RELAY_SEARCH_FIRST_MS, RELAY_SEARCH_MAX_MS, RELAY_TRIAL_MS } from '../../src/config/dht-limits.ts'
import { RelayDiscovery, type RelayHint } from '../../src/nat/relay-discovery.ts'
import { alice, bob, carol } from '../support/peers.ts'
import { FakeRelays } from '../support/nat/fake-relays.ts'

const RELAYS = [alice, bob, carol].map((peerId, index) => ({ peerId, addresses: [multiaddr(`/ip4/45.33.1.${String(index + 1)}/tcp/4001`)] })) satisfies RelayHint[]
const addressOf = ({ peerId, addresses: [address] }: RelayHint): string => `${String(address)}/p2p/${peerId.toString()}`

/** A search that finds these relays, of which all reserve at first; one of the owner's list may be there already. */
function discovering(wanted: number, { found = RELAYS, listed = [] }: { found?: RelayHint[], listed?: string[] } = {}) {
  const relays = new FakeRelays(...listed)
  for (const hint of RELAYS) relays.moods.set(addressOf(hint), 'reserves')
  let searches = 0
  const discovery = new RelayDiscovery({
    wanted, relays: relays.supervisor, searchTimeoutMs: 1_000, clock: relays.clock, random: () => 0.999_999, log: relays.log,
    search: async function* () {
      searches += 1
      yield* found
    }
  })
  relays.supervisor.start()
  discovery.start()
  return { relays, discovery, searches: () => searches, held: () => relays.supervisor.status().map(({ peerId, state }) => `${peerId} ${state}`) }
}

const reserved = (...hints: RelayHint[]): string[] => hints.map(({ peerId }) => `${peerId.toString()} reserved`)

describe('RelayDiscovery', () => {
  it('makes as many reservations as are wanted, and searches no further', async () => {
    const { relays, held, searches } = discovering(2)
    await relays.advance(RELAY_SEARCH_FIRST_MS)
    assert.deepEqual(held(), reserved(...RELAYS.slice(0, 2)))
    await relays.advance(10 * RELAY_TRIAL_MS)
    assert.equal(searches(), 1)
  })

  it('searches for none where none is wanted', async () => {
    const { relays, searches } = discovering(0)
    await relays.advance(RELAY_SEARCH_MAX_MS)
    assert.equal(searches(), 0)
  })

  it('leaves relays of the owner\'s list to him', async () => {
    const [first] = RELAYS
    assert.ok(first)
    const { relays, held } = discovering(1, { listed: [addressOf(first)] })
    await relays.advance(RELAY_SEARCH_FIRST_MS)
    assert.deepEqual(held(), reserved(...RELAYS.slice(0, 2)))
  })

  it('replaces a relay that gives no reservation, and does not come back to it so soon', async () => {
    const [first, second] = RELAYS
    assert.ok(first && second)
    const { relays, held } = discovering(1, { found: [first, second] })
    relays.moods.set(addressOf(first), 'is full')
    await relays.advance(RELAY_SEARCH_FIRST_MS)
    assert.deepEqual(held(), [`${first.peerId.toString()} waiting`])
    await relays.advance(2 * RELAY_TRIAL_MS)
    assert.deepEqual(held(), reserved(second))
    await relays.lose(addressOf(second))
    relays.moods.set(addressOf(first), 'reserves')
    await relays.advance(2 * RELAY_TRIAL_MS)
    assert.deepEqual(held(), [])
    await relays.advance(RELAY_AVOID_MS + RELAY_SEARCH_MAX_MS)
    assert.deepEqual(held(), reserved(first))
  })

  it('searches less and less often while there is none, and at once when there is somebody new to ask', async () => {
    const { relays, discovery, searches } = discovering(1, { found: [] })
    await relays.advance(RELAY_SEARCH_FIRST_MS)
    for (let hour = 0; hour < 60; hour++) await relays.advance(60_000)
    const inFirstHour = searches()
    assert.ok(inFirstHour > 5 && inFirstHour < 20, `${String(inFirstHour)} searches in an hour`)
    discovery.handleNode()
    await relays.advance(RELAY_SEARCH_FIRST_MS)
    assert.equal(searches(), inFirstHour + 1)
  })

  it('takes no relayed address for a relay, and ends at a stop', async () => {
    const relayed = { peerId: alice, addresses: [multiaddr(`/ip4/45.33.1.9/tcp/4001/p2p/${bob.toString()}/p2p-circuit`)] }
    const { relays, discovery, held, searches } = discovering(1, { found: [relayed] })
    await relays.advance(RELAY_SEARCH_FIRST_MS)
    assert.deepEqual(held(), [])
    discovery.stop()
    const before = searches()
    await relays.advance(RELAY_SEARCH_MAX_MS)
    assert.equal(searches(), before)
  })
})
