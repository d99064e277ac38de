import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MAX_KEPT_PEERS } from '../../src/config/limits.ts'
import { identityOf, identityOfText, pinAlias, waitingPeer } from '../../src/trust/approvals.ts'
import { alice, aliceIdentity, bobIdentity } from '../support/peers.ts'
import { TestBook } from '../support/test-book.ts'

describe('identityOf', () => {
  it('is the same from a peer ID and from its text', () => {
    assert.deepEqual(identityOf(alice), aliceIdentity)
    assert.deepEqual(identityOfText(aliceIdentity.peerId), aliceIdentity)
  })

  it('is refused to what is no peer ID, without its control characters', () => {
    assert.throws(() => identityOfText('12D3\u001b[31m'), { code: 'INVALID_ARGUMENT', message: '"12D3\\u{1b}[31m" is no Ed25519 peer ID' })
  })
})

describe('waitingPeer', () => {
  it('is the peer of a code, as people type it', async () => {
    using book = new TestBook()
    const code = await book.peers.codeOf(aliceIdentity)
    assert.equal(waitingPeer(code.toLowerCase().replace('-', ''), book.peers), aliceIdentity.peerId)
    assert.equal(waitingPeer(code.replace(/.$/, last => last === '0' ? '1' : '0'), book.peers), undefined)
    assert.equal(waitingPeer(aliceIdentity.peerId, book.peers), undefined)
  })

  it('is nobody once the owner decided', async () => {
    using book = new TestBook()
    const code = await book.peers.codeOf(aliceIdentity)
    await book.peers.decide(aliceIdentity, 'approved')
    assert.equal(waitingPeer(code, book.peers), undefined)
  })
})

describe('pinAlias', () => {
  const pin = async (book: TestBook, identity: typeof aliceIdentity, alias: string | undefined) =>
    await pinAlias(book.peers, { identity, alias, replace: false })

  it('keeps a peer under an alias, and approves nothing', async () => {
    using book = new TestBook()
    const record = await pin(book, aliceIdentity, 'Office Mac')
    assert.deepEqual([record.alias, record.isAdded, record.status], ['Office Mac', true, 'unknown'])
    assert.equal(book.peers.withName('office mac')?.peerId, aliceIdentity.peerId)
  })

  it('keeps a peer without one, and an alias that it has', async () => {
    using book = new TestBook()
    assert.equal((await pin(book, aliceIdentity, undefined)).alias, null)
    await pin(book, aliceIdentity, 'office')
    assert.equal((await pin(book, aliceIdentity, undefined)).alias, 'office')
  })

  it('keeps so many peers and no more, until one is removed; those that are kept already may be named', async () => {
    using book = new TestBook()
    await book.peers.decide(aliceIdentity, 'approved')
    await pin(book, { peerId: 'peer-0', agentId: 'agent-0' }, 'office')
    await Promise.all(Array.from({ length: MAX_KEPT_PEERS - 2 }, async (_, index) => pin(book, { peerId: `peer-${index + 1}`, agentId: `agent-${index + 1}` }, undefined)))
    const request = { identity: bobIdentity, alias: 'office', replace: true }
    await assert.rejects(pinAlias(book.peers, request), { code: 'QUOTA_EXCEEDED', reason: 'peers', message: /^2000 peers .*`openclaw p2p remove/ })
    assert.deepEqual([book.peers.get(bobIdentity.peerId), book.peers.withName('office')?.peerId], [undefined, 'peer-0'])
    assert.equal((await pin(book, aliceIdentity, 'anna')).alias, 'anna')
    assert.equal((await book.peers.decide(bobIdentity, 'blocked')).status, 'blocked')
    await book.peers.remove(bobIdentity.peerId)
    await book.peers.remove('peer-1')
    assert.equal((await pinAlias(book.peers, request)).alias, 'office')
  })

  it('may be repeated for the same peer, in another case too', async () => {
    using book = new TestBook()
    await pin(book, aliceIdentity, 'office')
    assert.equal((await pin(book, aliceIdentity, 'OFFICE')).alias, 'OFFICE')
  })

  it('leaves an alias with its peer, in whatever case it is claimed', async () => {
    using book = new TestBook()
    await pin(book, aliceIdentity, 'Büro')
    for (const alias of ['Büro', 'BÜRO', 'büro']) {
      await assert.rejects(pin(book, bobIdentity, alias), { code: 'PIN_MISMATCH', message: new RegExp(`"Büro" is pinned to ${aliceIdentity.peerId}.*--replace`) })
    }
    assert.equal(book.peers.get(bobIdentity.peerId), undefined)
  })

  it('moves it when the owner says so, and the first peer stays known', async () => {
    using book = new TestBook()
    await pin(book, aliceIdentity, 'office')
    await pinAlias(book.peers, { identity: bobIdentity, alias: 'Office', replace: true })
    assert.equal(book.peers.withName('office')?.peerId, bobIdentity.peerId)
    assert.deepEqual([book.peers.get(aliceIdentity.peerId)?.alias, book.peers.get(aliceIdentity.peerId)?.isAdded], [null, true])
    book.reopen()
    assert.equal(book.peers.withName('office')?.peerId, bobIdentity.peerId)
    assert.equal(book.peers.get(aliceIdentity.peerId)?.alias, null)
  })

  it('takes no instance name of an approved peer, unless the owner says so', async () => {
    using book = new TestBook()
    await book.peers.decide(aliceIdentity, 'approved')
    await book.peers.pinName(aliceIdentity.peerId, 'office')
    await assert.rejects(pin(book, bobIdentity, 'Office'), {
      code: 'PIN_MISMATCH', reason: 'instance-name', message: new RegExp(`a new key is a new peer.*openclaw p2p add ${bobIdentity.peerId} -a "Office" --replace`)
    })
    await pinAlias(book.peers, { identity: bobIdentity, alias: 'office', replace: true })
    await book.peers.pinName(aliceIdentity.peerId, 'office')
    assert.deepEqual([book.peers.withName('office')?.peerId, book.peers.get(aliceIdentity.peerId)?.pinnedName], [bobIdentity.peerId, null])
  })

  it('gives it to one of two peers that ask for it at the same time', async () => {
    using book = new TestBook()
    const results = await Promise.allSettled([pin(book, aliceIdentity, 'office'), pin(book, bobIdentity, 'office')])
    assert.deepEqual(results.map(result => result.status), ['fulfilled', 'rejected'])
  })

  for (const alias of ['', ' office', 'office ', '-x', 'a\nb', 'a\u202eb', 'x'.repeat(49), 'a/b', aliceIdentity.agentId, aliceIdentity.peerId, '12D3KooWx', 'K7QF-2M9X', 'database']) {
    it(`refuses ${JSON.stringify(alias)}`, async () => {
      using book = new TestBook()
      await assert.rejects(pin(book, aliceIdentity, alias), { code: 'INVALID_ARGUMENT', message: /an alias has 1 to 48/ })
      assert.equal(book.peers.get(aliceIdentity.peerId), undefined)
    })
  }
})
