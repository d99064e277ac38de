import assert from 'node:assert/strict'
import { networkInterfaces } from 'node:os'
import { describe, it } from 'node:test'
import { multiaddr } from '@multiformats/multiaddr'
import { compareForDial } from '../../src/node/dial-order.ts'
import { carol } from '../support/peers.ts'

const LOOPBACK = '/ip4/127.0.0.1/tcp/1'
const PUBLIC = '/ip4/45.33.0.7/tcp/1'
const NAMED = '/dns4/mesh.example.org/tcp/1'
const FOREIGN = '/ip4/10.254.253.252/tcp/1'
const RELAYED = `/ip4/45.33.0.9/tcp/1/p2p/${carol.toString()}/p2p-circuit`

const order = (...addresses: string[]): string[] => addresses.map(address => ({ multiaddr: multiaddr(address), isCertified: false }))
  .sort(compareForDial).map(address => address.multiaddr.toString())

describe('compareForDial', () => {
  it('puts relays behind what may be direct, and before private networks that are not ours', () => {
    assert.deepEqual(order(FOREIGN, RELAYED, PUBLIC, NAMED, LOOPBACK), [LOOPBACK, PUBLIC, NAMED, RELAYED, FOREIGN])
  })

  it('puts our own network first', () => {
    const own = Object.values(networkInterfaces()).flatMap(infos => infos ?? []).filter(info => info.family === 'IPv4' && !info.internal)
      .map(info => `/ip4/${info.address}/tcp/1`)
    assert.deepEqual(order(FOREIGN, RELAYED, ...own), [...own, RELAYED, FOREIGN])
  })

  it('keeps the order of equals', () => {
    assert.deepEqual(order(NAMED, PUBLIC), [NAMED, PUBLIC])
  })
})
