import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { generateKeyPair } from '@libp2p/crypto/keys'
import type { PeerId } from '@libp2p/interface'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { Reservations } from '../../src/relay/reservations.ts'
import { FakeClock } from '../support/fake-clock.ts'

const TTL_MS = 1_000
const peer = async (): Promise<PeerId> => peerIdFromPrivateKey(await generateKeyPair('Ed25519'))

function table(limit = 3, perNetwork = 2) {
  const clock = new FakeClock()
  return { clock, reservations: new Reservations({ limit, perNetwork, ttlMs: TTL_MS, clock }) }
}

describe('Reservations', () => {
  it('find a peer by the multihash that requests carry', async () => {
    const { reservations, clock } = table()
    const alice = await peer()
    assert.equal(reservations.reserve(alice, 'net'), clock.now() + TTL_MS)
    assert.ok(reservations.find(alice.toMultihash().bytes)?.equals(alice))
    assert.equal(reservations.find((await peer()).toMultihash().bytes), undefined)
    assert.equal(reservations.find(new Uint8Array(3_000)), undefined)
  })

  it('are bounded in all and for one network', async () => {
    const { reservations } = table()
    assert.ok(reservations.reserve(await peer(), 'one'))
    assert.ok(reservations.reserve(await peer(), 'one'))
    assert.equal(reservations.reserve(await peer(), 'one'), undefined)
    assert.ok(reservations.reserve(await peer(), 'other'))
    assert.equal(reservations.reserve(await peer(), 'third'), undefined)
  })

  it('are renewed also where there is no further place', async () => {
    const { reservations, clock } = table(1)
    const alice = await peer()
    reservations.reserve(alice, 'net')
    clock.advance(TTL_MS - 1)
    assert.ok(reservations.reserve(alice, 'net'))
    clock.advance(TTL_MS - 1)
    assert.equal(reservations.size, 1)
  })

  it('end with their time and with the peer\'s leave', async () => {
    const { reservations, clock } = table(1)
    const [alice, bob] = [await peer(), await peer()]
    reservations.reserve(alice, 'net')
    clock.advance(TTL_MS)
    assert.equal(reservations.find(alice.toMultihash().bytes), undefined)
    assert.ok(reservations.reserve(bob, 'net'))
    reservations.release(bob)
    assert.ok(reservations.reserve(alice, 'net'))
  })
})
