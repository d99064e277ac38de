/** What the owner is told about paths: through whom, why not directly, what to do; and the path changing while it is pinged. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { runPing } from '../../src/openclaw/cli-ping.ts'
import type { SuccessDetails } from '../../src/openclaw/details.ts'
import type { Finding } from '../../src/openclaw/diagnosis/finding.ts'
import type { Operation, Outcome } from '../../src/openclaw/operations/definition.ts'
import { doctor, network } from '../../src/openclaw/operations/network.ts'
import { ping } from '../../src/openclaw/operations/peers.ts'
import { FakeHost } from '../support/fake-host.ts'
import { befriend, MeshNode } from '../support/mesh-node.ts'
import { behind, relayedPair, through } from '../support/relayed-pair.ts'
import { Relay } from '../support/relay.ts'
import { until } from '../support/until.ts'

async function ask(operation: Operation, node: MeshNode, params: object = {}): Promise<Outcome> {
  return await operation.run({ mesh: node.mesh, host: new FakeHost(), audience: 'owner', hops: 0 }, params)
}

/** What a doctor finds; those about this machine's own network and routers depend on the machine. */
async function diagnosis(node: MeshNode) {
  const { details, text } = await ask(doctor, node)
  const { findings, healthy } = succeeded(details) as { findings: Finding[], healthy: boolean } & SuccessDetails
  return { healthy, text, findings: findings.filter(({ code }) => !['no-network', 'port-not-mapped', 'double-nat'].includes(code)) }
}

function succeeded(details: Outcome['details']): SuccessDetails {
  return details.ok ? details : assert.fail(details.error.message)
}

const lineOf = (text: string, node: MeshNode): string | undefined => text.split('\n').find(line => line.startsWith(`  ${node.peerId}`))

describe('the doctor of a relayed node', () => {
  it('names the relay and the reason, and what to do', async () => {
    await using pair = await relayedPair({ enableHolePunch: false })
    const { relay, alice, bob } = pair
    await alice.mesh.addPeer({ recipient: through(relay, bob) })
    const { healthy, findings, text } = await until(async () => {
      const found = await diagnosis(alice)
      return found.findings.some(({ cause }) => cause === 'off') && found
    }, { what: 'the reason', timeoutMs: 60_000 })
    assert.equal(healthy, true)
    assert.deepEqual(findings.map(({ code, peerIds }) => [code, peerIds]), [['peer-relayed', [bob.peerId]]])
    assert.match(lineOf(text, bob) ?? '', new RegExp(`: through the relay ${relay.peerId} over tcp, [\\d.]+ ms; not direct: hole punching is switched off here$`))
    assert.match(text, /-> Set `enableHolePunch`/)
    assert.match(lineOf((await ask(network, alice)).text, bob) ?? '', /not direct: hole punching is switched off here$/)
  })

  it('finds the relay that went away, which nobody gets past', async () => {
    await using relay = await Relay.start()
    await using alice = await MeshNode.start({ name: 'alice', config: behind(relay) })
    await alice.log.waitFor(/^Relay reservation made/)
    assert.equal((await diagnosis(alice)).healthy, true)
    await relay.stop()
    await alice.log.waitFor(/^No reservation on .* \(unreachable\)/)
    const { healthy, findings, text } = await diagnosis(alice)
    assert.equal(healthy, false)
    assert.deepEqual(findings.map(({ code, severity, peerIds }) => [code, severity, peerIds]), [['relay-unreachable', 'error', [relay.peerId]]])
    assert.match(text, /This node is not reached as it should be\.$/)
  })
})

describe('the doctor among direct peers', () => {
  it('shows the path and its round trip, and asks the peers before it answers', async () => {
    await using alice = await MeshNode.start({ name: 'alice' })
    await using bob = await MeshNode.start({ name: 'bob' })
    await befriend(alice, bob)
    assert.match(lineOf((await diagnosis(alice)).text, bob) ?? '', /: direct over tcp, [\d.]+ ms$/)
    await bob.stop()
    const { findings, text } = await diagnosis(alice)
    assert.deepEqual(findings.filter(({ severity }) => severity !== 'note').map(({ code, cause }) => [code, cause]), [['peer-unreachable', 'refused']])
    assert.match(lineOf(text, bob) ?? '', /: not connected \(refused\)$/)
  })
})

describe('pings in a row', () => {
  it('show the path moving from the relay to a direct one', async () => {
    await using pair = await relayedPair()
    const { relay, alice, bob } = pair
    const lines: string[] = []
    const recipient = through(relay, bob)
    const outcome = await runPing({
      recipient, call: async ({ params }) => await ask(ping, alice, params), show: (line) => { lines.push(line) },
      pause: async () => { await until(async () => (await alice.mesh.ping(bob.peerId)).path === 'direct', { what: 'a direct path', timeoutMs: 60_000 }) }
    })
    assert.match(lines[0] ?? '', new RegExp(`^${bob.peerId}: through the relay ${relay.peerId} over tcp, `))
    assert.deepEqual(lines.slice(1, -1), ['Path: relay -> direct'])
    assert.match(lines.at(-1) ?? '', new RegExp(`^${bob.peerId}: direct over udp, [\\d.]+ ms, /ip4/`))
    assert.equal(succeeded(outcome.details)['path'], 'direct')
  })
})
