import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Connection } from '@libp2p/interface'
import { RETIRE_QUIET_MS, RETIRE_TIMEOUT_MS } from '../../src/config/limits.ts'
import { encodeAcks, encodeMessage } from '../../src/protocols/wire-message.ts'
import { received, testMessage } from '../support/messages.ts'
import { alice } from '../support/peers.ts'
import { startedProtocol } from '../support/protocols.ts'
import { settled } from '../support/turns.ts'

/** A stream over a relayed connection that alice opened, and a direct connection that came up. */
async function relayedThenDirect(direction: Connection['direction'] = 'outbound') {
  const fixture = await startedProtocol()
  const relayed = await fixture.accept(fixture.connect(alice, { isRelayed: true }))
  const direct = Object.assign(fixture.connect(), { direction })
  const { protocol, handler, clock, opened, connect, accept } = fixture
  return { protocol, handler, clock, opened, connect, accept, relayed, direct }
}

describe('MessageProtocol: a direct connection takes over from a relayed one', () => {
  it('by a new stream, which is written to at once, while the old one ends in order', async () => {
    const { protocol, direct, relayed, opened, clock, handler } = await relayedThenDirect()
    await protocol.follow(direct)
    protocol.send(alice, testMessage(1))
    await (await opened.first()).frames.count(1)
    assert.equal(relayed.writeClosed.all.length, 0)
    clock.advance(RETIRE_QUIET_MS)
    await relayed.writeClosed.first()
    await relayed.stream.close()
    await relayed.ended.first()
    assert.deepEqual([relayed.frames.all.length, handler.closed.all], [0, []])
    assert.deepEqual(protocol.linkedPeers(), [{ peerId: alice, connection: direct }])
  })

  it('when the messages written to the old one are answered, and those that came in are stored', async () => {
    const { protocol, direct, relayed, clock, handler } = await relayedThenDirect()
    protocol.send(alice, testMessage(1))
    relayed.send(encodeMessage(testMessage(2)))
    const incoming = await handler.messages.first()
    await protocol.follow(direct)
    clock.advance(RETIRE_QUIET_MS)
    relayed.send(encodeAcks([received(1)]))
    await handler.acks.first()
    clock.advance(RETIRE_QUIET_MS)
    await settled()
    assert.equal(relayed.writeClosed.all.length, 0)
    incoming.answer(received(2))
    await relayed.frames.count(2)
    clock.advance(RETIRE_QUIET_MS - 1)
    await settled()
    assert.equal(relayed.writeClosed.all.length, 0)
    clock.advance(1)
    await relayed.writeClosed.first()
  })

  it('whatever goes on over the new one meanwhile', async () => {
    const { protocol, direct, relayed, opened, clock, handler } = await relayedThenDirect()
    await protocol.follow(direct)
    const far = await opened.first()
    for (let number = 1; number <= 4; number++) {
      protocol.send(alice, testMessage(number))
      far.send(encodeAcks([received(number)]))
      await handler.acks.count(number)
      clock.advance(RETIRE_QUIET_MS / 4)
    }
    await relayed.writeClosed.first()
  })

  it('after a while also when answers stay away, and tells that those messages have to be sent again', async () => {
    const { protocol, direct, relayed, clock, handler } = await relayedThenDirect()
    protocol.send(alice, testMessage(1))
    await protocol.follow(direct)
    clock.advance(RETIRE_TIMEOUT_MS)
    await relayed.writeClosed.first()
    await relayed.stream.close()
    assert.deepEqual(await handler.closed.count(1), [alice.toString()])
  })

  it('when the peer opens the stream: whoever was dialled opens none', async () => {
    const { protocol, direct, relayed, opened, accept, clock } = await relayedThenDirect('inbound')
    await protocol.follow(direct)
    assert.equal(opened.all.length, 0)
    const young = await accept(direct)
    protocol.send(alice, testMessage(1))
    await young.frames.count(1)
    clock.advance(RETIRE_QUIET_MS)
    await relayed.writeClosed.first()
  })

  it('only once, and only where there is a stream', async () => {
    const { protocol, direct, opened, relayed } = await relayedThenDirect()
    await protocol.follow(direct)
    await protocol.follow(direct)
    assert.equal(opened.all.length, 1)
    relayed.stream.abort(new Error('gone'))
    const fresh = await startedProtocol()
    await fresh.protocol.follow(Object.assign(fresh.connect(), { direction: 'outbound' as const }))
    assert.equal(fresh.opened.all.length, 0)
  })

  it('not for good: a relayed stream stays when the direct one is gone before it ended', async () => {
    const { protocol, direct, relayed, opened, clock } = await relayedThenDirect()
    await protocol.follow(direct)
    const far = await opened.first()
    far.stream.abort(new Error('gone'))
    await settled()
    clock.advance(RETIRE_TIMEOUT_MS)
    await settled()
    assert.equal(relayed.writeClosed.all.length, 0)
    protocol.send(alice, testMessage(1))
    await relayed.frames.count(1)
  })

  it('not where the negotiation fails: everything stays as it was', async () => {
    const { protocol, connect, relayed } = await relayedThenDirect()
    const broken = Object.assign(connect(alice, { newStream: async () => { throw new Error('protocol not supported') } }), { direction: 'outbound' as const })
    await assert.rejects(protocol.follow(broken), /not supported/)
    protocol.send(alice, testMessage(1))
    await relayed.frames.count(1)
  })
})
