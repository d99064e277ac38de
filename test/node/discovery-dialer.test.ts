import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { PeerId } from '@libp2p/interface'
import { MAX_DISCOVERY_DIALS } from '../../src/config/limits.ts'
import { DiscoveryDialer } from '../../src/node/discovery-dialer.ts'
import { alice, bob, testPeerId } from '../support/peers.ts'
import { settled } from '../support/turns.ts'

function createDialer(connected: PeerId[] = [], { hasEnough = false }: { hasEnough?: boolean } = {}) {
  const dials: Array<{ peerId: PeerId, resolve: (value: undefined) => void, reject: (error: Error) => void }> = []
  const failures: string[] = []
  const dialer = new DiscoveryDialer({
    isConnected: peerId => connected.some(other => other.equals(peerId)),
    hasEnough: () => hasEnough,
    onFailure: (peerId, error) => { failures.push(`${peerId.toString()}: ${error.message}`) },
    dial: async (peerId) => {
      const { promise, resolve, reject } = Promise.withResolvers<undefined>()
      dials.push({ peerId, resolve, reject })
      await promise
    }
  })
  return { dialer, dials, failures }
}

describe('DiscoveryDialer', () => {
  it('dials nobody while there are connections enough', () => {
    const { dialer, dials } = createDialer([], { hasEnough: true })
    dialer.handleDiscovered(alice)
    assert.deepEqual(dials, [])
  })

  it('dials a discovered peer, once while the dial is under way', async () => {
    const { dialer, dials } = createDialer()
    dialer.handleDiscovered(alice)
    dialer.handleDiscovered(alice)
    assert.deepEqual(dials.map(dial => dial.peerId), [alice])
    dials[0]?.resolve(undefined)
    await settled()
    dialer.handleDiscovered(alice)
    assert.equal(dials.length, 2)
  })

  it('leaves connected peers alone', () => {
    const { dialer, dials } = createDialer([alice])
    dialer.handleDiscovered(alice)
    dialer.handleDiscovered(bob)
    assert.deepEqual(dials.map(dial => dial.peerId), [bob])
  })

  it('reports a failure, and dials again when the peer is discovered again', async () => {
    const { dialer, dials, failures } = createDialer()
    dialer.handleDiscovered(alice)
    dials[0]?.reject(new Error('refused'))
    await settled()
    assert.deepEqual(failures, [`${alice.toString()}: refused`])
    dialer.handleDiscovered(alice)
    assert.equal(dials.length, 2)
  })

  it('has a few dials under way in a flood of announcements, and goes on when one of them ends', async () => {
    const { dialer, dials } = createDialer()
    const flood = await Promise.all(Array.from({ length: 100 }, (_, index) => testPeerId(1_000 + index)))
    for (const peerId of flood) dialer.handleDiscovered(peerId)
    assert.equal(dials.length, MAX_DISCOVERY_DIALS)
    dials[0]?.reject(new Error('refused'))
    await settled()
    for (const peerId of flood.reverse()) dialer.handleDiscovered(peerId)
    assert.equal(dials.length, MAX_DISCOVERY_DIALS + 1)
  })
})
