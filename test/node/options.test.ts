import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import type { Datastore } from 'interface-datastore'
import { resolveConfig } from '../../src/config/resolve.ts'
import { nodeOptions, type NodeConfig, type NodeOptionsInit } from '../../src/node/options.ts'

const privateKey = await generateKeyPairFromSeed('Ed25519', new Uint8Array(32))
const BASE: NodeConfig = {
  discovery: [], announceAddrs: [], enableWebSocket: false, enableIdentify: false, enableAutoNAT: false, enableUPnP: false,
  enableCircuitRelay: false, enableDCUtR: false, enableCircuitRelayServer: false
}

async function optionsOf(config: Partial<NodeConfig> = {}, init: Partial<NodeOptionsInit> = {}) {
  return await nodeOptions({
    config: { ...BASE, ...config }, privateKey, listenAddrs: ['/ip4/127.0.0.1/tcp/4001'], datastore: {} as Datastore, services: {}, version: '1.2.3', now: () => 0,
    onSelfDiscovered: () => undefined, ...init
  })
}

const names = (value: object | undefined): string[] => Object.keys(value ?? {}).sort()

describe('nodeOptions', () => {
  it('describe a node that is not started, with its key, addresses and name', async () => {
    const options = await optionsOf({ announceAddrs: ['/ip4/192.0.2.7/tcp/4001'] })
    assert.equal(options.start, false)
    assert.equal(options.privateKey, privateKey)
    assert.deepEqual(options.addresses, { listen: ['/ip4/127.0.0.1/tcp/4001'], announce: [], appendAnnounce: ['/ip4/192.0.2.7/tcp/4001'] })
    assert.deepEqual(options.nodeInfo, { name: 'libp2p-mesh', version: '1.2.3', userAgent: 'libp2p-mesh/1.2.3' })
  })

  it('have TCP and ping, and nothing else, with all switches off', async () => {
    const options = await optionsOf()
    assert.deepEqual([options.transports?.length, names(options.services), options.peerDiscovery], [1, ['ping'], []])
    assert.equal(options.connectionEncrypters?.length, 1)
    assert.equal(options.streamMuxers?.length, 1)
  })

  const services: Array<[Partial<NodeConfig>, string[]]> = [
    [{ enableIdentify: true }, ['identify', 'identifyPush']],
    [{ enableAutoNAT: true }, ['autoNAT']],
    [{ enableUPnP: true }, ['upnpNAT']],
    [{ enableDCUtR: true }, ['dcutr']],
    [{ enableCircuitRelayServer: true }, []],
    [{ discovery: ['dht'] }, []],
    [{ enableWebSocket: true }, []],
    [{ enableCircuitRelay: true }, []],
    [{ discovery: ['mdns'] }, []],
    [{ discovery: ['bootstrap'] }, []]
  ]
  for (const [config, added] of services) {
    it(`${JSON.stringify(config)} adds ${added.length === 0 ? 'no service' : added.join(' and ')}`, async () => {
      assert.deepEqual(names((await optionsOf(config)).services), [...added, 'ping'].sort())
    })
  }

  const transports: Array<[Partial<NodeConfig>, number]> = [
    [{ enableWebSocket: true }, 2],
    [{ enableCircuitRelay: true }, 2],
    [{ enableWebSocket: true, enableCircuitRelay: true }, 3],
    [{ enableCircuitRelayServer: true, enableDCUtR: true, enableUPnP: true, discovery: ['mdns', 'bootstrap', 'dht'] }, 1]
  ]
  for (const [config, count] of transports) {
    it(`${JSON.stringify(config)} makes ${count} transport${count === 1 ? '' : 's'}`, async () => {
      assert.equal((await optionsOf(config)).transports?.length, count)
    })
  }

  it('look for peers on the LAN only when mDNS is on: the bootstrap peers are the peer keeper\'s work', async () => {
    assert.equal((await optionsOf({ discovery: ['mdns'] })).peerDiscovery?.length, 1)
    assert.equal((await optionsOf({ discovery: ['bootstrap', 'dht'] })).peerDiscovery?.length, 0)
  })

  it('leave dead connections to a caller that watches them, and otherwise to the library', async () => {
    assert.equal((await optionsOf({}, { watchesConnections: true })).connectionMonitor?.enabled, false)
    assert.notEqual((await optionsOf()).connectionMonitor?.enabled, false)
  })

  it('bound what one network may take of a relay', async () => {
    const { connectionManager, connectionGater } = await optionsOf({ enableCircuitRelayServer: true })
    assert.ok((connectionManager?.maxConnections ?? 0) > (connectionManager?.maxIncomingPendingConnections ?? Infinity))
    assert.deepEqual(names(connectionGater), ['denyInboundConnection'])
    assert.deepEqual(names((await optionsOf()).connectionGater), [])
  })

  it('tell other addresses than the detected ones where they are given', async () => {
    assert.deepEqual((await optionsOf({}, { announceOnly: ['/dns4/relay.example.org/tcp/4001'] })).addresses?.announce, ['/dns4/relay.example.org/tcp/4001'])
  })

  it('leave reconnecting to the peer keeper', async () => {
    assert.equal((await optionsOf()).connectionManager?.reconnectRetries, 0)
  })

  it('take in the protocols of the mesh, which replace no service of the library', async () => {
    const message = (): string => 'message'
    const options = await optionsOf({}, { services: { message, ping: () => 'not ours to give' } })
    assert.equal(Object.entries(options.services ?? {}).find(([name]) => name === 'message')?.[1], message)
    assert.notEqual(options.services?.ping({} as never), 'not ours to give')
  })

  it('are complete for the default configuration', async () => {
    const config = resolveConfig({}, {}, { hostname: 'office' })
    const options = await optionsOf(config, { listenAddrs: config.listenAddrs })
    assert.deepEqual(names(options.services), ['autoNAT', 'dcutr', 'identify', 'identifyPush', 'ping', 'upnpNAT'])
    assert.deepEqual([options.transports?.length, options.peerDiscovery?.length], [2, 1])
  })
})
