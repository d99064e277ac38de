import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MAX_FILE_FRAME_BYTES, MAX_FILE_TEXT_BYTES, MAX_OFFERED_NAME_CHARACTERS } from '../../src/config/file-limits.ts'
import { MeshError } from '../../src/lib/errors.ts'
import { decodeFileFrame, encodeFileFrame, FileChannel, FileFrameError, refusalOf, toRefusedError, type FileFrame, type FileOffer } from '../../src/protocols/file-frames.ts'
import { FileFrame as PbFrame } from '../../src/protocols/pb/file.ts'
import { plainPair } from '../support/streams.ts'

const ID = '0197c1a2-0000-7000-8000-000000000001'
const BYTES = Buffer.from(ID.replaceAll('-', ''), 'hex')
const OFFER: FileOffer = {
  transferId: ID, name: '日'.repeat(MAX_OFFERED_NAME_CHARACTERS), bytes: Number.MAX_SAFE_INTEGER, text: 'x'.repeat(MAX_FILE_TEXT_BYTES),
  callId: ID, hops: 3
}
const signal = AbortSignal.timeout(60_000)

describe('frames of a file', () => {
  const frames: FileFrame[] = [
    { kind: 'offer', offer: OFFER }, { kind: 'offer', offer: { ...OFFER, callId: undefined, bytes: 0, text: '' } },
    { kind: 'cancel', transferId: ID }, { kind: 'call', transferId: ID }, { kind: 'go', offset: 0 }, { kind: 'written', offset: 2 ** 40 }, { kind: 'ask' }, { kind: 'done' },
    { kind: 'refusal', refusal: { code: 'DISK_FULL', text: 'no room', retryAfterMs: 5_000, isRejected: true } }
  ]
  for (const frame of frames) {
    it(`carry "${frame.kind}"`, () => {
      const bytes = encodeFileFrame(frame)
      assert.ok(bytes.byteLength <= MAX_FILE_FRAME_BYTES)
      assert.deepEqual(decodeFileFrame(bytes), frame)
    })
  }

  const offer = { transferId: BYTES, name: 'x', bytes: 1, text: '', hops: 0 }
  const malformed: Array<[string, Uint8Array]> = [
    ['nothing', new Uint8Array()],
    ['no protobuf', Buffer.from([0xff, 0xff])],
    ['two things', PbFrame.encode({ go: 1, ask: true })],
    ['a short transfer ID', PbFrame.encode({ cancel: BYTES.subarray(1) })],
    ['a short call ID', PbFrame.encode({ offer: { ...offer, callId: BYTES.subarray(1) } })],
    ['a long name', PbFrame.encode({ offer: { ...offer, name: 'x'.repeat(MAX_OFFERED_NAME_CHARACTERS + 1) } })],
    ['a long text', PbFrame.encode({ offer: { ...offer, text: 'x'.repeat(MAX_FILE_TEXT_BYTES + 1) } })],
    ['a size beyond all numbers', Buffer.from([0x20, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f])]
  ]
  for (const [what, bytes] of malformed) it(`with ${what} are refused`, () => { assert.throws(() => decodeFileFrame(bytes), FileFrameError) })

  it('say why no file is taken, in our own codes and on one line', () => {
    const refused = toRefusedError(refusalOf(new MeshError('QUOTA_EXCEEDED', 'full')))
    assert.deepEqual([refused.code, refused.reason, refused.retryAfterMs], ['QUOTA_EXCEEDED', 'by-recipient', undefined])
    assert.equal(toRefusedError(refusalOf(new MeshError('RATE_LIMITED', 'later', { retryAfterMs: 7 }))).retryAfterMs, 7)
    const odd = decodeFileFrame(PbFrame.encode({ refusal: { code: 'SOMETHING_NEW', text: 'a\nb', retryAfterMs: 0, isRejected: false } }))
    assert.deepEqual(odd, { kind: 'refusal', refusal: { code: 'INTERNAL', text: 'a\\nb', retryAfterMs: 0, isRejected: false } })
  })
})

describe('the stream of a file', () => {
  it('carries frames, and then plain bytes', async () => {
    const [near, far] = await plainPair()
    const [ours, theirs] = [new FileChannel(near), new FileChannel(far)]
    ours.write({ kind: 'ask' })
    assert.deepEqual(await theirs.read(['ask'], { signal }), { kind: 'ask' })
    const received = Promise.withResolvers<Uint8Array>()
    theirs.unframed().addEventListener('message', ({ data }) => { received.resolve(data.subarray()) })
    ours.stream.send(Buffer.from('plain'))
    assert.equal(Buffer.from(await received.promise).toString(), 'plain')
  })

  it('takes no frame that is not due, nor one without an end', async () => {
    const [near, far] = await plainPair()
    const [ours, theirs] = [new FileChannel(near), new FileChannel(far)]
    ours.write({ kind: 'done' })
    await assert.rejects(theirs.read(['go'], { signal }), FileFrameError)
    near.send(Buffer.alloc(32, 0xff))
    await assert.rejects(theirs.read(['go'], { signal }))
  })
})
