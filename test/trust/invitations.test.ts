import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { INVITE_MEMORY_MS, MAX_ENDED_INVITES, MAX_OPEN_INVITES } from '../../src/config/invite-limits.ts'
import { Invitations, type Guest, type Redemption } from '../../src/trust/invitations.ts'
import { inviteKeys } from '../../src/trust/invite-proof.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { TestDatabase } from '../support/test-database.ts'

const HOUR_MS = 3_600_000
const SECRET = Buffer.from('sixteen bytes !!')
const { id: ID, key: KEY } = inviteKeys(SECRET)

/** Invitations in a database of their own. */
class Fixture implements Disposable {
  readonly clock = new FakeClock()
  readonly db = new TestDatabase()
  readonly letIn: string[] = []
  invitations = this.#open()

  async add(id = ID, expiresInMs = HOUR_MS): Promise<void> {
    await this.invitations.add({ id, key: KEY, alias: 'Bobby', expiresAt: this.clock.now() + expiresInMs })
  }

  /** Comes with a good proof, unless told otherwise. */
  async come(peerId: string, more: Partial<Guest> = {}): Promise<Redemption> {
    return await this.invitations.redeem({
      invitationId: ID, peerId, exchange: 'first', isBlocked: false, isProven: key => Buffer.compare(key, KEY) === 0,
      letIn: async () => { this.letIn.push(peerId) },
      ...more
    })
  }

  async outcome(peerId: string, more: Partial<Guest> = {}): Promise<string> {
    const redemption = await this.come(peerId, more)
    return redemption.isGood ? 'good' : redemption.reason
  }

  /** As a crash and a restart. */
  reopen(): void {
    this.db.reopen()
    this.invitations = this.#open()
  }

  [Symbol.dispose](): void {
    this.db[Symbol.dispose]()
  }

  #open(): Invitations {
    const { database, commits } = this.db
    return new Invitations({ database, commits, now: this.clock.now })
  }
}

describe('an invitation', () => {
  it('lets one peer in, under the name that the owner chose', async () => {
    using fixture = new Fixture()
    await fixture.add()
    const redemption = await fixture.come('bob')
    assert.ok(redemption.isGood)
    assert.deepEqual([redemption.invitation.alias, redemption.invitation.usedBy], ['Bobby', 'bob'])
    assert.equal(await fixture.outcome('carol'), 'used')
    assert.deepEqual(fixture.letIn, ['bob'])
  })

  it('lets one in of many that come at the same moment', async () => {
    using fixture = new Fixture()
    await fixture.add()
    const outcomes = await Promise.all(Array.from({ length: 20 }, async (_, index) => fixture.outcome(`peer-${index}`)))
    assert.deepEqual(outcomes.filter(outcome => outcome === 'good').length, 1)
    assert.equal(fixture.letIn.length, 1)
  })

  it('is good again for the same peer in the same exchange only, which got no answer', async () => {
    using fixture = new Fixture()
    await fixture.add()
    assert.equal(await fixture.outcome('bob'), 'good')
    fixture.clock.advance(2 * HOUR_MS)
    assert.equal(await fixture.outcome('bob'), 'good')
    assert.equal(await fixture.outcome('bob', { exchange: 'second' }), 'used')
    assert.equal(await fixture.outcome('carol', { exchange: 'first' }), 'used')
  })

  it('is forged without a proof, whatever has become of it', async () => {
    using fixture = new Fixture()
    await fixture.add()
    const isProven = (): boolean => false
    assert.equal(await fixture.outcome('mallory', { isProven }), 'forged')
    assert.equal(await fixture.outcome('mallory', { invitationId: '00' }), 'forged')
    await fixture.come('bob')
    assert.equal(await fixture.outcome('mallory', { isProven }), 'forged')
    fixture.clock.advance(2 * HOUR_MS)
    assert.equal(await fixture.outcome('mallory', { isProven }), 'forged')
  })

  it('ends at its time, to the millisecond', async () => {
    using fixture = new Fixture()
    await fixture.add()
    fixture.clock.advance(HOUR_MS)
    assert.equal(await fixture.outcome('bob'), 'expired')
    using other = new Fixture()
    await other.add()
    other.clock.advance(HOUR_MS - 1)
    assert.equal(await other.outcome('bob'), 'good')
  })

  it('is not used up by a peer that is blocked here', async () => {
    using fixture = new Fixture()
    await fixture.add()
    assert.equal(await fixture.outcome('mallory', { isBlocked: true }), 'blocked')
    assert.equal(await fixture.outcome('bob'), 'good')
  })

  it('is after a restart what it was before, used or not', async () => {
    using fixture = new Fixture()
    await fixture.add()
    fixture.reopen()
    assert.equal(await fixture.outcome('bob'), 'good')
    fixture.reopen()
    assert.equal(await fixture.outcome('carol'), 'used')
    assert.equal(await fixture.outcome('bob'), 'good')
  })

  it('is stored in one transaction with what lets the guest in: a crash leaves both or none', async () => {
    using fixture = new Fixture()
    await fixture.add()
    const { database, commits } = fixture.db
    database.exec('CREATE TABLE approvals (peer TEXT) STRICT')
    const coming = fixture.come('bob', { letIn: async () => commits.write(() => { database.prepare('INSERT INTO approvals VALUES (?)').run('bob') }) })
    const rowsOf = (table: string) => fixture.db.other().prepare(`SELECT * FROM ${table}`).all()
    assert.deepEqual([rowsOf('approvals').length, rowsOf('invitations')[0]?.['used_by']], [0, null])
    commits.commitNow()
    assert.deepEqual([rowsOf('approvals').length, rowsOf('invitations')[0]?.['used_by']], [1, 'bob'])
    assert.ok((await coming).isGood)
  })

  it('is still good when the disk did not take it', async () => {
    using fixture = new Fixture()
    await fixture.add()
    const { database } = fixture.db
    database.exec(`CREATE TRIGGER broken BEFORE DELETE ON invitations BEGIN SELECT RAISE(ABORT, 'disk trouble'); END`)
    database.exec(`CREATE TRIGGER broken_too BEFORE INSERT ON invitations BEGIN SELECT RAISE(ABORT, 'disk trouble'); END`)
    await assert.rejects(fixture.come('bob'), /disk trouble/)
    database.exec('DROP TRIGGER broken; DROP TRIGGER broken_too')
    assert.equal(await fixture.outcome('carol'), 'good')
  })

  it('leaves nothing on disk from which its ticket could be written again', async () => {
    using fixture = new Fixture()
    await fixture.add()
    fixture.db.database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    assert.ok(!readFileSync(fixture.db.path).includes(SECRET))
  })
})

describe('many invitations', () => {
  it('are refused while too many wait, with the time until one expires', async () => {
    using fixture = new Fixture()
    for (let index = 0; index < MAX_OPEN_INVITES; index++) await fixture.add(`id-${index}`, HOUR_MS + index)
    await assert.rejects(fixture.add('one more'), { code: 'QUOTA_EXCEEDED', retryAfterMs: HOUR_MS })
    fixture.clock.advance(HOUR_MS)
    await fixture.add('one more')
  })

  it('are forgotten when they ended long ago, or when too many ended', async () => {
    using fixture = new Fixture()
    const count = (): number => fixture.db.database.prepare('SELECT * FROM invitations').all().length
    for (let index = 0; index < MAX_ENDED_INVITES + 10; index++) {
      await fixture.add(`id-${index}`, 1_000)
      fixture.clock.advance(1_000)
    }
    await fixture.add()
    assert.equal(count(), MAX_ENDED_INVITES + 1)
    assert.equal(await fixture.outcome('bob', { invitationId: 'id-0' }), 'forged')
    assert.equal(await fixture.outcome('bob', { invitationId: `id-${MAX_ENDED_INVITES}` }), 'expired')
    fixture.clock.advance(INVITE_MEMORY_MS + HOUR_MS + 1_000)
    await fixture.add('last')
    assert.equal(count(), 1)
  })
})
