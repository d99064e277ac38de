/** What an owner is told of calls that end by themselves. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { InboxRow } from '../../src/mailbox/inbox-store.ts'
import type { CallEvent } from '../../src/sessions/call-machine.ts'
import { CallStore, type CallRow } from '../../src/sessions/call-store.ts'
import { CallTransaction } from '../../src/sessions/call-transaction.ts'
import { TestDatabase } from '../support/test-database.ts'

const DIAL_WAIT_MS = 10_000

/** What the owner reads when that happens to a call of his so long after it was made. */
function told(event: CallEvent, afterMs: number): string[] {
  using database = new TestDatabase()
  let now = 0
  const transaction = new CallTransaction({
    store: new CallStore(database.database), outgoing: { insert: () => undefined }, autoAnswer: new Set(), dialWaitMs: DIAL_WAIT_MS,
    newId: () => 'id', messageTtlMs: 1_000, now: () => now,
    messages: { openTurn: () => undefined, closeTurns: () => undefined, insertOwn: (_id, _peerId, { text }) => ({ text }) as InboxRow }
  })
  const row: CallRow = transaction.take({
    id: 'call', peerId: 'bob', role: 'caller', topic: 'lunch', phase: 'idle', speaker: 'agent', hops: 0, outSeq: 0, inSeq: 0, clock: 0,
    deadline: 60_000, startedAt: 0, endedAt: null, endReason: null, endText: null
  }, 'dial')
  now = afterMs
  assert.equal(transaction.take(row, event).phase, 'ended')
  return transaction.noted.map(({ text }) => text)
}

describe('the owner of a call that fails', () => {
  for (const [event, reason] of [['unreachable', 'unreachable'], ['refused', 'refused'], ['no-room', 'busy']] as const) {
    it(`(${reason}) is told so where whoever called waits for it no more`, () => {
      assert.deepEqual(told(event, DIAL_WAIT_MS), [`the call is over (${reason})`])
      assert.deepEqual(told(event, DIAL_WAIT_MS - 1), [])
    })
  }

  it('is told when nobody answers', () => {
    assert.deepEqual(told('ring-timeout', 60_000), ['the call is over (no-answer)'])
  })
})
