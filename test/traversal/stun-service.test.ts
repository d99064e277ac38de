import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { describe, it, type TestContext } from 'node:test'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { systemClock } from '../../src/lib/clock.ts'
import { isAttested } from '../../src/nat/attestation.ts'
import { StunService } from '../../src/nat/stun-service.ts'
import { ownLoopback } from '../support/relay-command.ts'
import { askStun } from '../support/stun-question.ts'

const PORT = 4001
const PATIENT = { timeoutMs: 60_000 }
const privateKey = await generateKeyPair('Ed25519')

function service(t: TestContext, listen: string[], ownUdpPort?: () => number) {
  const errors: Error[] = []
  const stun = new StunService({ privateKey, addressManager: { getListenAddrs: () => listen.map(address => multiaddr(address)) } }, {
    clock: systemClock, onError: (error) => { errors.push(error) }, ...ownUdpPort !== undefined && { ownUdpPort }
  })
  t.after(async () => { await stun.stop() })
  return { stun, errors }
}

describe('StunService', () => {
  it('answers beside the TCP port of the node, signed with its key', async (t) => {
    const host = ownLoopback()
    const { stun, errors } = service(t, [`/ip4/${host}/tcp/443/ws`, `/ip4/${host}/tcp/${PORT}`])
    await stun.afterStart()
    assert.deepEqual([stun.ports, errors], [{ udp: [PORT, PORT + 1], tcp: [PORT + 1, PORT + 2] }, []])
    for (const port of [PORT, PORT + 1]) {
      const { attestation, mapped } = await askStun(host, port, PATIENT)
      assert.ok(attestation !== undefined && await isAttested(attestation, mapped, peerIdFromPrivateKey(privateKey)))
    }
  })

  it('leaves the UDP port of that number to another socket of the node', async (t) => {
    const host = ownLoopback()
    const other = createSocket('udp4').bind(PORT, host)
    await once(other, 'listening')
    t.after(() => { other.close() })
    const { stun, errors } = service(t, [`/ip4/${host}/tcp/${PORT}`], () => PORT)
    await stun.afterStart()
    assert.deepEqual(errors, [])
    assert.ok((await askStun(host, PORT + 1, PATIENT)).isSeen)
  })

  it('tells what port it needs and cannot have, and leaves none open', async (t) => {
    const host = ownLoopback()
    const taken = createServer().listen(PORT + 2, host)
    await once(taken, 'listening')
    t.after(() => { taken.close() })
    const { stun, errors } = service(t, [`/ip4/${host}/tcp/${PORT}`])
    await stun.afterStart()
    assert.match(errors.map(error => error.message).join(), /^STUN needs UDP ports 4001, 4002 and TCP ports 4002, 4003: .*EADDRINUSE/)
    assert.equal(stun.ports, undefined)
    const free = createSocket('udp4').bind(PORT, host)
    await once(free, 'listening')
    free.close()
  })

  it('goes without an address family that the machine does not have', async (t) => {
    const host = ownLoopback()
    const { stun, errors } = service(t, [`/ip4/${host}/tcp/${PORT}`, `/ip6/2001:db8::1/tcp/${PORT}`])
    await stun.afterStart()
    assert.deepEqual([stun.ports?.udp, errors], [[PORT, PORT + 1], []])
  })

  it('has nothing to answer on without a TCP listener', async (t) => {
    const { stun, errors } = service(t, ['/ip4/127.0.0.1/tcp/443/ws'])
    await stun.afterStart()
    assert.deepEqual([stun.ports, errors], [undefined, []])
  })
})
