import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { describe, it } from 'node:test'
import { generateKeyPair } from '@libp2p/crypto/keys'
import type { Connection } from '@libp2p/interface'
import { peerIdFromPrivateKey, peerIdFromString } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { systemClock } from '../../src/lib/clock.ts'
import { NatTraversal, type NatTraversalInit } from '../../src/nat/nat-traversal.ts'
import type { PuncherComponents } from '../../src/nat/puncher.ts'
import { StunResponder } from '../../src/nat/stun-responder.ts'
import { encodeStunRequest } from '../../src/nat/stun.ts'
import { StunServer } from '../../src/nat/stun-server.ts'
import { silentLogger } from '../support/nat/silent-logger.ts'

const SELF = peerIdFromString('12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp')
const PEER = peerIdFromString('12D3KooWQN39TP9tWyB5ff4c1XQtoEtBHAAv8K2jYWFciTmAXX4Y')
const signal = AbortSignal.timeout(30_000)
const HOST = '127.0.0.1'

function create(init: Partial<NatTraversalInit> = {}, connections: Connection[] = []) {
  const warnings: string[] = []
  const components: PuncherComponents = {
    peerId: SELF, logger: silentLogger(),
    registrar: { handle: async () => undefined, unhandle: async () => undefined },
    connectionManager: { getConnections: () => connections, openConnection: async () => { throw new Error('nobody is there') } },
    peerStore: { get: async () => { throw new Error('unknown peer') } },
    upgrader: { upgradeInbound: async () => { assert.fail('no upgrade was due') }, upgradeOutbound: async () => assert.fail('no upgrade was due') }
  }
  const quiet = (): undefined => undefined
  const log = { debug: quiet, info: quiet, warn: (text: string) => { warnings.push(text) }, error: quiet }
  const nat = new NatTraversal(components, {
    allowance: () => 'full', udpPort: 0, stunServers: [], relays: [], log, clock: systemClock, random: Math.random, ...init
  })
  return { nat, warnings }
}

describe('NatTraversal', () => {
  it('says once that there is no UDP here, and goes on without it', async () => {
    const { nat, warnings } = create({ loadUdx: async () => { throw new Error('no prebuild for this system') } })
    for (let round = 0; round < 2; round++) {
      await nat.start()
      assert.deepEqual([nat.status().udpPort, nat.status().udpError], [0, 'no prebuild for this system'])
      await nat.stop()
    }
    assert.equal(warnings.length, 1)
    assert.match(warnings[0] ?? '', /UDP hole punching is not available here: no prebuild/)
  })

  it('starts and stops, also twice and again', async () => {
    const { nat } = create()
    await nat.stop()
    for (let round = 0; round < 2; round++) {
      await nat.start()
      await nat.start()
      assert.ok(nat.status().udpPort > 0)
      await nat.stop()
      await nat.stop()
    }
    assert.deepEqual(nat.status(), { natType: 'unknown', mappedAddrs: [], stun: [], stunAsked: [], udpPort: 0, clocks: [], udxConnections: 0 })
    assert.equal((await nat.moveIfBroken(PEER, { signal })).state, 'none')
  })

  it('learns its NAT from the owner\'s STUN servers', async () => {
    const server = new StunServer({
      responder: new StunResponder({ clock: systemClock }), hosts: [HOST], udpPorts: [0, 0], tcpPorts: [], onError: (error) => { throw error }
    })
    await server.start()
    const { nat } = create({ stunServers: server.ports.udp.map(port => `${HOST}:${String(port)}`) })
    await nat.start()
    const status = await nat.observe({ signal })
    assert.equal(status.natType, 'easy')
    assert.deepEqual(status.mappedAddrs, [`${HOST}:${String(status.udpPort)}`])
    assert.equal(status.stun.length, 2)
    assert.deepEqual(status.stunAsked, server.ports.udp.map(port => `${HOST}:${String(port)}`))
    nat.forget()
    assert.equal(nat.status().natType, 'unknown')
    await nat.stop()
    await server.stop()
  })

  it('learns how far the clock of a relay is from ours', async () => {
    const privateKey = await generateKeyPair('Ed25519')
    const relay = peerIdFromPrivateKey(privateKey).toString()
    const clock = { ...systemClock, now: () => Date.now() + 300_000 }
    const server = new StunServer({
      responder: new StunResponder({ clock, privateKey }), hosts: [HOST], udpPorts: [0], tcpPorts: [], onError: (error) => { throw error }
    })
    await server.start()
    const { nat } = create()
    await nat.start()
    const { clocks } = await nat.observe({ signal, relays: [multiaddr(`/ip4/${HOST}/tcp/${String(server.ports.udp[0])}/p2p/${relay}`)] })
    assert.deepEqual(clocks.map(({ peerId, offsetMs }) => [peerId, Math.round(offsetMs / 60_000)]), [[relay, 5]])
    await nat.stop()
    await server.stop()
  })

  it('names a STUN server that it cannot find', async () => {
    const { nat, warnings } = create({ stunServers: ['stun.invalid:3478', 'nonsense'] })
    await nat.start()
    assert.equal((await nat.observe({ signal })).natType, 'unknown')
    assert.match(warnings.join(), /No address of stun\.invalid was found/)
    await nat.stop()
  })

  it('answers STUN on its own port where it serves as a relay, and not elsewhere', async () => {
    const client = createSocket('udp4').bind(0, HOST)
    await once(client, 'listening')
    const question = encodeStunRequest({ transactionId: new Uint8Array(12), wantsAttestation: false })
    const [serving, silent] = [create({ responder: new StunResponder({ clock: systemClock }) }).nat, create().nat]
    await serving.start()
    await silent.start()
    client.send(question, silent.status().udpPort, HOST)
    client.send(question, serving.status().udpPort, HOST)
    const [, from] = await once(client, 'message') as [Buffer, { port: number }]
    assert.equal(from.port, serving.status().udpPort)
    client.close()
    await serving.stop()
    await silent.stop()
  })

  it('has nothing to do for a peer that is reached directly', async () => {
    const direct = { remotePeer: PEER, status: 'open', remoteAddr: multiaddr(`/ip4/45.33.0.22/tcp/4001/p2p/${PEER.toString()}`) } as Connection
    const { nat } = create({}, [direct])
    assert.deepEqual(await nat.upgrade(PEER, { signal }), { path: 'direct', transport: 'tcp', remoteAddr: direct.remoteAddr.toString(), ms: 0 })
  })

  it('never throws: without a start, a relay or an approval the result says why', async () => {
    const { nat } = create()
    assert.equal((await nat.upgrade(PEER, { signal })).why, 'stopped')
    await nat.start()
    assert.equal((await nat.upgrade(PEER, { signal })).why, 'no-relay')
    await nat.stop()
  })
})
