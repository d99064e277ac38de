import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { bytes, createChannel, filled, MAX_FRAME, PARTIAL_MS, texts } from '../support/channels.ts'
import { yamuxPair } from '../support/streams.ts'
import { settled } from '../support/turns.ts'

describe('FrameChannel: the end', () => {
  it('in order by the peer is answered, after what is still to be sent', async () => {
    const { channel, clock, ends, far } = await createChannel()
    channel.send(bytes('last word'))
    await far.stream.close()
    assert.equal(await ends.first(), undefined)
    assert.equal(await far.ended.first(), 'closed')
    assert.deepEqual(texts(far.frames.all), ['last word'])
    assert.deepEqual([ends.all.length, channel.isOpen, clock.pending], [1, false, []])
  })

  it('in order by a peer that then reads nothing is not waited for longer than a frame', async () => {
    const { channel, clock, ends, near, far } = await createChannel(yamuxPair)
    far.stream.pause()
    for (let index = 0; index < 60; index++) channel.send(filled(MAX_FRAME))
    await settled()
    await far.stream.close()
    await settled()
    clock.advance(PARTIAL_MS - 1)
    assert.equal(ends.all.length, 0)
    clock.advance(1)
    await settled()
    assert.deepEqual([ends.all.length, near.status], [1, 'aborted'])
  })

  it('by a reset of the peer is told once, with an error', async () => {
    const { ends, far } = await createChannel()
    far.stream.abort(new Error('power cut'))
    assert.ok(await ends.first() instanceof Error)
    await settled()
    assert.equal(ends.all.length, 1)
  })

  it('by our abort is told once, and resets the peer', async () => {
    const { channel, ends, far } = await createChannel()
    channel.abort(new Error('enough'))
    channel.abort(new Error('again'))
    assert.equal((await ends.first())?.message, 'enough')
    assert.equal(await far.ended.first(), 'reset')
    channel.send(bytes('into the void'))
    channel.pause()
    channel.resume()
    await settled()
    assert.deepEqual([ends.all.length, far.frames.all.length], [1, 0])
  })

  it('by our close comes after what is queued, also behind a full window', async () => {
    const { channel, ends, far } = await createChannel(yamuxPair)
    far.stream.pause()
    for (let index = 0; index < 40; index++) channel.send(filled(MAX_FRAME))
    await settled()
    for (let index = 0; index < 40; index++) channel.send(filled(MAX_FRAME))
    const closing = channel.close({ signal: AbortSignal.timeout(5_000) })
    await settled()
    far.stream.resume()
    await closing
    assert.equal((await far.frames.count(80)).length, 80)
    await far.writeClosed.first()
    await far.stream.close()
    assert.equal(await ends.first(), undefined)
  })

  it('by our close gives up when its signal says so', async () => {
    const { channel, far } = await createChannel(yamuxPair)
    far.stream.pause()
    for (let index = 0; index < 60; index++) channel.send(filled(MAX_FRAME))
    await settled()
    const stopping = new AbortController()
    const closing = channel.close({ signal: stopping.signal })
    stopping.abort(new Error('no more time'))
    await assert.rejects(closing)
  })

  it('is no matter to a second close', async () => {
    const { channel } = await createChannel()
    channel.abort(new Error('enough'))
    await channel.close({ signal: AbortSignal.timeout(5_000) })
  })
})
