import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { streamPair } from '@libp2p/utils'
import { MAX_CANDIDATES, MAX_SIGNAL_BYTES } from '../../src/config/nat-limits.ts'
import { Signal, type Offer } from '../../src/protocols/pb/punch.ts'
import { decodeSignal, encodeSignal, PunchSignalError, SignalChannel, type PunchOffer, type PunchSignal } from '../../src/protocols/punch-signal.ts'

const offer: PunchOffer = {
  plane: 'udp', purpose: 'move', token: new Uint8Array(16).fill(1), streamId: 2 ** 32 - 1, nat: 'hard', gatherMs: 30,
  candidates: [
    { host: Uint8Array.of(45, 33, 0, 21), port: 4001, attestation: { timeMs: 1_893_456_000_000, signature: new Uint8Array(64).fill(2) } },
    { host: new Uint8Array(16).fill(3), port: 1, attestation: undefined }
  ]
}
const pbOffer: Offer = { plane: 1, purpose: 0, token: new Uint8Array(16), streamId: 1, nat: 0, candidates: [], gatherMs: 0 }
const signal = AbortSignal.timeout(20_000)

describe('punch signals', () => {
  const signals: PunchSignal[] = [
    { kind: 'offer', offer }, { kind: 'go', plane: 'tcp' }, { kind: 'done', isDirect: false, why: 'both-symmetric' },
    { kind: 'refusal', reason: 'not-approved' }, { kind: 'echo', bytes: new Uint8Array(16).fill(9) }
  ]
  for (const one of signals) it(`carries "${one.kind}"`, () => { assert.deepEqual(decodeSignal(encodeSignal(one)), one) })

  const malformed: Array<[string, Uint8Array]> = [
    ['nothing', new Uint8Array(0)],
    ['noise', new Uint8Array(64).fill(0xff)],
    ['two signals at once', Signal.encode({ go: 1, refusal: 1 })],
    ['an unknown plane', Signal.encode({ go: 9 })],
    ['an unknown refusal', Signal.encode({ refusal: 99 })],
    ['a short token', Signal.encode({ offer: { ...pbOffer, token: new Uint8Array(15) } })],
    ['stream ID 0', Signal.encode({ offer: { ...pbOffer, streamId: 0 } })],
    ['an address of 5 bytes', Signal.encode({ offer: { ...pbOffer, candidates: [{ host: new Uint8Array(5), port: 1 }] } })],
    ['port 0', Signal.encode({ offer: { ...pbOffer, candidates: [{ host: new Uint8Array(4), port: 0 }] } })],
    ['port 65536', Signal.encode({ offer: { ...pbOffer, candidates: [{ host: new Uint8Array(4), port: 65_536 }] } })],
    ['more candidates than are probed', Signal.encode({ offer: { ...pbOffer, candidates: Array.from({ length: MAX_CANDIDATES + 1 }, () => ({ host: new Uint8Array(4), port: 1 })) } })],
    ['a long echo', Signal.encode({ echo: new Uint8Array(17) })]
  ]
  for (const [what, bytes] of malformed) it(`refuses ${what}`, () => { assert.throws(() => decodeSignal(bytes), PunchSignalError) })

  it('keeps of a peer\'s reason what is a plain word', () => {
    const decoded = decodeSignal(encodeSignal({ kind: 'done', isDirect: false, why: 'timeout\n\u001b[31m<b>' }))
    assert.deepEqual(decoded, { kind: 'done', isDirect: false, why: 'timeoutmb' })
  })
})

describe('SignalChannel', () => {
  it('carries signals over a stream', async () => {
    const [ours, theirs] = await streamPair()
    await new SignalChannel(ours).write({ kind: 'offer', offer }, { signal })
    assert.deepEqual(await new SignalChannel(theirs).read({ signal }), { kind: 'offer', offer })
  })

  it('does not wait longer than it was told', async () => {
    const [, theirs] = await streamPair()
    await assert.rejects(new SignalChannel(theirs).read({ signal, timeoutMs: 20 }))
  })

  it('refuses a frame that is announced longer than any signal', async () => {
    const [ours, theirs] = await streamPair()
    ours.send(Uint8Array.of(0x80 | (MAX_SIGNAL_BYTES + 1) & 0x7f, (MAX_SIGNAL_BYTES + 1) >> 7, 1, 2, 3))
    await assert.rejects(new SignalChannel(theirs).read({ signal }), /length|long/i)
  })

  it('cuts off an offer of a thousand candidates, and reads none of them', async () => {
    const [ours, theirs] = await streamPair()
    const at = (index: number) => ({ host: Uint8Array.of(45, 33, index >> 8, index & 0xff), port: 4_001, attestation: undefined })
    const candidates = Array.from({ length: 1_000 }, (_, index) => at(index))
    const reading = new SignalChannel(theirs).read({ signal })
    await Promise.allSettled([new SignalChannel(ours).write({ kind: 'offer', offer: { ...offer, candidates } }, { signal })])
    await assert.rejects(reading)
  })

  it('ends when the stream does', async () => {
    const [ours, theirs] = await streamPair()
    const reading = new SignalChannel(theirs).read({ signal })
    ours.abort(new Error('gone'))
    await assert.rejects(reading)
  })
})
