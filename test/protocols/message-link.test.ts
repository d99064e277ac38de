import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MAX_ACKS_PER_FRAME, MAX_FRAME_BYTES, MAX_MESSAGES_IN_HAND, MAX_PARTIAL_FRAME_MS, MAX_REFUSALS_PER_STREAM } from '../../src/config/limits.ts'
import { MessageLink, TooManyRefusalsError } from '../../src/protocols/message-link.ts'
import { decodeFrame, encodeAcks, encodeAnnounce, encodeMessage, type WireAck } from '../../src/protocols/wire-message.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { testConnection, TestHandler } from '../support/links.ts'
import { received, refused, testId, testMessage } from '../support/messages.ts'
import { alice } from '../support/peers.ts'
import { Seen } from '../support/seen.ts'
import { FarEnd, plainPair, prefixed, yamuxPair } from '../support/streams.ts'
import { settled } from '../support/turns.ts'

/** A link to alice, whose end of the stream is in the hands of the test. */
async function createLink(pair = plainPair) {
  const clock = new FakeClock()
  const [near, far] = await pair()
  const handler = new TestHandler()
  const ends = new Seen<Error | undefined>()
  const connection = testConnection(alice)
  const link = new MessageLink({ stream: near, connection, clock, handler, onClose: (_link, error) => { ends.add(error) } })
  link.open()
  const other = new FarEnd(far)
  const sendMessages = (count: number, first = 1): void => {
    other.send(...Array.from({ length: count }, (_, index) => encodeMessage(testMessage(first + index))))
  }
  const ackFrames = (): WireAck[][] => other.frames.all.map((frame) => {
    const decoded = decodeFrame(frame)
    assert.ok(decoded.kind === 'acks')
    return decoded.acks
  })
  return { clock, link, handler, ends, near, far: other, connection, sendMessages, ackFrames }
}

describe('MessageLink', () => {
  it('sends messages and records, and hands over what comes back', async () => {
    const { link, handler, far } = await createLink()
    link.send(testMessage(1))
    link.announce(Buffer.from('ours'))
    far.send(encodeAcks([received(1)]), encodeAnnounce(Buffer.from('theirs')))
    const frames = (await far.frames.count(2)).map(frame => decodeFrame(frame).kind)
    assert.deepEqual(frames, ['message', 'announce'])
    assert.deepEqual(await handler.acks.first(), received(1))
    assert.equal(Buffer.from(await handler.records.first()).toString(), 'theirs')
  })

  it('names the peer at the other end of the connection as the sender', async () => {
    const { handler, connection, far } = await createLink()
    far.send(encodeMessage(testMessage(1)))
    const taken = await handler.messages.first()
    assert.deepEqual([taken.from, taken.connection, taken.message], [alice, connection, testMessage(1)])
  })

  it('acknowledges a message once it is stored, and not before', async () => {
    const { handler, sendMessages, far, ackFrames } = await createLink()
    sendMessages(2)
    const [one, two] = await handler.messages.count(2)
    await settled()
    assert.deepEqual(far.frames.all, [])
    two?.answer(received(2))
    await far.frames.count(1)
    one?.answer({ id: testId(1), stage: 'held' })
    await far.frames.count(2)
    assert.deepEqual(ackFrames(), [[received(2)], [{ id: testId(1), stage: 'held' }]])
  })

  it('puts the acknowledgements of one tick into as few frames as may be', async () => {
    const { handler, sendMessages, far, ackFrames } = await createLink()
    sendMessages(MAX_ACKS_PER_FRAME + 1)
    for (const { message, answer } of await handler.messages.count(MAX_ACKS_PER_FRAME + 1)) answer({ id: message.id, stage: 'received' })
    await far.frames.count(2)
    assert.deepEqual(ackFrames().map(acks => acks.length), [MAX_ACKS_PER_FRAME, 1])
    assert.equal(far.pieces.all.length, 1)
  })

  it('has a bounded number of messages in hand, goes on when half of them are done, and loses none', async () => {
    const { handler, sendMessages } = await createLink(yamuxPair)
    const total = MAX_MESSAGES_IN_HAND * 4
    sendMessages(total)
    await handler.messages.count(MAX_MESSAGES_IN_HAND)
    await settled()
    assert.equal(handler.messages.all.length, MAX_MESSAGES_IN_HAND)
    const answerUpTo = (count: number): void => { for (const { message, answer } of handler.messages.all.slice(0, count)) answer({ id: message.id, stage: 'received' }) }
    answerUpTo(MAX_MESSAGES_IN_HAND / 2 - 1)
    await settled()
    assert.equal(handler.messages.all.length, MAX_MESSAGES_IN_HAND)
    answerUpTo(MAX_MESSAGES_IN_HAND / 2)
    await handler.messages.count(MAX_MESSAGES_IN_HAND * 1.5)
    handler.answer = message => ({ id: message.id, stage: 'received' })
    answerUpTo(handler.messages.all.length)
    const all = await handler.messages.count(total)
    assert.deepEqual(all.map(taken => taken.message.id), Array.from({ length: total }, (_, index) => testId(index + 1)))
  })
})

describe('MessageLink: a peer that breaks the protocol', () => {
  const offences: Array<[string, Uint8Array, string]> = [
    ['a frame that is too long', prefixed(new Uint8Array(MAX_FRAME_BYTES + 1)).subarray(0, 10), 'InvalidMessageLengthError'],
    ['a frame of noise', prefixed(Buffer.from('noise, noise, noise')).subarray(), 'MalformedFrameError']
  ]
  for (const [name, raw, expected] of offences) {
    it(`by ${name} is cut off, and nothing of it is handed over`, async () => {
      const { handler, ends, far } = await createLink()
      far.sendRaw(raw)
      assert.equal((await ends.first())?.name, expected)
      assert.equal(await far.ended.first(), 'reset')
      assert.deepEqual([handler.messages.all, handler.acks.all], [[], []])
    })
  }

  it('by a malformed frame behind a good one is cut off after the good one', async () => {
    const { handler, ends, far } = await createLink()
    far.send(encodeMessage(testMessage(1)), Buffer.from('noise, noise'), encodeMessage(testMessage(2)))
    assert.equal((await ends.first())?.name, 'MalformedFrameError')
    assert.deepEqual(handler.messages.all.map(({ message }) => message.text), ['text 1'])
  })

  it('by a frame that it never ends is cut off', async () => {
    const { clock, ends, far } = await createLink()
    far.sendRaw(prefixed(encodeMessage(testMessage(1))).subarray(0, 20))
    await settled()
    clock.advance(MAX_PARTIAL_FRAME_MS)
    assert.equal((await ends.first())?.name, 'FrameChannelError')
  })

  it('by too many messages in a row that must be refused is cut off', async () => {
    const { handler, sendMessages, ends, far } = await createLink(yamuxPair)
    handler.answer = message => ({ ...refused(1), id: message.id })
    sendMessages(MAX_REFUSALS_PER_STREAM)
    await handler.messages.count(MAX_REFUSALS_PER_STREAM)
    await settled()
    assert.equal(ends.all.length, 0)
    sendMessages(1, MAX_REFUSALS_PER_STREAM + 1)
    assert.ok(await ends.first() instanceof TooManyRefusalsError)
    assert.equal(await far.ended.first(), 'reset')
  })

  it('is not one whose message is taken now and then', async () => {
    const { handler, sendMessages, ends } = await createLink(yamuxPair)
    const count = MAX_REFUSALS_PER_STREAM * 3
    handler.answer = ({ id }) => id.endsWith('00') ? { id, stage: 'received' } : { ...refused(1), id }
    sendMessages(count)
    await handler.messages.count(count)
    await settled()
    assert.equal(ends.all.length, 0)
  })
})

describe('MessageLink: the end', () => {
  it('comes without an acknowledgement when a message could not be stored', async () => {
    const { handler, sendMessages, ends, far } = await createLink()
    sendMessages(2)
    const [one, two] = await handler.messages.count(2)
    one?.fail(new Error('the disk is full'))
    assert.equal((await ends.first())?.message, 'the disk is full')
    two?.answer(received(2))
    assert.equal(await far.ended.first(), 'reset')
    assert.deepEqual(far.frames.all, [])
  })

  it('in order comes after the acknowledgements that are due', async () => {
    const { link, handler, sendMessages, far, ackFrames } = await createLink()
    sendMessages(1)
    const taken = await handler.messages.first()
    taken.answer(received(1))
    for (let turn = 0; turn < 10; turn++) await Promise.resolve() // the answer is there, and its tick is not over
    await link.close({ signal: AbortSignal.timeout(5_000) })
    await far.writeClosed.first()
    assert.deepEqual(ackFrames(), [[received(1)]])
  })

  it('midway leaves late answers without effect', async () => {
    const { link, handler, sendMessages, ends, far } = await createLink()
    sendMessages(3)
    const [one, two, three] = await handler.messages.count(3)
    link.abort(new Error('stopping'))
    one?.answer(received(1))
    two?.answer(refused(2))
    three?.fail(new Error('too late'))
    await settled()
    assert.deepEqual([link.isOpen, ends.all.map(error => error?.message), far.frames.all], [false, ['stopping'], []])
  })
})
