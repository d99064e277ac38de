import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isOneMachine, type ReachConfig } from '../../src/config/mesh-reach.ts'
import { bob } from '../support/peers.ts'

const HERE: ReachConfig = { discovery: ['bootstrap', 'dht'], listenAddrs: ['/ip4/127.0.0.1/tcp/0', '/ip6/::1/tcp/0'], announceAddrs: [] }
const at = (address: string): string => `${address}/p2p/${bob.toString()}`

describe('a mesh is on one machine', () => {
  const within: Array<[string, Partial<ReachConfig>]> = [
    ['when it listens on loopback and knows nobody', {}],
    ['when all whom it is told to dial are there, too', { bootstrapList: [at('/ip4/127.0.0.1/tcp/4001')], relayList: [at('/ip6/::1/tcp/4001')] }]
  ]
  for (const [when, more] of within) it(when, () => { assert.equal(isOneMachine({ ...HERE, ...more }), true) })

  const beyond: Array<[string, Partial<ReachConfig>]> = [
    ['that listens for others', { listenAddrs: ['/ip4/127.0.0.1/tcp/0', '/ip4/0.0.0.0/tcp/0'] }],
    ['that listens nowhere', { listenAddrs: [] }],
    ['that is told of a bootstrap peer elsewhere', { bootstrapList: [at('/ip4/192.168.1.9/tcp/4001')] }],
    ['that is told of a name, which may lead anywhere', { bootstrapList: [at('/dns4/localhost/tcp/4001')] }],
    ['that is told of a relay elsewhere', { relayList: [at('/ip4/45.33.1.1/tcp/4001')] }],
    ['that announces an address elsewhere', { announceAddrs: ['/ip4/45.33.1.1/tcp/4001'] }],
    ['that looks for others on the LAN', { discovery: ['mdns', 'bootstrap', 'dht'] }],
    ['without a DHT', { discovery: ['bootstrap'] }]
  ]
  for (const [who, more] of beyond) it(`and not for a node ${who}`, () => { assert.equal(isOneMachine({ ...HERE, ...more }), false) })
})
