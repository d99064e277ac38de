/** `libp2p-mesh relay` as a process: two nodes talk through it, it answers STUN, says how it is, and ends when it is told to. */
import assert from 'node:assert/strict'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { ownLoopback, runCommand, startRelay } from '../support/relay-command.ts'
import { RelayClient } from '../support/relay-client.ts'
import { askStun } from '../support/stun-question.ts'
import { testFolder } from '../support/test-folder.ts'

const PATIENT = { timeoutMs: 120_000 }

const dataFolder = (t: TestContext): string => join(testFolder(t), 'data')

describe('libp2p-mesh relay', () => {
  it('carries bytes between two nodes, and ends with 0 on SIGTERM', async (t) => {
    await using relay = await startRelay(ownLoopback(), dataFolder(t))
    await using bob = await RelayClient.start({ via: relay.address })
    await using alice = await RelayClient.start()
    const stream = await alice.open(await alice.dial(relay.address, bob))
    stream.send(new Uint8Array(1_000))
    await bob.received.first()
    assert.deepEqual(await relay.child.stop(), { code: 0, signal: null })
    assert.match(relay.out.text, /^SIGTERM: stopping\nHealth: 2 connections, 1 reservations, 1 circuits, \d{4,} bytes relayed, .*\nStopped\.$/m)
  })

  it('is a DHT server and a bootstrap peer', async (t) => {
    await using relay = await startRelay(ownLoopback(), dataFolder(t))
    await using alice = await RelayClient.start()
    const stream = await alice.hop(relay.address)
    stream.abort(new Error('only the connection was wanted'))
    const [connection] = alice.libp2p.getConnections()
    const dht = await connection?.newStream('/libp2p-mesh/kad/1.0.0', { signal: AbortSignal.timeout(PATIENT.timeoutMs) })
    assert.equal(dht?.protocol, '/libp2p-mesh/kad/1.0.0')
    dht.abort(new Error('only the protocol was wanted'))
  })

  it('answers STUN on the UDP port of its number and on the next', async (t) => {
    const host = ownLoopback()
    await using relay = await startRelay(host, dataFolder(t))
    for (const port of [4001, 4002]) assert.ok((await askStun(host, port, PATIENT)).isSeen)
    assert.match(relay.out.text, /^STUN: UDP 4001 and 4002, TCP 4002 and 4003$/m)
  })

  it('is the same peer after a restart, and keeps its key to itself', async (t) => {
    const [host, folder] = [ownLoopback(), dataFolder(t)]
    const addresses = []
    for (let run = 0; run < 2; run++) {
      await using relay = await startRelay(host, folder)
      addresses.push(relay.address)
    }
    assert.match(addresses[0] ?? '', new RegExp(`^/ip4/${host.replaceAll('.', '\\.')}/tcp/4001/p2p/12D3KooW\\w+$`))
    assert.equal(addresses[1], addresses[0])
    assert.deepEqual([statSync(folder).mode & 0o777, statSync(join(folder, 'identity.key')).mode & 0o777], [0o700, 0o600])
  })

  it('refuses a data folder that another relay uses, and a port that is taken, with 1', async (t) => {
    const [host, folder] = [ownLoopback(), dataFolder(t)]
    await using relay = await startRelay(host, folder)
    const locked = runCommand('relay', '--listen', `/ip4/${ownLoopback()}/tcp/4001`, '--data-dir', folder)
    assert.equal((await locked.child.exited).code, 1)
    assert.match(locked.child.log.text, /^libp2p-mesh relay: another process uses \S+: two nodes must not share one state folder$/m)
    const taken = runCommand('relay', '--listen', `/ip4/${host}/tcp/4001`, '--data-dir', dataFolder(t))
    assert.equal((await taken.child.exited).code, 1)
    assert.match(taken.child.log.text, /^libp2p-mesh relay: cannot listen on \/ip4\/\S+: listen EADDRINUSE.*$/m)
    const stun = runCommand('relay', '--listen', `/ip4/${host}/tcp/4000`, '--data-dir', dataFolder(t))
    assert.equal((await stun.child.exited).code, 1)
    assert.match(stun.child.log.text, /^libp2p-mesh relay: STUN needs UDP ports 4000, 4001 and TCP ports 4001, 4002: bind EADDRINUSE/m)
    assert.ok(relay.child.isRunning)
  })

  it('tells programs one JSON object a line', async (t) => {
    const { child, out } = runCommand('relay', '--listen', `/ip4/${ownLoopback()}/tcp/4001`, '--data-dir', dataFolder(t), '--json')
    await out.waitFor(/"event":"warning"/, PATIENT)
    assert.equal((await child.stop()).code, 0)
    const events = out.text.trimEnd().split('\n').map(line => JSON.parse(line) as { event: string, relayAddrs?: string[] })
    assert.deepEqual(events.map(({ event }) => event), ['started', 'warning', 'stopping', 'health', 'stopped'])
    assert.match(events[0]?.relayAddrs?.[0] ?? '', /\/p2p\/12D3KooW/)
  })

  it('explains wrong arguments, and exits with 2', async () => {
    const { child } = runCommand('relay', '--listen', 'somewhere')
    assert.equal((await child.exited).code, 2)
    assert.match(child.log.text, /^libp2p-mesh: --listen\[0\]: "somewhere" is not accepted; expected a listen multiaddr/)
  })
})
