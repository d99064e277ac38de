import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { RPC } from '@libp2p/gossipsub/message'
import { MAX_BROADCASTS_PER_ANSWER, MAX_BROADCAST_TEXT_BYTES, MAX_GOSSIP_FRAME_BYTES } from '../../src/config/broadcast-limits.ts'
import { encodeHaves, encodeTopics } from '../../src/protocols/gossip-frames.ts'
import { encodeBroadcast } from '../../src/protocols/wire-broadcast.ts'

describe('a frame of gossipsub', () => {
  it('tells which topics are subscribed to', () => {
    assert.deepEqual(RPC.decode(encodeTopics(['news', 'weather'])).subscriptions, [{ subscribe: true, topic: 'news' }, { subscribe: true, topic: 'weather' }])
  })

  it('tells which messages of a topic can be had', () => {
    const messageIDs = [Uint8Array.of(1, 2), Uint8Array.of(3)]
    assert.deepEqual(RPC.decode(encodeHaves('news', messageIDs)).control?.ihave, [{ topicID: 'news', messageIDs }])
  })

  it('holds the answer to one of those with the longest broadcasts', () => {
    const data = encodeBroadcast({ id: '0197c1a2-0000-7000-8000-000000000001', sentAt: 1_900_000_000_000, hops: 255, text: 'x'.repeat(MAX_BROADCAST_TEXT_BYTES) })
    const message = { from: new Uint8Array(38), seqno: new Uint8Array(8), signature: new Uint8Array(64), topic: 'x'.repeat(128), data }
    assert.ok(RPC.encode({ messages: Array.from({ length: MAX_BROADCASTS_PER_ANSWER }, () => message) }).byteLength < MAX_GOSSIP_FRAME_BYTES)
  })
})
