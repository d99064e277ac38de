import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { attest } from '../../src/nat/attestation.ts'
import type { Endpoint } from '../../src/nat/endpoint.ts'
import { RelayClocks } from '../../src/nat/relay-clocks.ts'
import type { StunAnswer } from '../../src/nat/stun-client.ts'

const NOW = 1_000_000
const SERVER: Endpoint = { host: '45.33.0.1', port: 4001, family: 4 }
const MAPPED: Endpoint = { host: '45.33.7.7', port: 4001, family: 4 }

/** A relay whose clock is `offsetMs` ahead of ours, asked over a path of 40 ms. */
async function relayAhead(offsetMs: number) {
  const key = await generateKeyPair('Ed25519')
  const attestation = await attest(key, MAPPED, NOW - 20 + offsetMs)
  const answer: StunAnswer = { server: SERVER, mapped: MAPPED, attestation, rttMs: 40, at: NOW }
  return { peerId: peerIdFromPrivateKey(key), answer }
}

describe('the clocks of relays', () => {
  it('are known by what they sign, less the way of the answer', async () => {
    const { peerId, answer } = await relayAhead(180_000)
    const clocks = new RelayClocks()
    await clocks.learn(peerId, [SERVER], [answer])
    assert.deepEqual(clocks.readings, [{ peerId: peerId.toString(), offsetMs: 180_000 }])
  })

  it('are not known by the word of others, by unsigned answers, or by those of other servers', async () => {
    const [{ peerId, answer }, other] = [await relayAhead(0), await relayAhead(9_000)]
    const clocks = new RelayClocks()
    await clocks.learn(peerId, [SERVER], [other.answer, { ...answer, attestation: undefined }, { ...answer, mapped: SERVER }])
    await clocks.learn(peerId, [{ ...SERVER, port: 4002 }], [answer])
    assert.deepEqual(clocks.readings, [])
  })

  it('are as the last answer tells, of so many relays', async () => {
    const clocks = new RelayClocks()
    const key = await generateKeyPair('Ed25519')
    for (const timeMs of [NOW, NOW + 5_000]) {
      const attestation = await attest(key, MAPPED, timeMs)
      await clocks.learn(peerIdFromPrivateKey(key), [SERVER], [{ server: SERVER, mapped: MAPPED, attestation, rttMs: 0, at: NOW }])
    }
    assert.deepEqual(clocks.readings.map(({ offsetMs }) => offsetMs), [5_000])
    for (let relays = 0; relays < 20; relays++) {
      const { peerId, answer } = await relayAhead(relays)
      await clocks.learn(peerId, [SERVER], [answer])
    }
    assert.equal(clocks.readings.length, 16)
  })
})
