/** Transcripts on disk: in the order on which both sides agree, and not more of them than told. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CallStore, type CallRow, type EntryRow } from '../../src/sessions/call-store.ts'
import { TestDatabase } from '../support/test-database.ts'

function row(id: string, over: Partial<CallRow> = {}): CallRow {
  return {
    id, peerId: 'bob', role: 'caller', topic: 'lunch', phase: 'ended', speaker: 'agent', hops: 0, outSeq: 0, inSeq: 0, clock: 0, deadline: 0,
    startedAt: 0, endedAt: 0, endReason: 'hung-up', endText: null, ...over
  }
}

function entry(callId: string, isOwn: boolean, [seq, clock]: [number, number]): EntryRow {
  return { callId, isOwn, seq, clock, kind: 'message', text: 'hello', at: 0 }
}

describe('CallStore', () => {
  it('gives both sides the same order, whoever of them called', () => {
    using db = new TestDatabase()
    const store = new CallStore(db.database)
    for (const role of ['caller', 'callee'] as const) {
      store.save(row(role, { role }))
      const steps: Array<[side: CallRow['role'], at: [number, number]]> = [['callee', [2, 3]], ['callee', [1, 2]], ['caller', [2, 2]], ['caller', [1, 1]]]
      for (const [side, at] of steps) store.addEntry({ ...entry(role, side === role, at), text: `${side} ${at[0]}` })
      assert.deepEqual(store.entries({ id: role, role }).map(({ text }) => text), ['caller 1', 'caller 2', 'callee 1', 'callee 2'])
    }
  })

  it('keeps a call as it was saved last, across a restart', () => {
    using db = new TestDatabase()
    const saved = row('a', { phase: 'active', outSeq: 3, inSeq: 4, clock: 7, endedAt: null, endReason: null })
    new CallStore(db.database).save(row('a', { phase: 'calling', endedAt: null, endReason: null }))
    new CallStore(db.database).save(saved)
    db.reopen()
    const store = new CallStore(db.database)
    assert.deepEqual(store.get('a'), saved)
    assert.deepEqual(store.open(), [saved])
  })

  it('drops ended calls that are old or too many with all that was said, and never one that is open', () => {
    using db = new TestDatabase()
    const store = new CallStore(db.database)
    store.save(row('open', { phase: 'active', endedAt: null, startedAt: 1 }))
    store.save(row('old', { startedAt: 9, endedAt: 10 }))
    for (const number of [1, 2, 3]) store.save(row(`new ${number}`, { startedAt: 100 + number, endedAt: 200 }))
    for (const callId of ['old', 'new 1', 'new 3']) store.addEntry(entry(callId, true, [1, 1]))
    store.prune(100, 2)
    assert.deepEqual(store.list(10).map(({ id }) => id), ['new 3', 'new 2', 'open'])
    assert.deepEqual(db.database.prepare('SELECT call_id FROM call_entries').all().map(found => found['call_id']), ['new 3'])
  })
})
