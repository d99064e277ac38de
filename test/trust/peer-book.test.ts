import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MAX_UNKNOWN_PEERS } from '../../src/config/limits.ts'
import { alice, aliceIdentity, bobIdentity, carolIdentity } from '../support/peers.ts'
import { TestBook } from '../support/test-book.ts'

const ALICE = alice.toString()

/** A stranger that is no real peer: the book does not look into peer IDs. */
const stranger = (number: number) => ({ peerId: `stranger-${number}`, agentId: number.toString(16).padStart(16, '0') })

async function fill(book: TestBook, count: number): Promise<void> {
  await Promise.all(Array.from({ length: count }, (_, index) => {
    book.clock.advance(1)
    return book.peers.touch(stranger(index))
  }))
}

describe('PeerBook', () => {
  it('notes who was seen and when', async () => {
    using book = new TestBook()
    const first = book.clock.now()
    await book.peers.touch(aliceIdentity)
    book.clock.advance(1_000)
    await book.peers.touch(aliceIdentity)
    assert.deepEqual(book.peers.get(ALICE), {
      ...aliceIdentity, status: 'unknown', alias: null, isAdded: false, code: null, firstSeen: first, lastSeen: first + 1_000, decidedAt: null,
      knownBy: 'contact', introducedBy: null, pinnedName: null, isAgentBarred: false
    })
  })

  it('knows after a restart what it knew before', async () => {
    using book = new TestBook()
    await book.peers.touch(aliceIdentity)
    await book.peers.add(aliceIdentity, 'Büro')
    await book.peers.decide(bobIdentity, 'blocked')
    const code = await book.peers.codeOf(carolIdentity)
    const before = book.peers.all()
    book.reopen()
    const byId = (peers: typeof before) => peers.toSorted((one, other) => one.peerId.localeCompare(other.peerId))
    assert.deepEqual(byId(book.peers.all()), byId(before))
    assert.equal(book.peers.withName('BÜRO')?.peerId, ALICE)
    assert.equal(book.peers.withCode(code)?.peerId, carolIdentity.peerId)
  })

  it('finds all peers with an agent ID', async () => {
    using book = new TestBook()
    await book.peers.touch(aliceIdentity)
    await book.peers.touch({ ...bobIdentity, agentId: aliceIdentity.agentId })
    assert.equal(book.peers.withAgentId(aliceIdentity.agentId).length, 2)
    assert.deepEqual(book.peers.withAgentId('0000000000000000'), [])
  })

  it('forgets a peer that is removed, for good', async () => {
    using book = new TestBook()
    await book.peers.add(aliceIdentity, 'office')
    const code = await book.peers.codeOf(aliceIdentity)
    await book.peers.remove(ALICE)
    for (const restart of [false, true]) {
      if (restart) book.reopen()
      assert.deepEqual([book.peers.get(ALICE), book.peers.withName('office'), book.peers.withCode(code)], [undefined, undefined, undefined])
    }
  })

  it('is on disk when it says so', async () => {
    using book = new TestBook()
    const other = book.db.other()
    await book.peers.decide(aliceIdentity, 'approved')
    assert.deepEqual({ ...other.prepare('SELECT status FROM peers').get() }, { status: 'approved' })
  })
})

describe('PeerBook: instance names', () => {
  it('belong to the approved peer that had them first, across restarts', async () => {
    using book = new TestBook()
    await book.peers.decide(aliceIdentity, 'approved')
    await book.peers.decide(bobIdentity, 'approved')
    await book.peers.pinName(ALICE, 'office')
    await book.peers.pinName(bobIdentity.peerId, 'office')
    await book.peers.pinName(ALICE, 'home')
    book.reopen()
    assert.deepEqual([book.peers.withName('Office')?.peerId, book.peers.withName('home'), book.peers.get(bobIdentity.peerId)?.pinnedName], [ALICE, undefined, null])
  })

  it('belong to nobody who is not approved, or not any more', async () => {
    using book = new TestBook()
    await book.peers.add(aliceIdentity, undefined)
    await book.peers.pinName(ALICE, 'office')
    assert.equal(book.peers.withName('office'), undefined)
    await book.peers.decide(aliceIdentity, 'approved')
    await book.peers.pinName(ALICE, 'office')
    await book.peers.decide(aliceIdentity, 'blocked')
    assert.equal(book.peers.withName('office'), undefined)
  })

  it('give way to an alias of the owner, and do not take one', async () => {
    using book = new TestBook([bobIdentity.peerId])
    await book.peers.add(aliceIdentity, 'Office')
    await book.peers.touch(bobIdentity)
    await book.peers.pinName(bobIdentity.peerId, 'office')
    assert.equal(book.peers.withName('office')?.peerId, ALICE)
  })
})

describe('PeerBook: approval', () => {
  it('is what the owner decided last', async () => {
    using book = new TestBook()
    assert.equal(book.peers.statusOf(ALICE), 'unknown')
    for (const status of ['approved', 'blocked', 'approved', 'unknown'] as const) {
      await book.peers.decide(aliceIdentity, status)
      assert.equal(book.peers.statusOf(ALICE), status)
    }
  })

  it('comes from the configuration too, which approves peers that were never seen', () => {
    using book = new TestBook([ALICE])
    assert.equal(book.peers.statusOf(ALICE), 'approved')
    assert.deepEqual(book.peers.approvedPeerIds(), [ALICE])
  })

  it('of the configuration is outweighed by a block of the owner', async () => {
    using book = new TestBook([ALICE])
    await book.peers.decide(aliceIdentity, 'blocked')
    assert.deepEqual([book.peers.statusOf(ALICE), book.peers.approvedPeerIds()], ['blocked', []])
    await book.peers.decide(aliceIdentity, 'unknown')
    assert.equal(book.peers.statusOf(ALICE), 'approved')
  })

  it('is not in force when it could not be stored', async () => {
    using book = new TestBook()
    await book.peers.touch(bobIdentity)
    book.db.database.exec("CREATE TRIGGER broken BEFORE INSERT ON peers BEGIN SELECT RAISE(ABORT, 'no'); END")
    for (const identity of [aliceIdentity, bobIdentity]) await assert.rejects(book.peers.decide(identity, 'approved'), /no/)
    assert.deepEqual([book.peers.statusOf(ALICE), book.peers.statusOf(bobIdentity.peerId), book.peers.all().length], ['unknown', 'unknown', 1])
    book.db.database.exec('DROP TRIGGER broken')
    await book.peers.decide(aliceIdentity, 'approved')
    assert.equal(book.peers.statusOf(ALICE), 'approved')
  })

  it('is listed once for each peer', async () => {
    using book = new TestBook([ALICE])
    await book.peers.decide(aliceIdentity, 'approved')
    await book.peers.decide(bobIdentity, 'approved')
    await book.peers.touch(carolIdentity)
    assert.deepEqual(book.peers.approvedPeerIds().sort(), [ALICE, bobIdentity.peerId].sort())
  })
})

describe('PeerBook: codes', () => {
  it('stay with their peer until the owner decides, across restarts', async () => {
    using book = new TestBook()
    const code = await book.peers.codeOf(aliceIdentity)
    assert.equal(await book.peers.codeOf(aliceIdentity), code)
    book.reopen()
    assert.equal(await book.peers.codeOf(aliceIdentity), code)
    await book.peers.decide(aliceIdentity, 'approved')
    assert.deepEqual([book.peers.withCode(code), book.peers.get(ALICE)?.code], [undefined, null])
  })

  it('are one for all who ask at the same time', async () => {
    using book = new TestBook()
    const codes = await Promise.all([book.peers.codeOf(aliceIdentity), book.peers.codeOf(aliceIdentity)])
    assert.equal(codes[0], codes[1])
  })

  it('never name two peers', async () => {
    const numbers = [...Array.from({ length: 24 }, () => 0), ...Array.from({ length: 8 }, () => 0.5)]
    using book = new TestBook([], () => numbers.shift() ?? 0.9)
    assert.equal(await book.peers.codeOf(aliceIdentity), '0000-0000')
    assert.equal(await book.peers.codeOf(bobIdentity), 'GGGG-GGGG')
  })

  it('are not looked for endlessly with a broken random source', async () => {
    using book = new TestBook([], () => 0)
    await book.peers.codeOf(aliceIdentity)
    await assert.rejects(book.peers.codeOf(bobIdentity), { code: 'INTERNAL' })
  })
})

describe('PeerBook: too many strangers', () => {
  const has = (book: TestBook, number: number): boolean => book.peers.get(stranger(number).peerId) !== undefined

  it('make room for each other: the one unseen for longest goes, on disk too', async () => {
    using book = new TestBook()
    await fill(book, MAX_UNKNOWN_PEERS)
    book.clock.advance(1)
    await book.peers.touch(stranger(0))
    await book.peers.touch(aliceIdentity)
    assert.deepEqual([has(book, 0), has(book, 1), has(book, 2)], [true, false, true])
    book.reopen()
    assert.deepEqual([book.peers.all().length, has(book, 1), book.peers.get(ALICE)?.peerId], [MAX_UNKNOWN_PEERS, false, ALICE])
    book.clock.advance(1)
    await book.peers.touch(bobIdentity)
    assert.deepEqual([book.peers.all().length, has(book, 2)], [MAX_UNKNOWN_PEERS, false])
  })

  it('go after those that left no message', async () => {
    using book = new TestBook()
    await book.peers.codeOf(aliceIdentity)
    await fill(book, MAX_UNKNOWN_PEERS)
    assert.deepEqual([book.peers.get(ALICE)?.peerId, has(book, 0)], [ALICE, false])
  })

  it('push out nobody whom the owner approved, blocked, added or named', async () => {
    using book = new TestBook()
    await book.peers.decide(aliceIdentity, 'approved')
    await book.peers.decide(bobIdentity, 'blocked')
    await book.peers.add(carolIdentity, undefined)
    await fill(book, MAX_UNKNOWN_PEERS + 50)
    assert.deepEqual([aliceIdentity, bobIdentity, carolIdentity].map(({ peerId }) => book.peers.get(peerId) !== undefined), [true, true, true])
    assert.equal(book.peers.all().length, MAX_UNKNOWN_PEERS + 3)
  })

  it('push out nobody whom the configuration approves', async () => {
    using book = new TestBook([ALICE])
    await book.peers.touch(aliceIdentity)
    await book.peers.pinName(ALICE, 'office')
    await fill(book, MAX_UNKNOWN_PEERS + 50)
    assert.deepEqual([book.peers.withName('office')?.peerId, book.peers.all().length], [ALICE, MAX_UNKNOWN_PEERS + 1])
  })

  it('stay within the bound when all of them left messages', async () => {
    using book = new TestBook()
    await Promise.all(Array.from({ length: MAX_UNKNOWN_PEERS + 5 }, (_, index) => {
      book.clock.advance(1)
      return book.peers.codeOf(stranger(index))
    }))
    assert.deepEqual([book.peers.all().length, has(book, 4), has(book, 5)], [MAX_UNKNOWN_PEERS, false, true])
  })
})
