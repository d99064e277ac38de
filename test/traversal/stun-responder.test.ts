import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { isAttested } from '../../src/nat/attestation.ts'
import { toEndpoint, type Endpoint } from '../../src/nat/endpoint.ts'
import { decodeStun, encodeStunRequest, type StunResponse } from '../../src/nat/stun.ts'
import { StunResponder } from '../../src/nat/stun-responder.ts'
import { FakeClock } from '../support/fake-clock.ts'

const transactionId = new Uint8Array(12).fill(3)
const endpoint = (host: string, port: number): Endpoint => toEndpoint(host, port) ?? assert.fail(`${host} is no address`)
const ip4 = endpoint('45.33.0.21', 4001)
const ip6 = endpoint('2001:db8::21', 4001)
const question = (wantsAttestation: boolean): Uint8Array => encodeStunRequest({ transactionId, wantsAttestation })

function responseIn(answer: Uint8Array | undefined): StunResponse {
  const message = answer === undefined ? undefined : decodeStun(answer)
  return message?.kind === 'response' ? message : assert.fail('no response')
}

describe('StunResponder', () => {
  it('says where the question came from', async () => {
    const answer = await new StunResponder({ clock: new FakeClock() }).answer(question(false), ip4)
    assert.deepEqual(responseIn(answer), { kind: 'response', transactionId, mapped: ip4 })
  })

  it('signs the address with the key of the relay, and that signature fits nothing else', async () => {
    const [privateKey, other] = [await generateKeyPair('Ed25519'), await generateKeyPair('Ed25519')]
    const responder = new StunResponder({ clock: new FakeClock(), privateKey })
    for (const from of [ip4, ip6]) {
      const { attestation } = responseIn(await responder.answer(question(true), from))
      assert.ok(attestation !== undefined)
      const relay = peerIdFromPrivateKey(privateKey)
      assert.equal(await isAttested(attestation, from, relay), true)
      assert.equal(await isAttested(attestation, { ...from, port: 4002 }, relay), false)
      assert.equal(await isAttested({ ...attestation, timeMs: attestation.timeMs + 1 }, from, relay), false)
      assert.equal(await isAttested(attestation, from, peerIdFromPrivateKey(other)), false)
    }
  })

  it('never answers with more than twice the size of the question', async () => {
    const responder = new StunResponder({ clock: new FakeClock(), privateKey: await generateKeyPair('Ed25519') })
    for (const from of [ip4, ip6]) {
      for (const wants of [true, false]) {
        const answer = await responder.answer(question(wants), from)
        assert.ok((answer?.byteLength ?? 0) <= 2 * question(wants).byteLength)
      }
    }
    assert.equal(await responder.answer(question(false), ip6), undefined) // 44 bytes for 20
    const shortButGreedy = Uint8Array.from([...question(false).subarray(0, 20), 0xcf, 0x4d, 0, 0])
    shortButGreedy[3] = 4
    assert.equal(await responder.answer(shortButGreedy, ip4), undefined)
  })

  it('answers an address a bounded number of times a minute, whatever its port, and others still', async () => {
    const clock = new FakeClock()
    const responder = new StunResponder({ clock, answersPerMinute: 5 })
    const answers = []
    for (let port = 1; port <= 8; port++) answers.push(await responder.answer(question(false), endpoint('45.33.0.21', port)))
    assert.equal(answers.filter(answer => answer !== undefined).length, 5)
    assert.ok(await responder.answer(question(false), endpoint('45.33.0.22', 1)))
    clock.advance(60_000)
    assert.ok(await responder.answer(question(false), ip4))
  })

  it('says nothing to a response or to noise: two servers cannot be set on each other', async () => {
    const responder = new StunResponder({ clock: new FakeClock() })
    const answer = await responder.answer(question(false), ip4)
    assert.ok(answer !== undefined)
    assert.equal(await responder.answer(answer, ip4), undefined)
    assert.equal(await responder.answer(new Uint8Array(100), ip4), undefined)
  })
})
