import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Connection } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { INVITE_TRIES_PER_ADDRESS, INVITE_TRIES_PER_PEER } from '../../src/config/invite-limits.ts'
import { Invites, type InvitesInit } from '../../src/mesh/invites.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { alice, bob, testPeerId } from '../support/peers.ts'
import { TestDatabase } from '../support/test-database.ts'

const HOUR_MS = 3_600_000
const RELAY = `/ip4/198.51.100.7/tcp/4001/p2p/${alice.toString()}/p2p-circuit`

function fixture(): { invites: Invites, clock: FakeClock } & Disposable {
  const db = new TestDatabase()
  const clock = new FakeClock()
  const { database, commits } = db
  const invites = new Invites({ database, commits, init: { clock } } as unknown as InvitesInit) // all that counting tries takes
  return { invites, clock, [Symbol.dispose]: () => { db[Symbol.dispose]() } }
}

const connection = (remotePeer: Connection['remotePeer'], address: string): Connection => ({ remotePeer, remoteAddr: multiaddr(address) }) as Connection

/** How many tries are allowed in a row. */
function allowed(invites: Invites, connections: readonly Connection[]): number {
  return connections.filter(one => invites.handleTry(one) === 0).length
}

describe('tries with tickets', () => {
  it('are counted for each peer, and come back with time', () => {
    using parts = fixture()
    const tries = Array.from({ length: 100 }, (_, index) => connection(bob, `/ip4/192.0.2.${index}/tcp/1`))
    assert.equal(allowed(parts.invites, tries), INVITE_TRIES_PER_PEER)
    parts.clock.advance(HOUR_MS / INVITE_TRIES_PER_PEER)
    assert.equal(allowed(parts.invites, tries), 1)
  })

  it('are counted for each address, whatever peers come from there', async () => {
    using parts = fixture()
    const peers = await Promise.all(Array.from({ length: 2 * INVITE_TRIES_PER_ADDRESS }, async (_, index) => testPeerId(100 + index)))
    assert.equal(allowed(parts.invites, peers.map(peer => connection(peer, '/ip4/192.0.2.1/tcp/1'))), INVITE_TRIES_PER_ADDRESS)
    assert.equal(allowed(parts.invites, [connection(bob, '/ip4/192.0.2.2/tcp/1')]), 1)
  })

  it('are not counted for a relay, which all that come through it would share', async () => {
    using parts = fixture()
    const peers = await Promise.all(Array.from({ length: 2 * INVITE_TRIES_PER_ADDRESS }, async (_, index) => testPeerId(100 + index)))
    assert.equal(allowed(parts.invites, peers.map(peer => connection(peer, RELAY))), peers.length)
    assert.equal(allowed(parts.invites, Array.from({ length: 100 }, () => connection(bob, RELAY))), INVITE_TRIES_PER_PEER)
  })
})
