import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { multiaddr } from '@multiformats/multiaddr'
import { MAX_TICKET_ADDRESSES, MAX_TICKET_ADDRESS_BYTES } from '../../src/config/invite-limits.ts'
import { ticketAddresses } from '../../src/trust/ticket-addresses.ts'
import { bob } from '../support/peers.ts'

const RELAYED = `/ip4/198.51.100.7/tcp/4001/p2p/${bob.toString()}/p2p-circuit`

function chosen(...addresses: string[]): string[] {
  return ticketAddresses(addresses.map(text => multiaddr(text))).map(address => address.toString())
}

describe('the addresses in a ticket', () => {
  it('are of every kind: LAN, public, name and relay', () => {
    const all = ['/ip4/127.0.0.1/tcp/1', '/ip4/192.168.1.2/tcp/1', '/ip4/8.8.8.8/tcp/1', '/dns4/example.org/tcp/1', RELAYED, '/ip6/fe80::1/tcp/1']
    assert.deepEqual(chosen(...all), ['/ip4/192.168.1.2/tcp/1', '/ip4/8.8.8.8/tcp/1', RELAYED, '/dns4/example.org/tcp/1'])
  })

  it('leave room for the others where there are many of a kind', () => {
    const docker = Array.from({ length: 30 }, (_, index) => `/ip4/172.17.${index}.1/tcp/4001`)
    const addresses = chosen(...docker, RELAYED, '/ip4/8.8.8.8/tcp/1')
    assert.ok(addresses.includes(RELAYED) && addresses.includes('/ip4/8.8.8.8/tcp/1'))
    assert.equal(addresses.length, MAX_TICKET_ADDRESSES)
  })

  it('stay short: a long one makes room for those that fit', () => {
    const long = `/dns4/${'a'.repeat(60)}.${'b'.repeat(60)}.example.org/tcp/4001`
    const relayed = Array.from({ length: 10 }, (_, index) => RELAYED.replace('4001', String(4_001 + index)))
    const addresses = chosen(long, ...relayed, '/ip4/192.168.1.2/tcp/1')
    const bytes = addresses.reduce((sum, text) => sum + 1 + multiaddr(text).bytes.byteLength, 0)
    assert.ok(bytes <= MAX_TICKET_ADDRESS_BYTES)
    assert.ok(addresses.includes('/ip4/192.168.1.2/tcp/1'))
  })

  it('are those of this machine only when it has no others', () => {
    assert.deepEqual(chosen('/ip4/127.0.0.1/tcp/1', '/ip6/::1/tcp/1'), ['/ip4/127.0.0.1/tcp/1', '/ip6/::1/tcp/1'])
    assert.deepEqual(chosen(), [])
  })
})
