/** What a relay answers to requests that no client of the library would make. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { describe, it } from 'node:test'
import { pbStream } from '@libp2p/utils'
import { HOP_TIMEOUT_MS, MAX_HOP_BYTES } from '../../src/config/relay-limits.ts'
import { HopMessage } from '../../src/protocols/pb/circuit.ts'
import { STATUS } from '../../src/relay/hop-exchange.ts'
import { RelayClient } from '../support/relay-client.ts'
import { RelayNode } from '../support/relay-node.ts'

const PATIENT_MS = 120_000

async function answerTo(bytes: Uint8Array): Promise<number | undefined> {
  await using relay = await RelayNode.start()
  await using mallory = await RelayClient.start()
  const stream = await mallory.hop(relay.address)
  stream.send(bytes)
  const { status } = await pbStream(stream).pb(HopMessage).read({ signal: AbortSignal.timeout(PATIENT_MS) })
  return status
}

describe('requests to a relay', () => {
  const requests: Array<[string, HopMessage, number]> = [
    ['without a type', {}, STATUS.MALFORMED_MESSAGE],
    ['of a type for answers', { type: 2, status: 100 }, STATUS.UNEXPECTED_MESSAGE],
    ['of an unknown type', { type: 77 }, STATUS.UNEXPECTED_MESSAGE],
    ['to connect to nobody', { type: 1 }, STATUS.MALFORMED_MESSAGE],
    ['to connect to what is no peer ID', { type: 1, peer: { id: new Uint8Array(2_000) } }, STATUS.NO_RESERVATION]
  ]
  for (const [what, request, status] of requests) {
    it(`${what} are answered ${status}`, async () => {
      const bytes = HopMessage.encode(request)
      assert.ok(bytes.byteLength < 2 ** 14)
      assert.equal(await answerTo(Uint8Array.from([...varint(bytes.byteLength), ...bytes])), status)
    })
  }

  it('that are no message are answered 400', async () => {
    assert.equal(await answerTo(Uint8Array.from([3, 0xff, 0xff, 0xff])), STATUS.MALFORMED_MESSAGE)
  })

  it('that announce more than a request ever has are answered 400 at once', async () => {
    assert.equal(await answerTo(Uint8Array.from(varint(MAX_HOP_BYTES + 1))), STATUS.MALFORMED_MESSAGE)
  })

  it('that never come, or whose sender never ends its side, are not waited for', async () => {
    await using relay = await RelayNode.start()
    await using mallory = await RelayClient.start()
    const streams = await Promise.all([100, 2].map(async (announced) => {
      const stream = await mallory.hop(relay.address)
      stream.send(Uint8Array.of(announced, 8)) // 100 bytes that do not follow; 2 that are no message
      return stream
    }))
    const signal = AbortSignal.timeout(8 * HOP_TIMEOUT_MS)
    await Promise.all(streams.map(async (stream) => { await once(stream, 'close', { signal }) }))
    assert.deepEqual(streams.map(({ status }) => status), ['reset', 'reset'])
  })

  it('for a circuit over a circuit are refused', async () => {
    await using relay = await RelayNode.start()
    await using first = await RelayNode.start()
    await using bob = await RelayClient.start({ via: relay.address })
    await using alice = await RelayClient.start()
    await alice.dial(relay.address, bob)
    assert.equal(await alice.connect(relay.address, bob), STATUS.OK)
    assert.equal(await alice.connect(first.address, bob), STATUS.NO_RESERVATION)
  })
})

function varint(value: number): number[] {
  return value < 128 ? [value] : [value % 128 + 128, Math.floor(value / 128)]
}
