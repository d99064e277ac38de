import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MeshError } from '../../src/lib/errors.ts'
import { Waiters } from '../../src/mailbox/waiters.ts'
import type { DeliveryState } from '../../src/mesh-api.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { settled } from '../support/turns.ts'

function createWaiters() {
  const clock = new FakeClock()
  const waiters = new Waiters(clock)
  const change = (state: DeliveryState, error?: MeshError, messageId = 'm1'): void => {
    waiters.handleChange({ messageId, peerId: 'alice', kind: 'chat', state, ...error !== undefined && { error } })
  }
  return { clock, waiters, change }
}

/** What a promise resolved with, or that it did not. */
async function outcome(promise: Promise<unknown>): Promise<unknown> {
  return await Promise.race([promise, settled().then(() => 'still waiting')])
}

describe('Waiters: the first word', () => {
  for (const state of ['received', 'held', 'delivered', 'uncertain', 'replied', 'failed', 'expired'] as const) {
    it(`is that the message is ${state}`, async () => {
      const { waiters, change } = createWaiters()
      const word = waiters.wait('alice', 'm1').firstWord(1_000)
      change('queued')
      change('sent')
      assert.equal(await outcome(word), 'still waiting')
      change(state)
      change('delivered')
      const first = await word
      assert.ok(first.kind === 'change')
      assert.equal(first.change.state, state)
    })
  }

  it('is that the message waits, when the recipient refused it for now', async () => {
    const { waiters, change } = createWaiters()
    const word = waiters.wait('alice', 'm1').firstWord(1_000)
    change('queued', new MeshError('RATE_LIMITED', 'later', { retryAfterMs: 5 }))
    const first = await word
    assert.ok(first.kind === 'change')
    assert.deepEqual([first.change.state, first.change.error?.code], ['queued', 'RATE_LIMITED'])
  })

  it('is that the peer cannot be reached, for all who wait for that peer', async () => {
    const { waiters } = createWaiters()
    const words = [waiters.wait('alice', 'm1'), waiters.wait('alice', 'm2'), waiters.wait('bob', 'm3')].map(waiter => waiter.firstWord(1_000))
    waiters.handleUnreachable('alice', new MeshError('UNREACHABLE', 'no', { reason: 'refused' }))
    const [one, two] = await Promise.all(words.slice(0, 2))
    assert.deepEqual([one?.kind, two?.kind], ['unreachable', 'unreachable'])
    assert.equal(await outcome(words[2] ?? Promise.reject(new Error('no third'))), 'still waiting')
  })

  it('is nothing after the time given', async () => {
    const { waiters, clock } = createWaiters()
    const word = waiters.wait('alice', 'm1').firstWord(1_000)
    clock.advance(999)
    assert.equal(await outcome(word), 'still waiting')
    clock.advance(1)
    assert.deepEqual([await word, clock.pending], [{ kind: 'timeout' }, []])
  })

  it('is heard also when it comes before somebody asks', async () => {
    const { waiters, change, clock } = createWaiters()
    const waiter = waiters.wait('alice', 'm1')
    change('received')
    assert.equal((await waiter.firstWord(1_000)).kind, 'change')
    assert.deepEqual(clock.pending, [])
  })

  it('is about the message itself', async () => {
    const { waiters, change } = createWaiters()
    const word = waiters.wait('alice', 'm1').firstWord(1_000)
    change('received', undefined, 'm2')
    assert.equal(await outcome(word), 'still waiting')
  })
})

describe('Waiters: the last word', () => {
  it('comes after the message was received: it was shown, or it was not', async () => {
    const { waiters, change } = createWaiters()
    const word = waiters.wait('alice', 'm1').lastWord(1_000)
    change('received')
    assert.equal(await outcome(word), 'still waiting')
    change('delivered')
    const last = await word
    assert.ok(last.kind === 'change')
    assert.equal(last.change.state, 'delivered')
  })

  it('is that it was received, when that is all it will ever be', async () => {
    const { waiters, change } = createWaiters()
    const word = waiters.wait('alice', 'm1').lastWord(1_000)
    change('received', new MeshError('NOT_FORWARDED', 'no channel'))
    const last = await word
    assert.ok(last.kind === 'change')
    assert.equal(last.change.error?.code, 'NOT_FORWARDED')
  })

  for (const state of ['held', 'uncertain', 'failed', 'expired', 'delivered'] as const) {
    it(`is that the message is ${state}`, async () => {
      const { waiters, change } = createWaiters()
      const word = waiters.wait('alice', 'm1').lastWord(1_000)
      change(state)
      assert.equal((await word).kind, 'change')
    })
  }
})

describe('Waiters: what ends the waiting', () => {
  const gone = new MeshError('UNREACHABLE', 'no', { reason: 'refused' })

  it('is a peer that cannot be reached, unless it has the message already', async () => {
    const { waiters, change } = createWaiters()
    const [queued, received] = [waiters.wait('alice', 'm1').lastWord(1_000), waiters.wait('alice', 'm2').lastWord(1_000)]
    change('received', undefined, 'm2')
    waiters.handleUnreachable('alice', gone)
    assert.deepEqual([await queued, await outcome(received)], [{ kind: 'unreachable', error: gone }, 'still waiting'])
    change('delivered', undefined, 'm2')
    assert.equal((await received).kind, 'change')
  })

  it('is a pause that the recipient asked for, for the message that waits behind', async () => {
    const { waiters } = createWaiters()
    const [first, other] = [waiters.wait('alice', 'm1'), waiters.wait('alice', 'm2')]
    waiters.handlePaused('m1', 5_000)
    const word = { kind: 'paused', retryAfterMs: 5_000 }
    assert.deepEqual([await first.firstWord(1_000), await first.lastWord(1_000)], [word, word])
    assert.equal(await outcome(other.lastWord(1_000)), 'still waiting')
  })

  it('is the end of this node, for everybody and everything', async () => {
    const { waiters, clock } = createWaiters()
    const waiter = waiters.wait('alice', 'm1')
    const words = Promise.all([waiter.firstWord(1_000), waiter.lastWord(1_000), waiter.reply(1_000)])
    waiters.stop()
    assert.deepEqual([await words, clock.pending], [[{ kind: 'stopped' }, { kind: 'stopped' }, undefined], []])
  })
})

describe('Waiters: a reply', () => {
  it('is the first one that comes', async () => {
    const { waiters, clock } = createWaiters()
    const reply = waiters.wait('alice', 'm1').reply(1_000)
    waiters.handleReply('m2', 'to another message')
    waiters.handleReply('m1', 'first')
    waiters.handleReply('m1', 'second')
    assert.deepEqual([await reply, clock.pending], ['first', []])
  })

  it('is none after the time given', async () => {
    const { waiters, clock } = createWaiters()
    const reply = waiters.wait('alice', 'm1').reply(1_000)
    clock.advance(1_000)
    assert.equal(await reply, undefined)
  })

  it('is no matter to those who stopped waiting', async () => {
    const { waiters, change } = createWaiters()
    const waiter = waiters.wait('alice', 'm1')
    waiter.done()
    change('received')
    waiters.handleReply('m1', 'late')
    waiters.handleUnreachable('alice', new MeshError('UNREACHABLE', 'no'))
    assert.equal(await outcome(waiter.firstWord(1_000)), 'still waiting')
  })
})
