import assert from 'node:assert/strict'
import { networkInterfaces } from 'node:os'
import { describe, it } from 'node:test'
import { multiaddr } from '@multiformats/multiaddr'
import { usableAddresses, type Teller } from '../../src/routes/usable-addresses.ts'

const stranger: Teller = { isApproved: false, isLocal: false }
const friend: Teller = { isApproved: true, isLocal: false }
const usable = (teller: Teller, ...texts: string[]): string[] => usableAddresses(texts.map(text => multiaddr(text)), teller).map(address => address.toString())

describe('usableAddresses', () => {
  it('of a stranger are public ones', () => {
    const all = ['/ip4/45.33.0.7/tcp/1', '/dns4/router.lan/tcp/80', '/ip4/127.0.0.1/tcp/22', '/ip4/192.168.1.1/tcp/80', '/ip4/169.254.1.1/tcp/80', '/ip6/::1/tcp/22']
    assert.deepEqual(usable(stranger, ...all), ['/ip4/45.33.0.7/tcp/1'])
  })

  it('of an approved peer are names too, and private ones of our own subnets only', () => {
    const own = Object.values(networkInterfaces()).flatMap(list => list ?? []).find(({ family, internal, address }) => family === 'IPv4' && !internal && /^(10|192\.168)\./.test(address))
    assert.deepEqual(usable(friend, '/dns4/mesh.example.org/tcp/1', '/ip4/10.254.253.252/tcp/1'), ['/dns4/mesh.example.org/tcp/1'])
    if (own !== undefined) assert.deepEqual(usable(friend, `/ip4/${own.address}/tcp/1`), [`/ip4/${own.address}/tcp/1`])
  })

  it('of a peer on this machine are loopback ones', () => {
    assert.deepEqual(usable({ isApproved: false, isLocal: true }, '/ip4/127.0.0.1/tcp/4001'), ['/ip4/127.0.0.1/tcp/4001'])
  })
})
