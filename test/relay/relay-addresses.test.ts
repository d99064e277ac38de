import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { relayAddresses } from '../../src/relay/relay-addresses.ts'

function machine(...addresses: string[]) {
  return { eth0: addresses.map(address => ({ address, family: address.includes(':') ? 'IPv6' : 'IPv4' })) }
}

const ANY = ['/ip4/0.0.0.0/tcp/4001', '/ip6/::/tcp/4001', '/ip4/0.0.0.0/tcp/443/ws']

describe('relayAddresses', () => {
  it('are the public ones of the machine, with all that follows the host', () => {
    assert.deepEqual(relayAddresses(ANY, machine('127.0.0.1', '45.33.0.7', '10.0.0.5', 'fe80::1', '2600:3c00::7')), {
      scope: 'public', addresses: ['/ip4/45.33.0.7/tcp/4001', '/ip6/2600:3c00::7/tcp/4001', '/ip4/45.33.0.7/tcp/443/ws']
    })
  })

  it('are private ones where there is no public one, and loopback where there is nothing else', () => {
    assert.deepEqual(relayAddresses(ANY, machine('127.0.0.1', '10.0.0.5')), {
      scope: 'private', addresses: ['/ip4/10.0.0.5/tcp/4001', '/ip4/10.0.0.5/tcp/443/ws']
    })
    assert.deepEqual(relayAddresses(['/ip4/127.0.0.1/tcp/4001'], machine()), { scope: 'loopback', addresses: ['/ip4/127.0.0.1/tcp/4001'] })
  })

  it('are those that were named, whatever the machine has', () => {
    assert.deepEqual(relayAddresses(['/ip4/45.33.0.9/tcp/4001'], machine('10.0.0.5')), { scope: 'public', addresses: ['/ip4/45.33.0.9/tcp/4001'] })
  })
})
