/** A node with `enableCircuitRelayServer` gives the service of the relay command: circuits, STUN, and the line to hand out. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MeshNode } from '../support/mesh-node.ts'
import { RelayClient } from '../support/relay-client.ts'
import { ownLoopback } from '../support/relay-command.ts'
import { askStun } from '../support/stun-question.ts'

const PATIENT_MS = 120_000

describe('a node that is a relay', () => {
  it('prints its address, carries bytes between two nodes, and answers STUN on both ports', async () => {
    const host = ownLoopback()
    await using relay = await MeshNode.start({ config: { enableCircuitRelayServer: true, listenAddrs: [`/ip4/${host}/tcp/4001`] } })
    assert.deepEqual(relay.log.matching(/^Relay address: /, 'info'), [`Relay address: /ip4/${host}/tcp/4001/p2p/${relay.peerId}`])
    await using bob = await RelayClient.start({ via: relay.address })
    await using alice = await RelayClient.start()
    const stream = await alice.open(await alice.dial(relay.address, bob))
    stream.send(new Uint8Array(1_000))
    await bob.received.first()
    const answers = await Promise.all([4001, 4002].map(async port => await askStun(host, port, { timeoutMs: PATIENT_MS })))
    assert.ok(answers.every(({ isSeen }) => isSeen))
    assert.deepEqual(relay.log.complaints, [])
  })
})
