import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, it } from 'node:test'
import { HELD_BROADCASTS_PER_HOUR, MAX_HELD_BROADCASTS, MAX_HELD_BROADCASTS_PER_AUTHOR } from '../../src/config/broadcast-limits.ts'
import { Inbox } from '../../src/mailbox/inbox.ts'
import { InboxStore, type InboxRow } from '../../src/mailbox/inbox-store.ts'
import { Broadcasts, type BroadcastOutcome } from '../../src/mailbox/broadcasts.ts'
import { SeenBroadcasts } from '../../src/mailbox/seen-broadcasts.ts'
import type { ApprovalStatus } from '../../src/mesh-api.ts'
import { TestDatabase } from '../support/test-database.ts'

const HOUR_MS = 3_600_000

interface Stage extends Disposable {
  store: InboxStore
  standing: Map<string, ApprovalStatus>
  planned: InboxRow[]
  advance: (ms: number) => void
  receive: (author: string, text: string, id?: string) => Promise<BroadcastOutcome>
}

function stage({ enableBroadcastTurns = false, dmPolicy = 'pairing' }: { enableBroadcastTurns?: boolean, dmPolicy?: 'pairing' | 'disabled' | 'open' } = {}): Stage {
  const db = new TestDatabase()
  const store = new InboxStore(db.database)
  const standing = new Map<string, ApprovalStatus>()
  const planned: InboxRow[] = []
  let at = 1_900_000_000_000
  const now = (): number => at
  const shared = { store, statusOf: (peerId: string) => standing.get(peerId) ?? 'unknown', now }
  const config = { dmPolicy, enableBroadcastTurns, rateLimit: { unapprovedPerHour: 1_000, approvedPerMinute: 1 } } as const
  const ignore = (): undefined => undefined
  const inbox = new Inbox({
    ...shared, config, commits: db.commits, findSent: ignore, countReply: ignore, onReceived: ignore, onHeld: ignore, onReplied: ignore,
    onStoring: (row) => { planned.push(row) }, judgeCall: () => assert.fail('no calls here')
  })
  const broadcasts = new Broadcasts({ ...shared, config, inbox, seen: new SeenBroadcasts({ database: db.database }), newId: randomUUID })
  return {
    store, standing, planned,
    advance: (ms) => { at += ms },
    receive: async (author, text, id = randomUUID()) => await broadcasts.receive({ author, topic: 'topic', broadcast: { id, sentAt: at, hops: 1, text } }),
    [Symbol.dispose]: () => { db[Symbol.dispose]() }
  }
}

describe('Broadcasts', () => {
  it('are messages of an approved author, with their topic, and open to the agent only where the owner wants that', async () => {
    for (const enableBroadcastTurns of [false, true]) {
      using play = stage({ enableBroadcastTurns })
      play.standing.set('alice', 'approved')
      const { row } = await play.receive('alice', 'hello')
      assert.deepEqual([row?.state, row?.kind, row?.turn, row?.hops], ['received', 'broadcast', enableBroadcastTurns ? 'open' : 'none', 1])
      assert.equal(play.store.get(row?.id ?? '')?.topic, 'topic')
      assert.equal(play.planned.length, 1)
    }
  })

  it('of a stranger are held for the owner, also where everybody may write to the agent', async () => {
    using play = stage({ enableBroadcastTurns: true, dmPolicy: 'open' })
    const { row } = await play.receive('stranger', 'hello')
    assert.deepEqual([row?.state, row?.turn], ['held', 'none'])
  })

  it('are stored once for each author and ID', async () => {
    using play = stage()
    play.standing.set('alice', 'approved')
    const first = await play.receive('alice', 'hello', 'id-1')
    assert.equal((await play.receive('alice', 'hello', 'id-1')).kind, 'seen')
    const other = await play.receive('mallory', 'the same ID', 'id-1')
    assert.equal(first.row?.id, 'id-1')
    assert.notEqual(other.row?.id, 'id-1')
    assert.equal(play.store.list({ limit: 10 }).length, 2)
  })

  it('are dropped where the owner takes messages of nobody', async () => {
    using play = stage({ dmPolicy: 'disabled' })
    play.standing.set('alice', 'approved')
    assert.equal((await play.receive('alice', 'hello')).kind, 'dropped')
    assert.deepEqual(play.store.list({ limit: 10 }), [])
  })

  it('of strangers are a ring that takes no place of other messages, and no more in an hour than that', async () => {
    using play = stage()
    for (let count = 0; count <= MAX_HELD_BROADCASTS_PER_AUTHOR; count++) await play.receive('mallory', `mallory ${String(count)}`)
    const rows = play.store.list({ peerId: 'mallory', limit: 1_000 })
    assert.equal(rows.length, MAX_HELD_BROADCASTS_PER_AUTHOR)
    assert.equal(rows[0]?.text, 'mallory 1')
    assert.deepEqual(play.store.heldCounts('mallory', ''), { ofPeer: 0, ofAddress: 0, total: 0 })
    play.advance(HOUR_MS)
    const kinds: string[] = []
    for (let count = 0; count <= HELD_BROADCASTS_PER_HOUR; count++) kinds.push((await play.receive(`author ${String(count)}`, 'hello')).kind)
    assert.equal(kinds.filter(kind => kind === 'held').length, HELD_BROADCASTS_PER_HOUR)
    assert.equal(play.store.list({ limit: 1_000 }).length, MAX_HELD_BROADCASTS)
    assert.equal(play.planned.length, 0)
  })

  it('are received once their author is approved, and then start no turn', async () => {
    using play = stage({ enableBroadcastTurns: true })
    await play.receive('alice', 'hello')
    assert.deepEqual(play.store.releaseHeld('alice').map(({ state, turn }) => ({ state, turn })), [{ state: 'received', turn: 'none' }])
  })
})
