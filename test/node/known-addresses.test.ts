import assert from 'node:assert/strict'
import { describe, it, mock, type TestContext } from 'node:test'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { MAX_KNOWN_ADDRESSES } from '../../src/config/limits.ts'
import { KnownAddresses } from '../../src/node/known-addresses.ts'
import { nodeOptions } from '../../src/node/options.ts'
import { alice, bob, carol } from '../support/peers.ts'

/** A peer store as the node has it, in memory. */
async function knownAddresses(): Promise<{ known: KnownAddresses, of: (peerId: typeof alice) => Promise<string[]> }> {
  const { peerStore: options } = await nodeOptions({ config: { discovery: [] } } as unknown as Parameters<typeof nodeOptions>[0])
  const { peerStore } = await createLibp2p({ start: false, ...options !== undefined && { peerStore: options } })
  const known = new KnownAddresses(peerStore)
  return { known, of: async peerId => await known.of(peerId) }
}

const addresses = (count: number, port: number) => Array.from({ length: count }, (_, index) => multiaddr(`/ip4/45.33.1.${index}/tcp/${port}`))

describe('known addresses', () => {
  it('are those that were added, each once, without the peer ID', async () => {
    const { known, of } = await knownAddresses()
    const [first] = addresses(1, 4001)
    assert.ok(first)
    await known.add(alice, [first])
    await known.add(alice, [first.encapsulate(`/p2p/${alice.toString()}`)])
    await known.add(bob, [])
    assert.deepEqual([await of(alice), await of(bob)], [[first.toString()], []])
  })

  it('are bounded: new ones take the place of old ones', async () => {
    const { known, of } = await knownAddresses()
    await known.add(alice, addresses(MAX_KNOWN_ADDRESSES, 4001))
    const young = addresses(3, 4002)
    await known.add(alice, young)
    const texts = await of(alice)
    assert.equal(texts.length, MAX_KNOWN_ADDRESSES)
    for (const address of young) assert.ok(texts.includes(address.toString()))
  })

  it('lose those that the peer has no longer, and only those', async () => {
    const { known, of } = await knownAddresses()
    await known.add(alice, addresses(3, 4001))
    await known.drop(alice, ['/ip4/45.33.1.1/tcp/4001', '/ip4/45.33.1.9/tcp/4001'])
    assert.deepEqual(await of(alice), ['/ip4/45.33.1.0/tcp/4001', '/ip4/45.33.1.2/tcp/4001'])
    await known.drop(bob, ['/ip4/45.33.1.1/tcp/4001'])
  })

  it('do not grow too old to be dialled, however long they are in use', async (t: TestContext) => {
    const { known, of } = await knownAddresses()
    const start = Date.now()
    mock.timers.enable({ apis: ['Date'], now: start })
    t.after(() => { mock.timers.reset() })
    for (const days of [0, 29, 31, 400]) {
      mock.timers.setTime(start + days * 86_400_000)
      if (days < 400) await known.add(alice, addresses(1, 4001))
      assert.equal((await of(alice)).length, 1, `after ${days} days`)
    }
  })

  it('are forgotten with peers that nothing else remembers', async () => {
    const { known, of } = await knownAddresses()
    for (const peerId of [alice, bob, carol]) await known.add(peerId, addresses(1, 4001))
    let isBobKept = false
    await known.forgetPeers((peerId) => {
      const isKept = peerId.equals(alice) || (peerId.equals(bob) && isBobKept)
      if (peerId.equals(carol)) isBobKept = true // he connects while peers are looked through
      return isKept
    })
    assert.deepEqual([(await of(alice)).length, (await of(carol)).length], [1, 0])
  })

  it('are kept for a time though nothing else remembers the peer, where that was asked', async (t: TestContext) => {
    const { known, of } = await knownAddresses()
    const start = Date.now()
    mock.timers.enable({ apis: ['Date'], now: start })
    t.after(() => { mock.timers.reset() })
    await known.add(alice, addresses(1, 4001), 86_400_000)
    await known.add(alice, addresses(1, 4002))
    for (const [days, left] of [[0, 2], [0.9, 2], [1.1, 0]] as const) {
      mock.timers.setTime(start + days * 86_400_000)
      await known.forgetPeers(() => false)
      assert.equal((await of(alice)).length, left, `after ${days} days`)
    }
  })
})
