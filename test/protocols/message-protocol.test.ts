import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Stream } from '@libp2p/interface'
import { PENALTY_MS } from '../../src/config/limits.ts'
import { decodeFrame, encodeAnnounce, encodeMessage } from '../../src/protocols/wire-message.ts'
import { received, testMessage } from '../support/messages.ts'
import { alice, bob } from '../support/peers.ts'
import { startedProtocol } from '../support/protocols.ts'
import { Seen } from '../support/seen.ts'
import { FarEnd, plainPair } from '../support/streams.ts'
import { settled } from '../support/turns.ts'

const NOISE = Buffer.from('noise, noise, noise')

describe('MessageProtocol', () => {
  it('listens with its stream limits, on relayed connections too', async () => {
    const { registered } = await startedProtocol()
    assert.deepEqual(registered, [{
      protocol: '/libp2p-mesh/message/1.0.0', options: { maxInboundStreams: 3, maxOutboundStreams: 2, runOnLimitedConnection: true }
    }])
  })

  it('opens one stream to a peer for all who want one, and sends on it', async () => {
    const { protocol, connect, handler, opened } = await startedProtocol()
    connect()
    assert.equal(protocol.send(alice, testMessage(1)), false)
    await Promise.all([protocol.link(alice), protocol.link(alice)])
    await protocol.link(alice)
    assert.equal(protocol.isLinked(alice), true)
    assert.equal(protocol.send(alice, testMessage(1)), true)
    const far = await opened.first()
    const frame = decodeFrame((await far.frames.count(1))[0] ?? NOISE)
    assert.ok(frame.kind === 'message')
    assert.deepEqual([frame.message.text, opened.all.length, handler.opened], ['text 1', 1, [alice.toString()]])
  })

  it('sends on the stream that the peer opened', async () => {
    const { protocol, connect, accept, opened } = await startedProtocol()
    const far = await accept(connect())
    await protocol.link(alice)
    protocol.send(alice, testMessage(1))
    protocol.announce(alice, Buffer.from('record'))
    assert.deepEqual((await far.frames.count(2)).map(frame => decodeFrame(frame).kind), ['message', 'announce'])
    assert.equal(opened.all.length, 0)
  })

  it('takes what comes over any stream, and answers there', async () => {
    const { connect, accept, handler } = await startedProtocol()
    handler.answer = ({ id }) => ({ id, stage: 'received' })
    const connection = connect()
    const [one, two] = [await accept(connection), await accept(connection)]
    one.send(encodeMessage(testMessage(1)))
    two.send(encodeMessage(testMessage(2)), encodeAnnounce(Buffer.from('record')))
    assert.deepEqual(decodeFrame((await one.frames.count(1))[0] ?? NOISE), { kind: 'acks', acks: [received(1)] })
    assert.deepEqual(decodeFrame((await two.frames.count(1))[0] ?? NOISE), { kind: 'acks', acks: [received(2)] })
    assert.equal(handler.records.all.length, 1)
  })

  it('opens a stream over a direct connection rather than a relayed one', async () => {
    const { protocol, connect } = await startedProtocol()
    const streams: string[] = []
    const through = (name: string) => async (): Promise<Stream> => {
      streams.push(name)
      return (await plainPair())[0]
    }
    connect(alice, { isRelayed: true, newStream: through('relayed') })
    connect(alice, { status: 'closed', newStream: through('closed') })
    connect(alice, { newStream: through('direct') })
    await protocol.link(alice)
    connect(bob, { isRelayed: true, newStream: through('relayed') })
    await protocol.link(bob)
    assert.deepEqual(streams, ['direct', 'relayed'])
  })

  it('writes to the newest stream on a direct connection', async () => {
    const { protocol, connect, accept } = await startedProtocol()
    const direct = connect()
    const old = await accept(direct)
    const young = await accept(direct)
    const relayed = await accept(connect(alice, { isRelayed: true }))
    protocol.send(alice, testMessage(1))
    await young.frames.count(1)
    young.stream.abort(new Error('gone'))
    await settled()
    protocol.send(alice, testMessage(2))
    await old.frames.count(1)
    assert.equal(relayed.frames.all.length, 0)
    assert.deepEqual(protocol.linkedPeers(), [{ peerId: alice, connection: direct }])
  })

  it('says that a peer is not connected', async () => {
    const { protocol, connect } = await startedProtocol()
    connect(alice, { status: 'closed' })
    await assert.rejects(protocol.link(alice), { code: 'UNREACHABLE', reason: 'not-connected' })
    assert.equal(protocol.announce(alice, NOISE), false)
  })

  it('passes the failure of a negotiation on, and can try again', async () => {
    const { protocol, connect, opened } = await startedProtocol()
    let isBroken = true
    connect(alice, {
      newStream: async () => {
        if (isBroken) throw new Error('protocol not supported')
        const [near, far] = await plainPair()
        opened.add(new FarEnd(far))
        return near
      }
    })
    await assert.rejects(protocol.link(alice), /protocol not supported/)
    isBroken = false
    await protocol.link(alice)
    assert.equal(protocol.isLinked(alice), true)
  })

  it('tells when the stream to a peer ended, and cuts streams when it is asked to', async () => {
    const { protocol, connect, accept, handler } = await startedProtocol()
    const [far, other] = [await accept(connect()), await accept(connect(bob))]
    protocol.abortLinks(alice, new Error('no acknowledgement'))
    assert.equal(await far.ended.first(), 'reset')
    assert.deepEqual([await handler.closed.first(), protocol.isLinked(alice)], [alice.toString(), false])
    await other.stream.close()
    await handler.closed.count(2)
    assert.deepEqual(handler.closed.all, [alice.toString(), bob.toString()])
  })
})

describe('MessageProtocol: a peer that breaks the protocol', () => {
  it('is reported once, and served again after a while', async () => {
    const { connect, accept, offences, clock, handler } = await startedProtocol()
    const connection = connect()
    const far = await accept(connection)
    far.send(NOISE)
    assert.equal(await far.ended.first(), 'reset')
    assert.deepEqual(offences, [`${alice.toString()} MalformedFrameError`])
    clock.advance(PENALTY_MS - 1)
    assert.equal(await (await accept(connection)).ended.first(), 'reset')
    const innocent = await accept(connect(bob))
    innocent.send(encodeMessage(testMessage(1)))
    await handler.messages.first()
    clock.advance(1)
    const again = await accept(connection)
    again.send(encodeMessage(testMessage(2)))
    await handler.messages.count(2)
    assert.equal(offences.length, 1)
  })

  it('is not served over a stream of ours either', async () => {
    const { protocol, connect, accept, clock, opened } = await startedProtocol()
    const connection = connect()
    const far = await accept(connection)
    far.send(NOISE)
    await far.ended.first()
    await assert.rejects(protocol.link(alice), { code: 'UNREACHABLE' })
    assert.equal(opened.all.length, 0)
    clock.advance(PENALTY_MS)
    await protocol.link(alice)
  })

  it('by opening more streams than it may is refused, reported and not served for a while', async () => {
    const { connect, accept, offences, handler } = await startedProtocol()
    const connection = connect()
    const allowed = [await accept(connection), await accept(connection), await accept(connect())]
    assert.equal(await (await accept(connection)).ended.first(), 'reset')
    assert.deepEqual(offences, [`${alice.toString()} TooManyStreamsError`])
    allowed[2]?.send(encodeMessage(testMessage(1)))
    await handler.messages.first()
    assert.equal(await (await accept(connect())).ended.first(), 'reset')
  })

  it('is not one whose connection broke', async () => {
    const { connect, accept, offences, handler } = await startedProtocol()
    const connection = connect()
    const far = await accept(connection)
    far.sendRaw(Uint8Array.of(100, 1, 2))
    far.stream.abort(new Error('power cut'))
    await handler.closed.first()
    const again = await accept(connection)
    again.send(encodeMessage(testMessage(1)))
    await handler.messages.first()
    assert.deepEqual(offences, [])
  })
})

describe('MessageProtocol: stopping', () => {
  it('lets acknowledgements leave that are due, then cuts the streams', async () => {
    const { protocol, connect, accept, handler, isListening } = await startedProtocol()
    handler.answer = ({ id }) => ({ id, stage: 'received' })
    const far = await accept(connect())
    far.send(encodeMessage(testMessage(1)))
    await handler.messages.first()
    await protocol.beforeStop()
    await protocol.stop()
    await far.ended.first()
    assert.deepEqual(far.frames.all.map(frame => decodeFrame(frame)), [{ kind: 'acks', acks: [received(1)] }])
    assert.deepEqual([protocol.isLinked(alice), isListening()], [false, false])
  })

  it('ends a negotiation that is under way', async () => {
    const { protocol, connect } = await startedProtocol()
    const asked = new Seen<AbortSignal>()
    connect(alice, {
      newStream: async ({ signal }) => {
        const { promise, reject } = Promise.withResolvers<never>()
        signal.addEventListener('abort', () => { reject(signal.reason as Error) })
        asked.add(signal)
        return await promise
      }
    })
    const linking = protocol.link(alice)
    await asked.first()
    await protocol.stop()
    await assert.rejects(linking, { code: 'NOT_RUNNING' })
  })

  it('cuts a stream that was opened just then', async () => {
    const { protocol, connect } = await startedProtocol()
    const opening = Promise.withResolvers<Stream>()
    const [near, other] = await plainPair()
    const far = new FarEnd(other)
    connect(alice, { newStream: async () => await opening.promise })
    const linking = protocol.link(alice)
    await settled()
    await protocol.stop()
    opening.resolve(near)
    await assert.rejects(linking, { code: 'NOT_RUNNING' })
    assert.equal(await far.ended.first(), 'reset')
    assert.equal(protocol.isLinked(alice), false)
  })

  it('may happen twice, and be followed by a start', async () => {
    const { protocol, connect, accept, handler } = await startedProtocol()
    await accept(connect())
    await protocol.stop()
    await protocol.stop()
    await protocol.start()
    const far = await accept(connect(bob))
    far.send(encodeMessage(testMessage(1)))
    await handler.messages.first()
    await protocol.link(alice)
  })
})
