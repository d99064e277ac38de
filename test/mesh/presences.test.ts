import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { PeerId } from '@libp2p/interface'
import { PRESENCE_FRESH_MS } from '../../src/config/limits.ts'
import { Presences } from '../../src/mesh/presences.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { alice, bob } from '../support/peers.ts'

function create() {
  const clock = new FakeClock()
  const connected = new Set<PeerId>()
  const presences = new Presences({ isConnected: peerId => connected.has(peerId), now: clock.now })
  return {
    clock, presences,
    connect: (peerId: PeerId) => {
      connected.add(peerId)
      presences.handleConnected(peerId)
    },
    disconnect: (peerId: PeerId) => { connected.delete(peerId) }
  }
}

describe('Presences', () => {
  it('have a peer online from its connection to its end', () => {
    const { presences, connect, disconnect } = create()
    assert.equal(presences.of(alice), 'away')
    connect(alice)
    assert.deepEqual([presences.of(alice), presences.of(bob)], ['online', 'away'])
    disconnect(alice)
    assert.equal(presences.of(alice), 'away')
  })

  it('have nobody online who was not heard for a while, whatever its connection looks like', () => {
    const { presences, connect, clock } = create()
    connect(alice)
    clock.advance(PRESENCE_FRESH_MS)
    assert.equal(presences.of(alice), 'online')
    clock.advance(1)
    assert.equal(presences.of(alice), 'away')
    presences.handleHeard(alice)
    assert.equal(presences.of(alice), 'online')
  })

  it('have gone who said goodbye, before its connection ends and after, until it is back', () => {
    const { presences, connect, disconnect } = create()
    connect(alice)
    presences.handleLeft(alice)
    presences.handleHeard(alice)
    assert.equal(presences.of(alice), 'left')
    disconnect(alice)
    assert.equal(presences.of(alice), 'left')
    connect(alice)
    assert.equal(presences.of(alice), 'online')
  })
})
