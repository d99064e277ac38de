import assert from 'node:assert/strict'
import type { networkInterfaces } from 'node:os'
import { describe, it } from 'node:test'
import { multiaddr } from '@multiformats/multiaddr'
import { isFromThisMachine, isOnOwnSubnet, scopeOf } from '../../src/lib/reachable-address.ts'
import { alice } from '../support/peers.ts'

const scopes: Array<[string, ReturnType<typeof scopeOf>]> = [
  ['/ip4/45.33.1.1/tcp/4001', 'public'],
  ['/ip4/8.8.8.8/udp/4001', 'public'],
  ['/ip6/2a00:1450::1/tcp/4001', 'public'],
  ['/dns4/mesh.example.org/tcp/4001', 'name'],
  ['/dnsaddr/mesh.example.org', 'name'],
  [`/dns4/relay.example.org/tcp/443/wss/p2p/${alice.toString()}/p2p-circuit`, 'name'],
  [`/ip4/45.33.1.1/tcp/4001/p2p/${alice.toString()}/p2p-circuit`, 'public'],
  ['/ip4/10.1.2.3/tcp/4001', 'private'],
  ['/ip4/172.16.0.1/tcp/4001', 'private'],
  ['/ip4/192.168.1.5/tcp/4001', 'private'],
  ['/ip4/100.64.0.1/tcp/4001', 'private'],
  ['/ip6/fd00::1/tcp/4001', 'private'],
  ['/ip4/127.0.0.1/tcp/4001', 'loopback'],
  ['/ip4/127.255.255.254/tcp/4001', 'loopback'],
  ['/ip6/::1/tcp/4001', 'loopback'],
  ['/ip4/0.0.0.0/tcp/4001', 'unusable'],
  ['/ip4/169.254.169.254/tcp/80', 'unusable'],
  ['/ip4/224.0.0.251/udp/5353', 'unusable'],
  ['/ip4/255.255.255.255/tcp/1', 'unusable'],
  ['/ip6/::/tcp/4001', 'unusable'],
  ['/ip6/fe80::1/tcp/4001', 'unusable'],
  ['/ip6/ff02::fb/udp/5353', 'unusable'],
  ['/unix/%2Ftmp%2Fsocket', 'unusable'],
  [`/p2p/${alice.toString()}`, 'unusable'],
  ['/ip6/::ffff:127.0.0.1/tcp/4001', 'loopback'],
  ['/ip6/::ffff:169.254.169.254/tcp/80', 'unusable'],
  ['/ip6/::ffff:10.0.0.1/tcp/80', 'private'],
  ['/ip6/::a00:1/tcp/80', 'unusable'],
  ['/ip6/64:ff9b::a00:1/tcp/80', 'unusable'],
  ['/ip6/2002:a00:1::1/tcp/80', 'unusable'],
  ['/ip6/2001:0:a00:1::/tcp/80', 'unusable'],
  ['/ip6/fec0::1/tcp/80', 'unusable']
]

describe('scopeOf', () => {
  for (const [address, scope] of scopes) {
    it(`${address} is ${scope}`, () => { assert.equal(scopeOf(multiaddr(address)), scope) })
  }
})

describe('isFromThisMachine', () => {
  const isFrom = (text: string): boolean => isFromThisMachine({ remoteAddr: multiaddr(text) })

  it('tells connections over loopback, not those of a relay that is on this machine', () => {
    assert.equal(isFrom('/ip4/127.0.0.1/tcp/4001'), true)
    assert.equal(isFrom('/ip4/192.168.1.5/tcp/4001'), false)
    assert.equal(isFrom(`/ip4/127.0.0.1/tcp/4001/p2p/${alice.toString()}/p2p-circuit`), false)
  })
})

describe('isOnOwnSubnet', () => {
  const entry = (cidr: string, internal = false) => ({ address: cidr.split('/')[0] ?? '', netmask: '', mac: '', internal, cidr })
  const interfaces = {
    lo: [entry('127.0.0.1/8', true)],
    eth0: [entry('192.168.1.5/24'), entry('fd12:3456::5/64')],
    tun0: [{ ...entry('10.8.0.2/32'), cidr: null }]
  } as unknown as ReturnType<typeof networkInterfaces>

  const addresses: Array<[string, boolean]> = [
    ['/ip4/192.168.1.77/tcp/4001', true],
    ['/ip4/192.168.2.77/tcp/4001', false],
    ['/ip6/fd12:3456::77/tcp/4001', true],
    ['/ip6/fd12:3457::77/tcp/4001', false],
    ['/ip4/127.0.0.2/tcp/4001', false],
    ['/ip4/10.8.0.3/tcp/4001', false],
    ['/dns4/nas.local/tcp/4001', false]
  ]
  for (const [address, expected] of addresses) {
    it(`${address}: ${expected ? 'yes' : 'no'}`, () => { assert.equal(isOnOwnSubnet(multiaddr(address), interfaces), expected) })
  }

  it('looks at the interfaces of this machine otherwise', () => {
    assert.equal(isOnOwnSubnet(multiaddr('/ip4/127.0.0.1/tcp/4001')), false)
  })
})
