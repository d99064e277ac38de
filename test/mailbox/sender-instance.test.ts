/** What a send to an instance says: success only when it was delivered, and otherwise what is known, so that nobody sends it again. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MeshError } from '../../src/lib/errors.ts'
import type { DeliveryState } from '../../src/mesh-api.ts'
import { ALICE, createSender, ID, letter, unreachable } from '../support/senders.ts'
import { settled } from '../support/turns.ts'

const shown = { channel: 'feishu', target: 'chat:1', ok: true }
const failed = { channel: 'slack', target: '#mesh', ok: false, error: 'no' }

/** A send to an instance that fails in the way `expected`. */
function failing(expected: object) {
  const parts = createSender()
  const rejected = assert.rejects(parts.sender.sendToInstance(letter), { name: 'MeshError', messageId: ID, ...expected })
  return { ...parts, rejected, isPosted: async () => { await parts.posted.first().then(async () => settled()) } }
}

describe('Sender: to an instance', () => {
  it('succeeds when the message was delivered, not when it was received', async () => {
    const { sender, change } = createSender()
    const sending = sender.sendToInstance(letter)
    await change('received')
    await change('delivered', { deliveries: [shown] })
    const { state, deliveries } = await sending
    assert.deepEqual([state, deliveries], ['delivered', [shown]])
  })

  it('waits on when an answer comes before the word that it was delivered: an agent answers while channels still try', async () => {
    const { sender, change, clock } = createSender()
    const sending = sender.sendToInstance(letter)
    await change('replied')
    await change('delivered', { deliveries: [shown] })
    assert.deepEqual([await sending.then(({ deliveries }) => deliveries), clock.pending], [[shown], []])
  })

  it('is ACK_TIMEOUT when nothing but an answer comes', async () => {
    const { rejected, change, clock } = failing({ code: 'ACK_TIMEOUT', state: 'replied', queued: false })
    await change('replied')
    clock.advance(15_000)
    await rejected
  })

  it('that cannot be queued fails without a message that could be followed', async () => {
    const { sender, clock } = createSender(async () => { throw new MeshError('QUEUE_FULL', 'full') })
    await assert.rejects(sender.sendToInstance(letter), { code: 'QUEUE_FULL', messageId: undefined, queued: undefined })
    assert.deepEqual(clock.pending, [])
  })
})

describe('Sender: to an instance that is away', () => {
  it('is UNREACHABLE and queued', async () => {
    const { sender, rejected, isPosted } = failing({ code: 'UNREACHABLE', reason: 'refused', state: 'queued', queued: true })
    await isPosted()
    sender.handleUnreachable(ALICE, unreachable)
    await rejected
  })

  it('is ACK_TIMEOUT when it went away after it had received the message: what is left is its to do', async () => {
    const { sender, rejected, change, clock } = failing({ code: 'ACK_TIMEOUT', state: 'received', queued: false })
    await change('received')
    sender.handleUnreachable(ALICE, unreachable)
    clock.advance(15_000)
    await rejected
  })

  it('is NOT_RUNNING when this node stops meanwhile, and says whether the message is queued', async () => {
    for (const [state, queued] of [['queued', true], ['received', false]] as const) {
      const { sender, rejected, isPosted, known } = failing({ code: 'NOT_RUNNING', reason: 'stopped', state, queued })
      await isPosted()
      known.state = state
      sender.stop()
      await rejected
    }
  })
})

describe('Sender: to an instance that does not want the message now', () => {
  const later = new MeshError('RATE_LIMITED', 'later', { retryAfterMs: 360_000 })

  it('is HELD_FOR_APPROVAL when the owner over there has not approved this node', async () => {
    const { rejected, change } = failing({ code: 'HELD_FOR_APPROVAL', state: 'held', queued: false })
    await change('held')
    await rejected
  })

  it('is RATE_LIMITED and queued, with the time until it goes out again', async () => {
    const { rejected, change } = failing({ code: 'RATE_LIMITED', state: 'queued', queued: true, retryAfterMs: 360_000 })
    await change('queued', { error: later })
    await rejected
  })

  it('is RATE_LIMITED at once behind a message that was refused before', async () => {
    const { rejected, sender, isPosted } = failing({ code: 'RATE_LIMITED', state: 'queued', queued: true, retryAfterMs: 360_000 })
    await isPosted()
    sender.handlePaused(ID, 360_000)
    await rejected
  })

  it('waits out a pause that ends before the wait', async () => {
    const { sender, posted, change } = createSender()
    const sending = sender.sendToInstance(letter)
    await posted.first()
    sender.handlePaused(ID, 1_000)
    await change('delivered')
    assert.equal((await sending).state, 'delivered')
  })
})

describe('Sender: to an instance that never shows the message', () => {
  const refusals: Array<[code: 'BLOCKED' | 'NOT_APPROVED' | 'NOT_ALLOWED' | 'TOO_LARGE' | 'EXPIRED', state: DeliveryState]> = [
    ['BLOCKED', 'failed'], ['NOT_APPROVED', 'failed'], ['NOT_ALLOWED', 'failed'], ['TOO_LARGE', 'failed'], ['EXPIRED', 'expired']
  ]
  for (const [code, state] of refusals) {
    it(`is ${code}, and nothing is queued any more`, async () => {
      const { rejected, change } = failing({ code, state, queued: false, retryAfterMs: undefined })
      await change(state, { error: new MeshError(code, 'no') })
      await rejected
    })
  }

  for (const state of ['received', 'uncertain'] as const) {
    it(`is NOT_FORWARDED with what each channel said, also when the message is ${state}`, async () => {
      const deliveries = [shown, failed]
      const { rejected, change } = failing({ code: 'NOT_FORWARDED', state, queued: false, deliveries })
      await change(state, { error: new MeshError('NOT_FORWARDED', 'no', { deliveries }), deliveries })
      await rejected
    })
  }

  for (const [state, queued, text] of [['queued', true, /stays queued/], ['sent', true, /stays queued/], ['received', false, /has the message/]] as const) {
    it(`is ACK_TIMEOUT when the message is only ${state} in time, and says so`, async () => {
      const { rejected, isPosted, clock, known } = failing({ code: 'ACK_TIMEOUT', reason: 'timeout', state, queued, message: text })
      await isPosted()
      known.state = state
      clock.advance(15_000)
      await rejected
    })
  }

  it('is ACK_TIMEOUT when nobody will ever know', async () => {
    const { rejected, change } = failing({ code: 'ACK_TIMEOUT', reason: 'uncertain', state: 'uncertain', queued: false })
    await change('uncertain')
    await rejected
  })
})
