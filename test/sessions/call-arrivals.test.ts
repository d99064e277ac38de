/** Steps of calls that peers take, and the bounds of how many calls wait and how long one gets. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MAX_CALL_STEPS, MAX_QUEUED_CALLS, RING_TIMEOUT_MS } from '../../src/config/call-limits.ts'
import type { OutboxDraft } from '../../src/mailbox/outbox-store.ts'
import { CallArrivals } from '../../src/sessions/call-arrivals.ts'
import { CallStore } from '../../src/sessions/call-store.ts'
import { CallTransaction } from '../../src/sessions/call-transaction.ts'
import { failure } from '../support/mesh-node.ts'
import { TestDatabase } from '../support/test-database.ts'

type Judged = ReturnType<CallArrivals['judge']>

class Stage implements Disposable {
  readonly #database = new TestDatabase()
  readonly store = new CallStore(this.#database.database)
  /** What was said to peers. */
  readonly told: OutboxDraft[] = []
  readonly #arrivals = new CallArrivals({ store: this.store, now: () => 0 })
  #lastId = 0

  begin(): CallTransaction {
    return new CallTransaction({
      store: this.store, outgoing: { insert: (draft) => { this.told.push(draft) } }, autoAnswer: new Set(), dialWaitMs: 1_000,
      newId: () => String(++this.#lastId), messageTtlMs: 1_000, now: () => 0,
      messages: { openTurn: () => undefined, closeTurns: () => undefined, insertOwn: () => assert.fail('nothing to tell the owner') }
    })
  }

  step(peerId: string, call: { callId: string, act: 'invite' | 'say' | 'end', seq: number }): Judged {
    const id = call.act === 'invite' ? call.callId : `${call.callId} ${call.seq}`
    const message = { id, kind: 'call', hops: 0, ttlMs: RING_TIMEOUT_MS, text: 'lunch', call: { ...call, clock: call.seq } } as const
    return this.#arrivals.judge({ peerId, message, decision: { action: 'accept' } }, this.begin())
  }

  invite(peerId: string, callId = `call of ${peerId}`): Judged {
    return this.step(peerId, { callId, act: 'invite', seq: 1 })
  }

  get phases(): string[] {
    return this.store.open().map(({ phase }) => phase)
  }

  [Symbol.dispose](): void {
    this.#database[Symbol.dispose]()
  }
}

function codeOf(judged: Judged): string | undefined {
  return 'refusal' in judged ? judged.refusal.code : undefined
}

describe('calls that come while one is on', () => {
  it('wait up to a number, one of each peer, and ring one after the other', () => {
    using stage = new Stage()
    const peers = Array.from({ length: MAX_QUEUED_CALLS + 1 }, (_, index) => `peer ${index}`)
    for (const peer of peers) assert.equal(codeOf(stage.invite(peer)), undefined)
    assert.deepEqual(stage.phases, ['ringing', ...peers.slice(1).map(() => 'queued')])
    assert.equal(codeOf(stage.invite('one too many')), 'CALL_BUSY')
    stage.step('peer 0', { callId: 'call of peer 0', act: 'end', seq: 2 })
    assert.deepEqual(stage.phases, ['ringing', ...peers.slice(2).map(() => 'queued')])
    assert.equal(codeOf(stage.invite('peer 2', 'another')), 'CALL_BUSY')
    assert.deepEqual(stage.told.map(({ peerId, call }) => `${peerId} ${call?.act ?? ''}`), ['peer 0 ring', ...peers.slice(1).map(peer => `${peer} busy`), 'peer 1 ring'])
  })
})

describe('a call that has as many steps as it can have', () => {
  it('takes no more words of either side, and can be ended', async () => {
    using stage = new Stage()
    stage.invite('bob', 'call')
    const ringing = stage.store.get('call') ?? assert.fail()
    const inSeq = MAX_CALL_STEPS - ringing.outSeq - 1
    const full = stage.begin().take({ ...ringing, inSeq, clock: MAX_CALL_STEPS }, 'accept')
    assert.equal(full.inSeq + full.outSeq, MAX_CALL_STEPS)
    await failure((async () => stage.begin().take(full, 'say', { text: 'and' }))(), 'QUOTA_EXCEEDED')
    const next = (act: 'say' | 'end', ahead: number): Judged => stage.step('bob', { callId: 'call', act, seq: inSeq + ahead })
    assert.equal(codeOf(next('say', 1)), undefined) // it may have said that before it knew of our last step
    assert.equal(codeOf(next('say', 2)), 'QUOTA_EXCEEDED')
    assert.equal(codeOf(next('end', 2)), undefined)
    assert.deepEqual(stage.phases, [])
  })
})
