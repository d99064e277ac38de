import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { toEndpoint, type Endpoint } from '../../src/nat/endpoint.ts'
import { decodeStun, encodeStunRequest, encodeStunResponse, isStun } from '../../src/nat/stun.ts'
import { StunFrames } from '../../src/nat/stun-frames.ts'

const transactionId = Uint8Array.from({ length: 12 }, (_, index) => index + 1)
const endpoint = (host: string, port: number): Endpoint => toEndpoint(host, port) ?? assert.fail(`${host} is no address`)

/** RFC 5769, 2.2: a response with other attributes around XOR-MAPPED-ADDRESS. */
const RFC_5769_RESPONSE = Buffer.from(
  '0101003c2112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220002000080001a147e112a643' +
  '000800142b91f599fd9e90c38c7489f92af9ba53f06be7d780280004c07d4c96', 'hex')

describe('STUN', () => {
  for (const mapped of [endpoint('45.33.0.21', 4001), endpoint('2001:db8:1234:5678:11:2233:4455:6677', 32853)]) {
    it(`carries an IPv${mapped.family} mapping and a signature both ways`, () => {
      const attestation = { timeMs: 1_893_456_000_000, signature: new Uint8Array(64).fill(7) }
      const decoded = decodeStun(encodeStunResponse({ transactionId, mapped, attestation }))
      assert.deepEqual(decoded, { kind: 'response', transactionId, mapped, attestation })
    })
  }

  it('reads a response of another implementation', () => {
    const decoded = decodeStun(RFC_5769_RESPONSE)
    assert.deepEqual(decoded?.kind === 'response' ? decoded.mapped : decoded, endpoint('192.0.2.1', 32853))
  })

  it('tells whether a request asks for a signature', () => {
    for (const wantsAttestation of [true, false]) {
      assert.deepEqual(decodeStun(encodeStunRequest({ transactionId, wantsAttestation })), { kind: 'request', transactionId, wantsAttestation })
    }
  })

  it('takes nothing that is cut, padded or altered in its lengths', () => {
    for (let length = 0; length < RFC_5769_RESPONSE.byteLength; length++) assert.equal(decodeStun(RFC_5769_RESPONSE.subarray(0, length)), undefined)
    assert.equal(decodeStun(Buffer.concat([RFC_5769_RESPONSE, Buffer.alloc(4)])), undefined)
    const wrong = Uint8Array.from(RFC_5769_RESPONSE)
    wrong[23] = 255 // the first attribute now reaches beyond the end
    assert.equal(decodeStun(wrong), undefined)
  })

  it('survives random bytes behind a right header', () => {
    for (let round = 0; round < 2_000; round++) {
      const bytes = crypto.getRandomValues(new Uint8Array(20 + 4 * (round % 20)))
      bytes.set([0x01, 0x01, 0, 4 * (round % 20), 0x21, 0x12, 0xa4, 0x42])
      assert.doesNotThrow(() => decodeStun(bytes))
    }
  })

  it('is told from UDX (first byte 255) and from probes', () => {
    assert.equal(isStun(Uint8Array.from({ length: 32 }, () => 255)), false)
    assert.equal(isStun(RFC_5769_RESPONSE), true)
  })
})

describe('StunFrames', () => {
  it('finds messages in pieces and in one piece', () => {
    const frames: Uint8Array[] = []
    const cutter = new StunFrames((frame) => { frames.push(frame) })
    for (const byte of RFC_5769_RESPONSE) assert.ok(cutter.push(Uint8Array.of(byte)))
    assert.ok(cutter.push(Buffer.concat([RFC_5769_RESPONSE, RFC_5769_RESPONSE])))
    assert.equal(frames.length, 3)
    assert.ok(frames.every(frame => Buffer.compare(frame, RFC_5769_RESPONSE) === 0))
  })

  it('refuses what is not STUN, and a message that would fill memory', () => {
    assert.equal(new StunFrames(() => assert.fail('no frame was due')).push(Buffer.from('GET / HTTP/1.1\r\n\r\n  ')), false)
    const long = Uint8Array.from(RFC_5769_RESPONSE)
    long[2] = 0xff
    assert.equal(new StunFrames(() => assert.fail('no frame was due')).push(long), false)
  })
})
