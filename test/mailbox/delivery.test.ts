import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { eventOfAck, isWaiting, nextState, notForwarded, refusalOf, type DeliveryEvent } from '../../src/mailbox/delivery.ts'
import type { DeliveryState } from '../../src/mesh-api.ts'
import { received, refused, testId } from '../support/messages.ts'

const STATES = ['queued', 'sent', 'held', 'received', 'uncertain', 'delivered', 'replied', 'failed', 'expired'] as const satisfies DeliveryState[]

const stage = (name: 'received' | 'held' | 'delivered' | 'uncertain'): DeliveryEvent => ({ kind: 'stage', stage: name })

/** Each event, and the state that it leads to from each of `STATES`; a dash where nothing changes. */
const table: Array<[string, DeliveryEvent, string]> = [
  // .                                                 queued     sent       held       received   uncertain  delivered  replied  failed   expired
  ['it is written', { kind: 'written' }, '             sent       -          -          -          -          -          -        -        -'],
  ['its stream is lost', { kind: 'stream-lost' }, '    -          queued     -          -          -          -          -        -        -'],
  ['it is held', stage('held'), '                      held       held       -          -          -          -          -        -        held'],
  ['it is received', stage('received'), '              received   received   received   -          -          -          -        -        received'],
  ['it is uncertain', stage('uncertain'), '            uncertain  uncertain  uncertain  uncertain  -          -          -        -        uncertain'],
  ['it is delivered', stage('delivered'), '            delivered  delivered  delivered  delivered  delivered  -          -        -        delivered'],
  ['it is refused', { kind: 'refused' }, '             failed     failed     failed     -          -          -          -        -        -'],
  ['it is answered', { kind: 'replied' }, '            replied    replied    replied    replied    replied    replied    -        -        replied'],
  ['its time runs out', { kind: 'expired' }, '         expired    expired    -          -          -          -          -        -        -']
]

describe('the state of a message', () => {
  for (const [name, event, row] of table) {
    const expected = row.trim().split(/\s+/)
    for (const [index, state] of STATES.entries()) {
      const after = expected[index] === '-' ? state : expected[index]
      it(`is ${after ?? '?'} when it was ${state} and ${name}`, () => { assert.equal(nextState(state, event), after) })
    }
  }

  it('waits in the outbox while it is queued or sent, and only then', () => {
    assert.deepEqual(STATES.filter(isWaiting), ['queued', 'sent'])
  })
})

describe('an acknowledgement', () => {
  it('means its stage', () => {
    for (const name of ['received', 'held', 'delivered', 'uncertain'] as const) {
      assert.deepEqual(eventOfAck({ id: testId(1), stage: name }), { kind: 'stage', stage: name })
    }
  })

  it('that refuses is final, unless it says when to try again', () => {
    assert.deepEqual(eventOfAck(refused(1)), { kind: 'refused' })
    assert.equal(eventOfAck(refused(1, { retryAfterMs: 0 })), undefined)
    assert.equal(eventOfAck(refused(1, { retryAfterMs: 60_000 })), undefined)
  })
})

describe('a refusal', () => {
  it('is an error with the code and the words of the recipient', () => {
    const error = refusalOf(refused(1, { code: 'RATE_LIMITED', text: 'too many', retryAfterMs: 5 }))
    assert.deepEqual([error?.code, error?.message, error?.retryAfterMs], ['RATE_LIMITED', 'the recipient refused the message: too many', 5])
  })

  it('with a code that we do not know, or that is not the recipient\'s to use, is INTERNAL', () => {
    for (const code of ['NEW_CODE', 'NOT_RUNNING', 'UNREACHABLE', 'constructor']) assert.equal(refusalOf(refused(1, { code }))?.code, 'INTERNAL')
    assert.equal(refusalOf({ id: testId(1), stage: 'refused' })?.code, 'INTERNAL')
  })

  it('is none when the message was taken', () => {
    assert.equal(refusalOf(received(1)), undefined)
  })
})

describe('a report of deliveries', () => {
  const shown = { channel: 'feishu', target: 'chat:oc_1', ok: true }
  const lost = { channel: 'slack', target: '#mesh', ok: false, error: 'no such channel' }

  it('is no error when every channel showed the message, or none is named', () => {
    assert.equal(notForwarded(received(1)), undefined)
    assert.equal(notForwarded({ ...received(1), deliveries: [] }), undefined)
    assert.equal(notForwarded({ ...received(1), deliveries: [shown] }), undefined)
  })

  it('is NOT_FORWARDED with what failed and why', () => {
    const error = notForwarded({ ...received(1), deliveries: [shown, lost] })
    assert.deepEqual([error?.code, error?.deliveries], ['NOT_FORWARDED', [shown, lost]])
    assert.match(error?.message ?? '', /1 of its 2 channels did not confirm it \(slack #mesh: no such channel\)/)
  })
})
