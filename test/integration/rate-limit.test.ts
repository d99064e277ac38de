/** A sender over its limit is told for how long, and what it sent arrives by itself after that time. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { befriend, failure, MeshNode } from '../support/mesh-node.ts'
import { ShiftedClock } from '../support/shifted-clock.ts'

const LIMIT = { rateLimit: { approvedPerMinute: 3, unapprovedPerHour: 2 } }

describe('a rate-limited message', () => {
  it('fails with the true time to wait, stays queued, and is delivered by itself after it', async () => {
    const clock = new ShiftedClock()
    await using alice = await MeshNode.start({ name: 'alice', clock })
    await using bob = await MeshNode.start({ name: 'bob', clock, config: LIMIT })
    await befriend(alice, bob)
    for (const text of ['one', 'two', 'three']) assert.equal((await alice.send(bob, text)).state, 'received')
    const refused = await failure(alice.send(bob, 'four'), 'RATE_LIMITED')
    const { retryAfterMs = 0, messageId = '' } = refused
    assert.deepEqual({ queued: refused.queued, state: refused.state }, { queued: true, state: 'queued' })
    assert.ok(retryAfterMs > 10_000 && retryAfterMs <= 20_000, `retry after ${retryAfterMs} ms`)
    const waiting = await alice.mesh.messageStatus(messageId)
    assert.equal(waiting.error?.code, 'RATE_LIMITED')
    assert.ok((waiting.error.retryAfterMs ?? 0) > 0)
    clock.advance(retryAfterMs - 5_000)
    assert.equal((await alice.mesh.messageStatus(messageId)).state, 'queued')
    clock.advance(5_001)
    await alice.waitForState(messageId, 'received')
    assert.deepEqual(bob.received.map(message => message.text), ['one', 'two', 'three', 'four'])
  })

  it('does not overtake others, and is not forgotten over a restart', async () => {
    const clock = new ShiftedClock()
    await using alice = await MeshNode.start({ name: 'alice', clock, config: { deliveryAckTimeoutMs: 1_000 } })
    await using bob = await MeshNode.start({ name: 'bob', clock, config: LIMIT })
    await befriend(alice, bob)
    for (const text of ['one', 'two', 'three']) await alice.send(bob, text)
    const { messageId = '', retryAfterMs = 0 } = await failure(alice.send(bob, 'four'), 'RATE_LIMITED')
    const later = await alice.send(bob, 'five')
    assert.equal(later.state, 'queued')
    await alice.stop()
    clock.advance(retryAfterMs / 2)
    await alice.start()
    clock.advance(retryAfterMs)
    await alice.waitForState(messageId, 'received')
    clock.advance(60_000)
    await alice.waitForState(later.messageId, 'received')
    assert.deepEqual(bob.received.map(message => message.text), ['one', 'two', 'three', 'four', 'five'])
  })

  it('of a stranger holds nobody else up', async () => {
    const clock = new ShiftedClock()
    await using mallory = await MeshNode.start({ name: 'mallory', clock })
    await using alice = await MeshNode.start({ name: 'alice', clock })
    await using bob = await MeshNode.start({ name: 'bob', clock, config: LIMIT })
    await befriend(alice, bob)
    for (const text of ['one', 'two']) assert.equal((await mallory.mesh.sendMessage({ to: bob.address, text })).state, 'held')
    const { retryAfterMs = 0 } = await failure(mallory.send(bob, 'three'), 'RATE_LIMITED')
    assert.ok(retryAfterMs > 1_700_000 && retryAfterMs <= 1_800_000, `retry after ${retryAfterMs} ms`)
    assert.equal((await alice.send(bob, 'hello')).state, 'received')
    assert.deepEqual((await bob.mesh.status()).pendingApprovals.map(pending => pending.held), [2])
  })
})
