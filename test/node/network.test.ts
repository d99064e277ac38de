import assert from 'node:assert/strict'
import { networkInterfaces } from 'node:os'
import { describe, it } from 'node:test'
import type { Connection, PeerId, Stream } from '@libp2p/interface'
import { echoStream } from '@libp2p/utils'
import { multiaddr, type Multiaddr } from '@multiformats/multiaddr'
import type { MeshNode } from '../../src/node/create-node.ts'
import { Network } from '../../src/node/network.ts'
import { alice, bob, carol } from '../support/peers.ts'
import { settled } from '../support/turns.ts'

interface FakeConnection {
  remotePeer: PeerId
  remoteAddr: Multiaddr
  status: 'open' | 'closed'
  rtt?: number
  timeline: { open: number }
  newStream: (protocol: string, options: { signal: AbortSignal }) => Promise<Stream>
}

const refuse = async (): Promise<never> => { throw new Error('no stream is to be had') }
const direct = (remotePeer: PeerId, rtt?: number): FakeConnection =>
  ({ remotePeer, remoteAddr: multiaddr('/ip4/192.0.2.7/tcp/4001'), status: 'open', timeline: { open: 7 }, newStream: refuse, ...rtt !== undefined && { rtt } })
const relayed = (remotePeer: PeerId): FakeConnection => ({
  remotePeer, status: 'open', timeline: { open: 7 }, newStream: refuse,
  remoteAddr: multiaddr(`/ip4/192.0.2.9/tcp/4001/p2p/${carol.toString()}/p2p-circuit/p2p/${remotePeer.toString()}`)
})
const echoing = (connection: FakeConnection): FakeConnection => ({ ...connection, newStream: async () => await echoStream() })

/** The part of a libp2p node that the network uses. */
class FakeNode {
  connections: FakeConnection[] = []
  announced: Multiaddr[] = []
  readonly addresses = new Map<string, Multiaddr[]>()
  readonly announcedBy = new Map<string, Multiaddr[]>()
  readonly dials: string[][] = []
  readonly hungUp: string[] = []
  onDial: (signal: AbortSignal) => Promise<void> = async () => undefined

  readonly getConnections = (peerId?: PeerId): FakeConnection[] =>
    this.connections.filter(connection => peerId === undefined || connection.remotePeer.equals(peerId))

  readonly getPeers = (): PeerId[] => this.connections.map(connection => connection.remotePeer)
  readonly getMultiaddrs = (): Multiaddr[] => this.announced
  readonly hangUp = async (peerId: PeerId): Promise<void> => { this.hungUp.push(peerId.toString()) }

  readonly dial = async (target: PeerId | Multiaddr[], options: { signal: AbortSignal, force?: boolean }): Promise<FakeConnection> => {
    this.dials.push([...Array.isArray(target) ? target.map(String) : [target.toString()], ...options.force === true ? ['anew'] : []])
    await this.onDial(options.signal)
    return direct(alice)
  }

  readonly peerStore = {
    has: async (peerId: PeerId): Promise<boolean> => this.addresses.has(peerId.toString()),
    get: async (peerId: PeerId) => ({ id: peerId, addresses: (this.addresses.get(peerId.toString()) ?? []).map(address => ({ multiaddr: address })) }),
    merge: async (peerId: PeerId, { multiaddrs }: { multiaddrs: Multiaddr[] }) => {
      this.addresses.set(peerId.toString(), [...this.addresses.get(peerId.toString()) ?? [], ...multiaddrs])
      return { id: peerId, addresses: [] }
    }
  }

  readonly network = new Network(this as unknown as MeshNode, peerId => this.announcedBy.get(peerId.toString()) ?? [])
}

/** Work that ends only when it is told to. */
async function untilAborted(signal: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>()
  signal.addEventListener('abort', () => { reject(signal.reason as Error) })
  return await promise
}

describe('Network: paths', () => {
  it('are told with direct ones first, and without closed ones', () => {
    const node = new FakeNode()
    node.connections = [relayed(alice), { ...direct(alice), status: 'closed' }, direct(alice, 12)]
    assert.deepEqual(node.network.paths(alice).map(({ path, transport, rttMs }) => [path, transport, rttMs]), [['direct', 'tcp', 12], ['relay', 'tcp', null]])
    assert.equal(node.network.isConnected(alice), true)
    assert.deepEqual(node.network.paths(bob), [])
  })

  it('are near on this machine and in its own networks, also where such an address is only known', async () => {
    const node = new FakeNode()
    assert.equal(await node.network.isNear(alice), false)
    node.connections = [{ ...direct(alice), remoteAddr: multiaddr('/ip4/45.33.7.7/tcp/4001') }, { ...relayed(bob), remoteAddr: multiaddr(`/ip4/127.0.0.1/tcp/1/p2p/${carol.toString()}/p2p-circuit`) }]
    assert.deepEqual([await node.network.isNear(alice), await node.network.isNear(bob)], [false, false])
    node.connections = [{ ...direct(alice), remoteAddr: multiaddr('/ip4/127.0.0.1/tcp/4001') }]
    assert.equal(await node.network.isNear(alice), true)
    const [lan] = Object.values(networkInterfaces()).flat().filter(address => address?.internal === false && address.family === 'IPv4')
    if (lan === undefined) return // this machine has no network
    await node.network.learn(carol, [multiaddr(`/ip4/${lan.address}/tcp/1`)])
    assert.equal(await node.network.isNear(carol), true)
  })

  it('do not make a peer connected when they are closed', () => {
    const node = new FakeNode()
    node.connections = [{ ...direct(alice), status: 'closed' }]
    assert.equal(node.network.isConnected(alice), false)
  })

  it('name the relays through which this node can be reached, each once', () => {
    const node = new FakeNode()
    const relay = `/ip4/192.0.2.9/tcp/4001/p2p/${carol.toString()}/p2p-circuit`
    node.announced = [multiaddr('/ip4/192.0.2.7/tcp/1'), multiaddr(relay), multiaddr(relay.replace('tcp/4001', 'tcp/443/ws'))]
    assert.deepEqual(node.network.relays(), [carol.toString()])
  })
})

describe('Network: connecting', () => {
  it('dials nobody who is connected', async () => {
    const node = new FakeNode()
    node.connections = [direct(alice)]
    await node.network.connect(alice)
    assert.deepEqual(node.dials, [])
  })

  it('dials by the known addresses, those given included and remembered', async () => {
    const node = new FakeNode()
    await node.network.connect(alice, { addresses: [multiaddr('/ip4/192.0.2.7/tcp/4001')] })
    assert.deepEqual(node.dials, [[`/ip4/192.0.2.7/tcp/4001/p2p/${alice.toString()}`]])
    assert.deepEqual(await node.network.addressesOf(alice), ['/ip4/192.0.2.7/tcp/4001'])
    assert.deepEqual(await node.network.addressesOf(bob), [])
  })

  it('dials by what the peer announced, too, each address once, and none that is another peer\'s', async () => {
    const node = new FakeNode()
    node.announcedBy.set(alice.toString(), [`/ip4/192.0.2.8/tcp/4001/p2p/${alice.toString()}`, '/ip4/192.0.2.7/tcp/4001'].map(text => multiaddr(text)))
    await node.network.learn(alice, ['/ip4/192.0.2.7/tcp/4001', `/ip4/192.0.2.9/tcp/4001/p2p/${bob.toString()}`].map(text => multiaddr(text)))
    await node.network.connect(alice)
    assert.deepEqual(node.dials, [['/ip4/192.0.2.8/tcp/4001', '/ip4/192.0.2.7/tcp/4001'].map(text => `${text}/p2p/${alice.toString()}`)])
    assert.deepEqual(await node.network.addressesOf(alice), ['/ip4/192.0.2.8/tcp/4001', '/ip4/192.0.2.7/tcp/4001'])
  })

  it('leaves it to libp2p to find a peer without addresses', async () => {
    const node = new FakeNode()
    await node.network.connect(alice)
    assert.deepEqual(node.dials, [[alice.toString()]])
  })

  it('picks the known addresses with the wanted port', async () => {
    const node = new FakeNode()
    const known = ['/ip4/192.0.2.7/tcp/4001', '/ip4/192.0.2.8/tcp/4002', `/ip4/192.0.2.9/tcp/4002/p2p/${alice.toString()}`, '/ip4/192.0.2.7/udp/4002']
    await node.network.learn(alice, known.map(address => multiaddr(address)))
    await node.network.connect(alice, { port: 4002 })
    assert.deepEqual(node.dials, [[`/ip4/192.0.2.8/tcp/4002/p2p/${alice.toString()}`, `/ip4/192.0.2.9/tcp/4002/p2p/${alice.toString()}`]])
  })

  it('says that no known address has the wanted port', async () => {
    const node = new FakeNode()
    await assert.rejects(node.network.connect(alice, { port: 4002 }), { code: 'UNREACHABLE', reason: 'no-address', message: /port 4002/ })
    assert.deepEqual(node.dials, [])
  })

  it('fails with the reason', async () => {
    const node = new FakeNode()
    node.onDial = async () => { throw Object.assign(new Error('x'), { code: 'ECONNREFUSED' }) }
    await assert.rejects(node.network.connect(alice), { code: 'UNREACHABLE', reason: 'refused' })
  })

  it('ends at stop', async () => {
    const node = new FakeNode()
    node.onDial = untilAborted
    const connecting = node.network.connect(alice)
    await settled()
    node.network.stop()
    await assert.rejects(connecting, { code: 'NOT_RUNNING' })
  })
})

describe('Network: dialling directly', () => {
  const signal = AbortSignal.timeout(60_000)

  it('tries the addresses that may lead there without a relay, whatever connection there is', async () => {
    const node = new FakeNode()
    node.connections = [relayed(alice)]
    const known = ['/ip4/45.33.0.7/tcp/4001', '/dns4/alice.example.org/tcp/4001', '/ip4/10.254.253.252/tcp/4001', '/ip4/127.0.0.1/tcp/4001', relayed(alice).remoteAddr.toString()]
    await node.network.learn(alice, known.map(address => multiaddr(address)))
    assert.equal(await node.network.dialDirect(alice, { signal }), true)
    assert.deepEqual(node.dials, [[...known.slice(0, 2).map(address => `${address}/p2p/${alice.toString()}`), 'anew']])
  })

  it('dials nobody of whom only relayed or foreign private addresses are known', async () => {
    const node = new FakeNode()
    await node.network.learn(alice, [relayed(alice).remoteAddr, multiaddr('/ip4/10.254.253.252/tcp/4001')])
    assert.equal(await node.network.dialDirect(alice, { signal }), false)
    assert.deepEqual(node.dials, [])
  })
})

describe('Network: pinging', () => {
  it('connects first, and tells the path and the time', async () => {
    const node = new FakeNode()
    node.onDial = async () => { node.connections = [echoing(direct(alice, 3))] }
    const { path, rttMs, remoteAddr } = await node.network.ping(alice)
    assert.deepEqual([path, remoteAddr, node.dials.length], ['direct', '/ip4/192.0.2.7/tcp/4001', 1])
    assert.ok(rttMs > 0 && rttMs < 10_000)
  })

  it('goes over the direct connection where there is one', async () => {
    const node = new FakeNode()
    node.connections = [relayed(alice), echoing(direct(alice))]
    assert.equal((await node.network.ping(alice)).path, 'direct')
  })

  it('goes over a relayed connection otherwise', async () => {
    const node = new FakeNode()
    node.connections = [echoing(relayed(alice))]
    assert.equal((await node.network.ping(alice)).path, 'relay')
  })

  it('fails with a reason when no stream is to be had, and when the connection is gone', async () => {
    const node = new FakeNode()
    node.connections = [{ ...direct(alice), newStream: async () => { throw Object.assign(new Error('x'), { name: 'TimeoutError' }) } }]
    await assert.rejects(node.network.ping(alice), { code: 'UNREACHABLE', reason: 'timeout' })
    node.connections = []
    await assert.rejects(node.network.ping(alice), { code: 'UNREACHABLE', reason: 'closed' })
  })

  it('ends at stop', async () => {
    const node = new FakeNode()
    node.connections = [{ ...direct(alice), newStream: async (_protocol, { signal }) => await untilAborted(signal) }]
    const pinging = node.network.ping(alice)
    await settled()
    node.network.stop()
    await assert.rejects(pinging, { code: 'NOT_RUNNING' })
  })

  it('of one connection tells whether its other end is alive', async () => {
    const { network } = new FakeNode()
    assert.equal(await network.isAlive(echoing(direct(alice)) as unknown as Connection), true)
    assert.equal(await network.isAlive(direct(alice) as unknown as Connection), false)
  })
})
