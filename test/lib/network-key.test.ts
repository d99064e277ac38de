import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { multiaddr } from '@multiformats/multiaddr'
import { networkKey, networkKeyOf } from '../../src/lib/network-key.ts'

describe('networkKey', () => {
  it('is the address for IPv4, also where it is written as IPv6', () => {
    assert.equal(networkKey('45.33.0.7'), '45.33.0.7')
    assert.equal(networkKey('::ffff:45.33.0.7'), '45.33.0.7')
  })

  it('is one for all addresses of an IPv6 /64, however they are written', () => {
    const key = networkKey('2001:db8::1')
    for (const same of ['2001:db8::2', '2001:DB8:0:0:ffff::', '2001:db8:0:0:1:2:3:4']) assert.equal(networkKey(same), key)
    for (const other of ['2001:db8:0:1::1', '2001:db9::1', '::1']) assert.notEqual(networkKey(other), key)
    assert.equal(networkKey('fe80::1%eth0'), networkKey('fe80::2%eth1'))
  })

  it('is read off a multiaddr', () => {
    assert.equal(networkKeyOf(multiaddr('/ip4/45.33.0.7/tcp/4001/ws')), '45.33.0.7')
    assert.equal(networkKeyOf(multiaddr('/ip6/2001:db8::9/tcp/1')), networkKey('2001:db8::1'))
  })
})
