import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MAX_ACKS_PER_FRAME, MAX_FORWARD_TARGETS, MAX_FRAME_BYTES, MAX_TEXT_BYTES } from '../../src/config/limits.ts'
import { Frame, type Ack, type Envelope } from '../../src/protocols/pb/message.ts'
import { decodeFrame, encodeAcks, encodeAnnounce, encodeMessage, MalformedFrameError, type WireAck, type WireMessage } from '../../src/protocols/wire-message.ts'
import { received, refused, testId, testMessage } from '../support/messages.ts'

const ID = Buffer.from(testId(7).replaceAll('-', ''), 'hex')

const ACK: Ack = { id: ID, stage: 1, deliveries: [] }
const DELIVERY = { channel: 'feishu', target: 'user:ou_1', ok: true }

const envelope = (change: Partial<Envelope> = {}): Uint8Array =>
  Frame.encode({ message: { id: ID, kind: 0, hops: 0, ttlMs: 1, text: 'x', ...change }, acks: [] })
const acks = (...changes: Array<Partial<Ack>>): Uint8Array => Frame.encode({ acks: changes.map(change => ({ ...ACK, ...change })) })

function decodedMessage(bytes: Uint8Array): WireMessage {
  const frame = decodeFrame(bytes)
  assert.ok(frame.kind === 'message')
  return frame.message
}

function decodedAcks(bytes: Uint8Array): WireAck[] {
  const frame = decodeFrame(bytes)
  assert.ok(frame.kind === 'acks')
  return frame.acks
}

describe('a message on the wire', () => {
  const messages: WireMessage[] = [
    testMessage(1),
    testMessage(2, { kind: 'reply', inReplyTo: testId(1), hops: 3, conversation: 'c-1', ttlMs: 604_800_000, text: 'ü 😀\n\u0000' }),
    testMessage(3, { kind: 'call', text: '' }),
    testMessage(5, { kind: 'system', inReplyTo: testId(2), receipt: { id: testId(2), stage: 'delivered' } }),
    testMessage(6, { kind: 'system', receipt: refused(2, { retryAfterMs: 1_000 }) }),
    testMessage(7, { kind: 'system', receipt: { id: testId(2), stage: 'received', deliveries: [DELIVERY, { ...DELIVERY, ok: false, error: 'no such chat' }] } })
  ]
  for (const message of messages) {
    it(`comes back as it was sent (${message.kind} ${message.id.at(-1) ?? ''})`, () => {
      assert.deepEqual(decodedMessage(encodeMessage(message)), message)
    })
  }

  it('may have the longest text, in a frame that is not too long', () => {
    const longest = testMessage(1, { text: 'x'.repeat(MAX_TEXT_BYTES), conversation: 'c'.repeat(128), inReplyTo: testId(2), hops: 4, ttlMs: 0xffff_ffff })
    const bytes = encodeMessage(longest)
    assert.ok(bytes.byteLength <= MAX_FRAME_BYTES)
    assert.deepEqual(decodedMessage(bytes), longest)
  })

  it('lives as long as the field can say when it is to live longer', () => {
    assert.equal(decodedMessage(encodeMessage(testMessage(1, { ttlMs: 31_536_000_000 }))).ttlMs, 0xffff_ffff)
  })

  it('carries nothing that names its sender', () => {
    const bytes = encodeMessage({ ...testMessage(1), ...{ from: 'SOMEBODY', peerId: 'SOMEBODY' } })
    assert.ok(!Buffer.from(bytes).includes('SOMEBODY'))
  })

  it('is understood when a newer version added fields', () => {
    const field20 = Buffer.from([0xa2, 0x01, 0x03, 0x01, 0x02, 0x03])
    assert.deepEqual(decodedMessage(Buffer.concat([encodeMessage(testMessage(1)), field20])), testMessage(1))
  })
})

describe('acknowledgements on the wire', () => {
  it('come back as they were sent', () => {
    const all: WireAck[] = [
      received(1), refused(2), refused(3, { code: 'RATE_LIMITED', retryAfterMs: 360_000 }),
      { id: testId(4), stage: 'held' }, { id: testId(5), stage: 'delivered' }, { id: testId(6), stage: 'uncertain' }
    ]
    assert.deepEqual(decodedAcks(encodeAcks(all)), all)
  })

  it('never ask for a retry earlier than meant', () => {
    assert.equal(decodedAcks(encodeAcks([refused(1, { retryAfterMs: 0.2 })]))[0]?.retryAfterMs, 1)
  })

  it('fit into one frame up to their limit, with the longest texts', () => {
    const longest = Array.from({ length: MAX_ACKS_PER_FRAME }, (_, index) => refused(index, { code: 'X'.repeat(32), text: 'x'.repeat(300), retryAfterMs: 0xffff_ffff }))
    const bytes = encodeAcks(longest)
    assert.ok(bytes.byteLength <= MAX_FRAME_BYTES)
    assert.equal(decodedAcks(bytes).length, MAX_ACKS_PER_FRAME)
  })

  it('show the peer\'s text on one line, escaped and cut', () => {
    const [ack] = decodedAcks(acks({ stage: 0, text: `\u001b[31m\n[libp2p-mesh] forged${'x'.repeat(60_000)}` }))
    assert.match(ack?.text ?? '', /^\\u\{1b\}\[31m\\n\[libp2p-mesh\] forgedx+…$/)
    assert.equal(ack?.text?.length, 300)
  })
})

describe('deliveries on the wire', () => {
  it('show the peer\'s texts on one line, escaped and cut', () => {
    const hostile = `\u001b\n${'x'.repeat(10_000)}`
    const [ack] = decodedAcks(acks({ deliveries: [{ channel: hostile, target: hostile, ok: false, error: hostile }] }))
    const [delivery] = ack?.deliveries ?? []
    assert.deepEqual([delivery?.channel.length, delivery?.target.length, delivery?.error?.length, delivery?.ok], [128, 128, 300, false])
    assert.match(delivery?.channel ?? '', /^\\u\{1b\}\\nx+…$/)
  })

  it('of all channels, with the longest texts, fit into a frame', () => {
    const longest = { channel: '😀'.repeat(128), target: '😀'.repeat(128), ok: false, error: '😀'.repeat(300) }
    const receipt: WireAck = { id: testId(2), stage: 'received', deliveries: Array.from({ length: MAX_FORWARD_TARGETS }, () => longest) }
    const bytes = encodeMessage(testMessage(1, { kind: 'system', text: '', receipt }))
    assert.ok(bytes.byteLength <= MAX_FRAME_BYTES)
    assert.deepEqual(decodedMessage(bytes).receipt, receipt)
  })
})

describe('an announce on the wire', () => {
  it('comes back as it was sent, unread', () => {
    assert.deepEqual(decodeFrame(encodeAnnounce(Buffer.from('a signed record'))), { kind: 'announce', record: Uint8Array.from(Buffer.from('a signed record')) })
  })
})

describe('a malformed frame', () => {
  const malformed: Array<[string, Uint8Array, RegExp]> = [
    ['of nothing', new Uint8Array(), /empty frame/],
    ['of noise', Buffer.from('this is no protobuf'), /not a protobuf frame/],
    ['that is cut off', envelope({ text: 'longer text' }).subarray(0, -4), /not a protobuf frame/],
    ['that is a page of the web', Buffer.from('GET / HTTP/1.1\r\n\r\n'), /not a protobuf frame|empty frame/],
    ['with both a message and acknowledgements', Buffer.concat([envelope(), acks({})]), /one thing only/],
    ['with both a message and an announce', Buffer.concat([envelope(), encodeAnnounce(Buffer.from('x'))]), /one thing only/],
    ['with a text that is too long', envelope({ text: 'ü'.repeat(MAX_TEXT_BYTES / 2 + 1) }), /text longer than/],
    ['with a conversation ID that is too long', envelope({ conversation: 'c'.repeat(129) }), /conversation ID too long/],
    ['without a message ID', envelope({ id: new Uint8Array() }), /message ID of 0 bytes, expected 16/],
    ['with a short message ID', envelope({ id: ID.subarray(1) }), /message ID of 15 bytes/],
    ['with a long message ID', envelope({ id: new Uint8Array(1_000) }), /message ID of 1000 bytes/],
    ['with a bad ID of the answered message', envelope({ inReplyTo: ID.subarray(1) }), /message ID of 15 bytes/],
    ['of an unknown kind', envelope({ kind: 4 }), /unknown message kind 4/],
    ['with a receipt of an unknown stage', envelope({ kind: 3, receipt: { ...ACK, stage: 9 } }), /unknown acknowledgement stage 9/],
    ['with an acknowledgement of an unknown stage', acks({}, { stage: 5 }), /unknown acknowledgement stage 5/],
    ['with an acknowledgement without ID', acks({ id: new Uint8Array() }), /message ID of 0 bytes/],
    ['with a code that is none', acks({ stage: 0, code: 'forged code' }), /malformed error code/],
    ['with an empty code', acks({ stage: 0, code: '' }), /malformed error code/],
    ['with a code that is too long', acks({ stage: 0, code: 'X'.repeat(33) }), /malformed error code/],
    ['with too many deliveries', acks({ deliveries: Array.from({ length: MAX_FORWARD_TARGETS + 1 }, () => DELIVERY) }), /not a protobuf frame/],
    ['with too many deliveries in a receipt', envelope({ kind: 3, receipt: { ...ACK, deliveries: Array.from({ length: MAX_FORWARD_TARGETS + 1 }, () => DELIVERY) } }), /not a protobuf frame/],
    ['with too many acknowledgements', acks(...Array.from({ length: MAX_ACKS_PER_FRAME + 1 }, () => ({}))), /not a protobuf frame/]
  ]
  for (const [name, bytes, expected] of malformed) {
    it(`${name} is refused`, () => {
      assert.throws(() => decodeFrame(bytes), (error: unknown) => error instanceof MalformedFrameError && expected.test(error.message))
    })
  }

  it('of any bytes is refused with the same error or understood, and nothing else happens', () => {
    let seed = 1
    const next = (): number => {
      seed = Math.imul(seed, 1_664_525) + 1_013_904_223 >>> 0
      return seed >>> 24
    }
    const valid = encodeMessage(testMessage(2, { kind: 'system', inReplyTo: testId(1), receipt: refused(2), conversation: 'c' }))
    for (let round = 0; round < 3_000; round++) {
      const bytes = round % 2 === 0 ? Uint8Array.from({ length: next() }, next) : Uint8Array.from(valid)
      bytes[next() % Math.max(1, bytes.length)] = next()
      try {
        decodeFrame(bytes)
      } catch (error) {
        assert.ok(error instanceof MalformedFrameError, String(error))
      }
    }
  })
})
