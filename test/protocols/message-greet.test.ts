import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { RETIRE_QUIET_MS } from '../../src/config/limits.ts'
import { testMessage } from '../support/messages.ts'
import { alice } from '../support/peers.ts'
import { startedProtocol } from '../support/protocols.ts'

describe('MessageProtocol: a connection that we dialled', () => {
  it('gets a stream of its own beside another direct one, which is written to from then on', async () => {
    const { protocol, connect, accept, opened } = await startedProtocol()
    const theirs = await accept(connect())
    const ours = connect()
    await protocol.greet(ours)
    assert.equal(protocol.inUse(alice), ours)
    protocol.send(alice, testMessage(1))
    await (await opened.first()).frames.count(1)
    assert.equal(theirs.frames.all.length, 0)
  })

  it('gets one stream, however often it is greeted', async () => {
    const { protocol, connect, opened } = await startedProtocol()
    const connection = connect()
    await protocol.greet(connection)
    await protocol.greet(connection)
    assert.equal(opened.all.length, 1)
  })

  it('gets none beside a stream through a relay: it has to prove itself first', async () => {
    const { protocol, connect, accept, opened } = await startedProtocol()
    await accept(connect(alice, { isRelayed: true }))
    await protocol.greet(connect())
    assert.equal(opened.all.length, 0)
  })

  it('gets none where it leads through a relay and there is a stream', async () => {
    const { protocol, connect, accept, opened } = await startedProtocol()
    await accept(connect())
    await protocol.greet(connect(alice, { isRelayed: true }))
    assert.equal(opened.all.length, 0)
  })
})

describe('MessageProtocol: a connection that is retired', () => {
  it('loses its stream in order, and no other', async () => {
    const { protocol, connect, accept, opened, clock, handler } = await startedProtocol()
    const old = connect()
    const theirs = await accept(old)
    await protocol.greet(connect())
    protocol.retire(old)
    clock.advance(RETIRE_QUIET_MS)
    await theirs.writeClosed.first()
    assert.equal((await opened.first()).writeClosed.all.length, 0)
    assert.deepEqual(handler.closed.all, [])
  })

  it('keeps its stream where that is the one in use', async () => {
    const { protocol, connect, accept, clock } = await startedProtocol()
    const only = connect()
    const theirs = await accept(only)
    protocol.retire(only)
    clock.advance(RETIRE_QUIET_MS)
    assert.equal(theirs.writeClosed.all.length, 0)
    assert.equal(protocol.inUse(alice), only)
  })
})
