import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { FORWARD_MIGRATIONS, ForwardStore } from '../../src/mailbox/forward-store.ts'
import { TestDatabase } from '../support/test-database.ts'

const FEISHU = { channel: 'feishu', target: 'chat:oc_1', accountId: '' }

describe('ForwardStore', () => {
  it('takes over what an earlier version showed and what it had still to show', () => {
    using db = new TestDatabase({ forwards: FORWARD_MIGRATIONS.slice(0, 1) })
    const insert = db.database.prepare(`INSERT INTO forwards (message_id, channel, target, account_id, state, due_at, platform_id, created_at)
      VALUES (?, 'feishu', 'chat:oc_1', '', ?, 0, ?, ?)`)
    insert.run('m1', 'done', 'om_1', 1)
    insert.run('m2', 'pending', null, 2)
    db.reopen({ forwards: FORWARD_MIGRATIONS })
    const store = new ForwardStore(db.database)
    assert.deepEqual(store.shownAs('feishu', 'om_1'), [{ ...FEISHU, messageId: 'm1' }])
    assert.equal(store.head(FEISHU)?.messageId, 'm2')
  })

  it('finds the messages of several chats that number theirs alike', () => {
    using db = new TestDatabase({ forwards: FORWARD_MIGRATIONS })
    const store = new ForwardStore(db.database)
    const [one, other] = [{ ...FEISHU, channel: 'telegram', target: '1' }, { ...FEISHU, channel: 'telegram', target: '2' }]
    store.noteShown('m1', one, { platformId: '42', at: 1 })
    store.noteShown('m2', other, { platformId: '42', at: 1 })
    store.noteShown('m2', other, { platformId: '42', at: 2 })
    assert.deepEqual(store.shownAs('telegram', '42'), [{ ...one, messageId: 'm1' }, { ...other, messageId: 'm2' }])
  })
})
