/** What the limits of a relay do to real connections over it. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { pingConnection } from '../../src/lib/ping-connection.ts'
import { STATUS } from '../../src/relay/hop-exchange.ts'
import { RelayClient } from '../support/relay-client.ts'
import { RelayNode } from '../support/relay-node.ts'
import { until } from '../support/until.ts'

const PATIENT_MS = 120_000

describe('relay limits', () => {
  it('slow a peer down that has used up its bytes, refuse it new circuits, and leave others alone', async () => {
    const perPeerBytes = 200_000
    await using relay = await RelayNode.start({ limits: { perPeerBytes, perPeerSeconds: 10_000 } })
    await using bob = await RelayClient.start({ via: relay.address })
    await using greedy = await RelayClient.start()
    const stream = await greedy.open(await greedy.dial(relay.address, bob))
    stream.send(new Uint8Array(2_000_000))
    await relay.waitForStats('the budget to be used up', stats => stats.bytes >= perPeerBytes)
    assert.equal(await greedy.connect(relay.address, bob), STATUS.RESOURCE_LIMIT_EXCEEDED)
    await assert.rejects(greedy.dial(relay.address, bob), /RESOURCE_LIMIT_EXCEEDED/)
    await using other = await RelayClient.start()
    const connection = await other.dial(relay.address, bob)
    for (let round = 0; round < 3; round++) await pingConnection(connection, { signal: AbortSignal.timeout(PATIENT_MS) })
    assert.ok(bob.receivedBytes < perPeerBytes, `${bob.receivedBytes} bytes came through`)
    assert.equal(stream.status, 'open')
  })

  it('let the messages of such a peer pass still', async () => {
    await using relay = await RelayNode.start({ limits: { perPeerBytes: 100_000, perPeerSeconds: 10 } })
    await using bob = await RelayClient.start({ via: relay.address })
    await using greedy = await RelayClient.start()
    const connection = await greedy.dial(relay.address, bob)
    const stream = await greedy.open(connection)
    stream.send(new Uint8Array(110_000))
    await relay.waitForStats('the budget to be used up', stats => stats.bytes >= 100_000)
    await pingConnection(connection, { signal: AbortSignal.timeout(PATIENT_MS) })
    await until(() => bob.receivedBytes === 110_000, { what: 'the rest to arrive', timeoutMs: PATIENT_MS })
  })

  it('hold the rate', async () => {
    const bytesPerSecond = 250_000
    await using relay = await RelayNode.start({ limits: { bytesPerSecond } })
    await using bob = await RelayClient.start({ via: relay.address })
    await using alice = await RelayClient.start()
    const stream = await alice.open(await alice.dial(relay.address, bob))
    const startedAt = performance.now()
    stream.send(new Uint8Array(1_000_000))
    await until(() => bob.receivedBytes === 1_000_000, { what: 'everything to arrive', timeoutMs: PATIENT_MS })
    const seconds = (performance.now() - startedAt) / 1000
    assert.ok(seconds > 3, `${seconds} s for what takes 4`)
  })

  it('share the rate between peers, however many circuits one of them has', async () => {
    await using relay = await RelayNode.start({ limits: { bytesPerSecond: 1_000_000 } })
    await using bob = await RelayClient.start({ via: relay.address })
    await using dave = await RelayClient.start({ via: relay.address })
    await using greedy = await RelayClient.start()
    await using modest = await RelayClient.start()
    for (let count = 0; count < 4; count++) {
      const stream = await greedy.open(await greedy.dial(relay.address, bob))
      stream.send(new Uint8Array(5_000_000))
    }
    const stream = await modest.open(await modest.dial(relay.address, dave))
    stream.send(new Uint8Array(5_000_000))
    await until(() => dave.receivedBytes > 0, { what: 'the modest peer to be served', timeoutMs: PATIENT_MS })
    const before = { greedy: bob.receivedBytes, modest: dave.receivedBytes }
    await until(() => dave.receivedBytes - before.modest > 2_500_000, { what: 'the modest peer to send', timeoutMs: PATIENT_MS })
    const greedyBytes = bob.receivedBytes - before.greedy // up to 256 KiB of each circuit at a time
    assert.ok(greedyBytes < 5_000_000, `the greedy peer sent ${greedyBytes} meanwhile`)
  })
})
