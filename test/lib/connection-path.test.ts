import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { multiaddr } from '@multiformats/multiaddr'
import { bestOpen, isRelayed, relayOf, transportOf } from '../../src/lib/connection-path.ts'
import { testConnection } from '../support/links.ts'
import { alice, bob } from '../support/peers.ts'

const relay = `/ip4/192.0.2.7/tcp/4001/p2p/${alice.toString()}`
const paths: Array<[string, boolean, string]> = [
  ['/ip4/192.0.2.7/tcp/4001', false, 'tcp'],
  [relay, false, 'tcp'],
  ['/ip6/2001:db8::7/tcp/4001', false, 'tcp'],
  ['/dns4/mesh.example.org/tcp/443/tls/ws', false, 'ws'],
  ['/dns4/mesh.example.org/tcp/443/wss', false, 'wss'],
  ['/ip4/192.0.2.7/udp/4001', false, 'udp'],
  [`${relay}/p2p-circuit/p2p/${bob.toString()}`, true, 'tcp'],
  [`/dns4/relay.example.org/tcp/443/wss/p2p/${alice.toString()}/p2p-circuit`, true, 'wss'],
  ['/memory/7', false, 'unknown']
]

describe('the path of a connection', () => {
  for (const [address, relayed, transport] of paths) {
    it(`${relayed ? 'relayed' : 'direct'} over ${transport}: ${address}`, () => {
      const connection = { remoteAddr: multiaddr(address) }
      assert.equal(isRelayed(connection), relayed)
      assert.equal(relayOf(connection), relayed ? alice.toString() : undefined)
      assert.equal(transportOf(connection), transport)
    })
  }
})

describe('the best of several connections', () => {
  it('is the first open one, a direct one before a relayed one', () => {
    const closed = testConnection(alice, { status: 'closed' })
    const relayed = testConnection(alice, { isRelayed: true })
    const [one, other] = [testConnection(alice), testConnection(alice)]
    assert.equal(bestOpen([closed, relayed, one, other]), one)
    assert.equal(bestOpen([closed, relayed]), relayed)
    assert.equal(bestOpen([closed]), undefined)
  })
})
