import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { describe, it } from 'node:test'
import { fromRow, PEER_BOOK_MIGRATIONS } from '../../src/trust/peer-record.ts'
import { alice, aliceIdentity, bobIdentity } from '../support/peers.ts'
import { TestBook } from '../support/test-book.ts'

const ALICE = alice.toString()

describe('how a peer became known', () => {
  it('is the strongest of what was found, since the first time', async () => {
    using book = new TestBook()
    const first = book.clock.now()
    const ways = ['contact', 'peer', 'lan', 'contact', 'config', 'lan'] as const
    const known = []
    for (const knownBy of ways) {
      book.clock.advance(1)
      await book.peers.touch(aliceIdentity, { knownBy, ...knownBy === 'peer' && { introducedBy: bobIdentity.peerId } })
      known.push(book.peers.get(ALICE)?.knownBy)
    }
    assert.deepEqual(known, ['contact', 'peer', 'lan', 'lan', 'config', 'config'])
    await book.peers.add(aliceIdentity, undefined)
    await book.peers.decide(aliceIdentity, 'approved', 'invite')
    await book.peers.decide(aliceIdentity, 'approved')
    book.reopen()
    const peer = book.peers.get(ALICE)
    assert.deepEqual([peer?.knownBy, peer?.introducedBy, peer?.firstSeen], ['invite', bobIdentity.peerId, first + 1])
  })

  it('is no approval when the owner blocks it', async () => {
    using book = new TestBook()
    await book.peers.decide(aliceIdentity, 'blocked')
    assert.equal(book.peers.get(ALICE)?.knownBy, 'contact')
  })

  it('of a book that an earlier version wrote follows from what it says', () => {
    using database = new DatabaseSync(':memory:')
    const [first, second] = PEER_BOOK_MIGRATIONS
    database.exec(first)
    const insert = database.prepare('INSERT INTO peers VALUES (?, ?, ?, NULL, ?, NULL, 1, NULL, NULL)')
    for (const [id, status, isAdded] of [['a', 'approved', 1], ['b', 'unknown', 1], ['c', 'unknown', 0], ['d', 'blocked', 0]] as const) insert.run(id, id, status, isAdded)
    database.exec(second)
    const rows = database.prepare('SELECT * FROM peers ORDER BY peer_id').all().map(fromRow)
    assert.deepEqual(rows.map(({ knownBy, isAgentBarred }) => [knownBy, isAgentBarred]), [['approval', false], ['added', false], ['contact', false], ['contact', false]])
  })
})
