import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BROADCAST_WINDOW_MS } from '../../src/config/broadcast-limits.ts'
import { SeenBroadcasts } from '../../src/mailbox/seen-broadcasts.ts'
import { TestDatabase } from '../support/test-database.ts'

const one = { author: 'alice', id: '1', sentAt: 1_000 }

describe('SeenBroadcasts', () => {
  it('takes each broadcast once, also after a restart; an ID is its author\'s own', () => {
    using db = new TestDatabase()
    assert.equal(new SeenBroadcasts({ database: db.database }).take(one), true)
    db.reopen()
    const seen = new SeenBroadcasts({ database: db.database })
    assert.equal(seen.take(one), false)
    assert.equal(seen.take({ ...one, sentAt: 2_000 }), false)
    assert.equal(seen.take({ ...one, author: 'bob' }), true)
  })

  it('is bounded and shows nothing twice all the same: what is older than all it remembers counts as seen', () => {
    using db = new TestDatabase()
    const seen = new SeenBroadcasts({ database: db.database, maxEntries: 3 })
    for (const sentAt of [1, 2, 3, 4, 5]) assert.equal(seen.take({ author: 'alice', id: String(sentAt), sentAt }), true)
    for (const sentAt of [1, 2, 3, 4, 5]) assert.equal(seen.take({ author: 'alice', id: String(sentAt), sentAt }), false)
    assert.equal(db.database.prepare('SELECT count(*) AS n FROM seen_broadcasts').get()?.['n'], 3)
    assert.equal(new SeenBroadcasts({ database: db.database, maxEntries: 3 }).take({ author: 'alice', id: '2', sentAt: 2 }), false)
  })

  it('forgets what its time alone refuses', () => {
    using db = new TestDatabase()
    const seen = new SeenBroadcasts({ database: db.database })
    seen.take(one)
    seen.keepHouse(one.sentAt + 2 * BROADCAST_WINDOW_MS)
    assert.equal(seen.take(one), false)
    seen.keepHouse(one.sentAt + 2 * BROADCAST_WINDOW_MS + 1)
    assert.equal(seen.take(one), true)
  })
})
