import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MAX_BROADCAST_TEXT_BYTES } from '../../src/config/broadcast-limits.ts'
import { Broadcast } from '../../src/protocols/pb/broadcast.ts'
import { decodeBroadcast, encodeBroadcast } from '../../src/protocols/wire-broadcast.ts'
import { MalformedFrameError } from '../../src/protocols/wire-message.ts'

const one = { id: '0197c1a2-0000-7000-8000-000000000001', sentAt: 1_900_000_000_000, hops: 1, text: 'héllo\neverybody' }
const raw = { id: new Uint8Array(16), sentAt: 1, hops: 0, text: 'x' }

describe('a broadcast on the wire', () => {
  it('comes out as it went in, also with the longest text', () => {
    assert.deepEqual(decodeBroadcast(encodeBroadcast(one)), one)
    const longest = { ...one, text: 'x'.repeat(MAX_BROADCAST_TEXT_BYTES) }
    assert.deepEqual(decodeBroadcast(encodeBroadcast(longest)), longest)
  })

  const malformed: Array<[name: string, bytes: Uint8Array]> = [
    ['no protobuf', Uint8Array.of(0xff, 0xff)],
    ['nothing', new Uint8Array()],
    ['an ID of another length', Broadcast.encode({ ...raw, id: new Uint8Array(15) })],
    ['no text', Broadcast.encode({ ...raw, text: '' })],
    ['too much text', Broadcast.encode({ ...raw, text: 'x'.repeat(MAX_BROADCAST_TEXT_BYTES + 1) })]
  ]
  for (const [name, bytes] of malformed) {
    it(`is refused with ${name}`, () => { assert.throws(() => decodeBroadcast(bytes), MalformedFrameError) })
  }
})
