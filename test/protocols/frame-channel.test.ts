import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { FrameChannelError } from '../../src/protocols/frame-channel.ts'
import { bytes, createChannel, filled, MAX_FRAME, MAX_QUEUE, PARTIAL_MS, texts } from '../support/channels.ts'
import { plainPair, prefixed, yamuxPair } from '../support/streams.ts'
import { settled } from '../support/turns.ts'

describe('FrameChannel: frames', () => {
  it('arrive whole and in order, in both directions', async () => {
    const { channel, frames, far } = await createChannel()
    for (const text of ['one', 'two', 'three']) channel.send(bytes(text))
    far.send(bytes('a'), filled(MAX_FRAME), bytes('b'))
    assert.deepEqual(texts(await far.frames.count(3)), ['one', 'two', 'three'])
    assert.deepEqual((await frames.count(3)).map(frame => frame.byteLength), [1, MAX_FRAME, 1])
  })

  it('of one tick leave in one write', async () => {
    const { channel, far } = await createChannel()
    for (let index = 0; index < 50; index++) channel.send(bytes('frame'))
    await far.frames.count(50)
    assert.deepEqual(far.pieces.all, [50 * 6])
    channel.send(bytes('later'))
    assert.equal((await far.pieces.count(2)).length, 2)
  })

  it('are put together from pieces of any size', async () => {
    const { frames, far } = await createChannel()
    const raw = Buffer.concat([prefixed(bytes('first')).subarray(), prefixed(filled(300)).subarray(), prefixed(bytes('last')).subarray()])
    for (const byte of raw) far.sendRaw(Uint8Array.of(byte))
    assert.deepEqual((await frames.count(3)).map(frame => frame.byteLength), [5, 300, 4])
  })

  it('cross a window that is smaller than they are together', async () => {
    const { channel, far } = await createChannel(yamuxPair)
    for (let index = 0; index < 90; index++) channel.send(filled(MAX_FRAME))
    assert.equal((await far.frames.count(90)).length, 90)
  })
})

describe('FrameChannel: a peer that breaks a bound', () => {
  it('by announcing a frame that is too long is cut off before it sends it', async () => {
    const { ends, frames, far } = await createChannel()
    far.sendRaw(prefixed(filled(MAX_FRAME + 1)).subarray(0, 5))
    assert.equal((await ends.first())?.name, 'InvalidMessageLengthError')
    assert.equal(await far.ended.first(), 'reset')
    assert.equal(frames.all.length, 0)
  })

  it('by never ending the length of a frame is cut off at the deadline at the latest', async () => {
    const { ends, clock, near, far } = await createChannel()
    far.sendRaw(new Uint8Array(12).fill(0xff))
    await settled()
    clock.advance(PARTIAL_MS)
    await ends.first()
    assert.equal(near.status, 'aborted')
  })

  it('by stalling in a frame is cut off at the deadline, and no sooner', async () => {
    const { ends, clock, far } = await createChannel()
    far.sendRaw(prefixed(filled(100)).subarray(0, 50))
    await far.stream.onDrain()
    await settled()
    clock.advance(PARTIAL_MS - 1)
    assert.equal(ends.all.length, 0)
    clock.advance(1)
    const error = await ends.first()
    assert.ok(error instanceof FrameChannelError)
    assert.equal(error.message, 'a frame was not complete after 30000 ms')
    assert.equal(await far.ended.first(), 'reset')
  })

  it('by trickling bytes does not move the deadline', async () => {
    const { ends, clock, far } = await createChannel()
    const raw = prefixed(filled(100)).subarray()
    for (let index = 0; index < 3; index++) {
      far.sendRaw(raw.subarray(index * 10, index * 10 + 10))
      await settled()
      clock.advance(PARTIAL_MS / 3)
    }
    assert.equal((await ends.first())?.name, 'FrameChannelError')
  })

  it('has no deadline while it is silent between frames', async () => {
    const { frames, clock, ends, far } = await createChannel()
    far.sendRaw(prefixed(bytes('cut in two')).subarray(0, 4))
    await settled()
    assert.deepEqual(clock.pending, [PARTIAL_MS])
    far.sendRaw(prefixed(bytes('cut in two')).subarray(4))
    await frames.first()
    assert.deepEqual(clock.pending, [])
    clock.advance(1e9)
    assert.equal(ends.all.length, 0)
  })

  it('gets a new deadline for the next frame when it completed one', async () => {
    const { frames, clock, ends, far } = await createChannel()
    const raw = prefixed(bytes('a frame')).subarray()
    far.sendRaw(raw.subarray(0, 4))
    await settled()
    clock.advance(PARTIAL_MS - 1)
    far.sendRaw(Buffer.concat([raw.subarray(4), raw.subarray(0, 4)]))
    await frames.first()
    clock.advance(PARTIAL_MS - 1)
    assert.equal(ends.all.length, 0)
    clock.advance(1)
    assert.equal(ends.all.length, 1)
  })

  it('by reading too slowly is cut off, and what it holds up stays bounded', async () => {
    const { channel, near, ends, far } = await createChannel(yamuxPair)
    far.stream.pause()
    let longest = 0
    for (let index = 0; ends.all.length === 0; index++) {
      channel.send(filled(MAX_FRAME))
      longest = Math.max(longest, channel.queuedBytes)
      if (index % 10 === 0) await settled(1)
    }
    const error = await ends.first()
    assert.ok(error instanceof FrameChannelError)
    assert.match(error.message, /reads too slowly/)
    assert.deepEqual([near.status, channel.isOpen], ['aborted', false])
    assert.ok(longest <= MAX_QUEUE + MAX_FRAME + 3, String(longest))
  })
})

describe('FrameChannel: a frame that is not taken', () => {
  it('ends the stream with the error, and no later one is handed over', async () => {
    const { ends, frames, far } = await createChannel(plainPair, () => { throw new TypeError('no such frame') })
    far.send(bytes('bad'), bytes('next'))
    assert.equal((await ends.first())?.name, 'TypeError')
    assert.equal(await far.ended.first(), 'reset')
    assert.deepEqual(texts(frames.all), ['bad'])
  })
})

describe('FrameChannel: pausing', () => {
  it('hands over nothing until resumed, not even what came in the same piece', async () => {
    const { channel, frames, far } = await createChannel(plainPair, (own) => { own.pause() })
    far.send(bytes('one'), bytes('two'), bytes('three'))
    await frames.count(1)
    await settled()
    assert.deepEqual(texts(frames.all), ['one'])
    channel.resume()
    assert.deepEqual(texts(await frames.count(2)), ['one', 'two'])
    channel.resume()
    channel.resume()
    assert.deepEqual(texts(await frames.count(3)), ['one', 'two', 'three'])
  })

  it('holds up the sender once its window is used up, and loses nothing', async () => {
    const { channel, frames, far } = await createChannel(yamuxPair)
    channel.pause()
    for (let index = 0; index < 100; index++) far.send(filled(MAX_FRAME))
    await settled()
    assert.ok(far.stream.writeBufferLength > 500_000)
    assert.equal(frames.all.length, 0)
    channel.resume()
    assert.equal((await frames.count(100)).length, 100)
  })

  it('does not count as a stalled frame what waits here', async () => {
    const { channel, clock, ends, frames, far } = await createChannel(plainPair, (own) => { own.pause() })
    far.send(bytes('one'), bytes('two'))
    await frames.first()
    clock.advance(PARTIAL_MS * 2)
    assert.equal(ends.all.length, 0)
    channel.resume()
    await frames.count(2)
  })
})
