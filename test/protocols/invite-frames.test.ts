import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { streamPair } from '@libp2p/utils'
import { MAX_INVITE_FRAME_BYTES } from '../../src/config/invite-limits.ts'
import { decodeInviteFrame, encodeInviteFrame, InviteChannel, InviteFrameError, type InviteFrame } from '../../src/protocols/invite-frames.ts'
import { InviteFrame as PbFrame } from '../../src/protocols/pb/invite.ts'

const NONCE = new Uint8Array(32).fill(1)
const MAC = new Uint8Array(32).fill(2)
const LONGEST_NAME = 'n'.repeat(48)
const signal = AbortSignal.timeout(20_000)

describe('frames of an invitation', () => {
  const frames: InviteFrame[] = [
    { kind: 'hello', hello: { invitationId: '00112233445566778899aabbccddeeff', nonce: NONCE } },
    { kind: 'challenge', nonce: NONCE },
    { kind: 'proof', proof: { mac: MAC, name: LONGEST_NAME } },
    { kind: 'welcome', proof: { mac: MAC, name: '' } },
    ...(['forged', 'used', 'expired', 'blocked', 'busy', 'fault'] as const).map(reason => ({ kind: 'refusal', reason, retryAfterMs: 1_000 } as const))
  ]
  for (const frame of frames) {
    it(`carry "${frame.kind}${frame.kind === 'refusal' ? ` ${frame.reason}` : ''}"`, () => {
      const bytes = encodeInviteFrame(frame)
      assert.ok(bytes.byteLength <= MAX_INVITE_FRAME_BYTES)
      const decoded = decodeInviteFrame(bytes)
      assert.deepEqual(decoded.kind === 'hello' ? { ...decoded, hello: { ...decoded.hello, nonce: Uint8Array.from(decoded.hello.nonce) } } : decoded, frame)
    })
  }

  const malformed: Array<[string, Uint8Array]> = [
    ['nothing', new Uint8Array(0)],
    ['noise', new Uint8Array(64).fill(0xff)],
    ['two frames at once', PbFrame.encode({ challenge: NONCE, proof: { mac: MAC, name: 'bob' } })],
    ['a short invitation ID', PbFrame.encode({ hello: { invitationId: new Uint8Array(15), nonce: NONCE } })],
    ['a short nonce of the joiner', PbFrame.encode({ hello: { invitationId: new Uint8Array(16), nonce: new Uint8Array(31) } })],
    ['an empty challenge', PbFrame.encode({ challenge: new Uint8Array(0) })],
    ['half a proof', PbFrame.encode({ proof: { mac: new Uint8Array(16), name: 'bob' } })],
    ['a long welcome', PbFrame.encode({ welcome: { mac: new Uint8Array(64), name: 'bob' } })]
  ]
  for (const [what, bytes] of malformed) it(`refuse ${what}`, () => { assert.throws(() => decodeInviteFrame(bytes), InviteFrameError) })

  it('take no name outside of the safe alphabet', () => {
    for (const name of ['Bob', 'bob\u001b[2J', 'bob\n', 'b'.repeat(49)]) {
      const frame = decodeInviteFrame(PbFrame.encode({ proof: { mac: MAC, name } }))
      assert.equal(frame.kind === 'proof' && frame.proof.name, '')
    }
  })

  it('bound what a peer may ask to wait, and take a reason of a later version as a fault', () => {
    assert.deepEqual(decodeInviteFrame(PbFrame.encode({ refusal: { reason: 99, retryAfterMs: 2 ** 32 - 1 } })), { kind: 'refusal', reason: 'fault', retryAfterMs: 86_400_000 })
  })
})

describe('InviteChannel', () => {
  it('reads the frames that are due, and no others', async () => {
    const [ours, theirs] = await streamPair()
    const near = new InviteChannel(ours)
    const far = new InviteChannel(theirs)
    await near.write({ kind: 'challenge', nonce: NONCE }, { signal })
    assert.equal((await far.read(['challenge', 'refusal'], { signal })).kind, 'challenge')
    await near.write({ kind: 'challenge', nonce: NONCE }, { signal })
    await assert.rejects(far.read(['welcome', 'refusal'], { signal }), InviteFrameError)
  })

  it('refuses a frame that is announced longer than any', async () => {
    const [ours, theirs] = await streamPair()
    ours.send(Uint8Array.of(0x80 | (MAX_INVITE_FRAME_BYTES + 1) & 0x7f, (MAX_INVITE_FRAME_BYTES + 1) >> 7, 1, 2, 3))
    await assert.rejects(new InviteChannel(theirs).read(['hello'], { signal }), /length|long/i)
  })

  it('waits for as long as it was told', async () => {
    const [, theirs] = await streamPair()
    await assert.rejects(new InviteChannel(theirs).read(['hello'], { signal: AbortSignal.timeout(20) }))
  })
})
