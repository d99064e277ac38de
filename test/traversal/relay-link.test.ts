import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Connection } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { formatEndpoint } from '../../src/nat/endpoint.ts'
import { relayLinkOf, stunServersOf } from '../../src/nat/relay-link.ts'

const RELAY = '12D3KooWQYhTNQdmr3ArTeUHRYzFg94BKyTkoWBDWez9kSCVe2Xo'
const PEER = '12D3KooWGQXBMGMQVPfoYZaSTtFd2WFZzoRxNaWsxzB9kJVBYNHN'

const names = { addresses: async (host: string) => await Promise.resolve(host === 'relay.example.org' ? ['192.0.2.7', '2001:db8::7'] : [host]) }

async function serversOf(address: string): Promise<{ udp: string[], tcp: string[] }> {
  const { udp, tcp } = await stunServersOf(multiaddr(address), names)
  return { udp: udp.map(formatEndpoint), tcp: tcp.map(formatEndpoint) }
}

describe('stunServersOf', () => {
  it('is beside the TCP port of the relay', async () => {
    const servers = { udp: ['192.0.2.7:4001', '192.0.2.7:4002'], tcp: ['192.0.2.7:4002', '192.0.2.7:4003'] }
    assert.deepEqual(await serversOf(`/ip4/192.0.2.7/tcp/4001/p2p/${RELAY}`), servers)
    assert.deepEqual(await serversOf(`/ip4/192.0.2.7/tcp/4001/p2p/${RELAY}/p2p-circuit/p2p/${PEER}`), servers)
    assert.deepEqual((await serversOf('/ip6/2001:db8::7/tcp/4001')).udp, ['[2001:db8::7]:4001', '[2001:db8::7]:4002'])
  })

  it('looks the relay up by its name, in the families that its address means', async () => {
    assert.deepEqual((await serversOf('/dns4/relay.example.org/tcp/4001')).udp, ['192.0.2.7:4001', '192.0.2.7:4002'])
    assert.deepEqual((await serversOf('/dns6/relay.example.org/tcp/4001')).udp, ['[2001:db8::7]:4001', '[2001:db8::7]:4002'])
    assert.equal((await serversOf('/dns/relay.example.org/tcp/4001')).udp.length, 4)
  })

  it('is not known of a relay that is reached over WebSocket, or whose address says no port', async () => {
    for (const address of ['/ip4/192.0.2.7/tcp/443/ws', '/dns4/relay.example.org/tcp/443/wss', `/dnsaddr/relay.example.org/p2p/${RELAY}`]) {
      assert.deepEqual(await serversOf(address), { udp: [], tcp: [] })
    }
  })
})

describe('relayLinkOf', () => {
  it('names the relay, not the peer behind it', async () => {
    const connection = { remoteAddr: multiaddr(`/dns4/relay.example.org/tcp/4001/p2p/${RELAY}/p2p-circuit/p2p/${PEER}`) } as Connection
    const { relay, udpServers } = await relayLinkOf(connection, names)
    assert.deepEqual([relay?.toString(), udpServers.length], [RELAY, 2])
  })
})
