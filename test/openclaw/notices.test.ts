import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Notices } from '../../src/openclaw/notices.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { PEER } from '../support/fake-mesh.ts'
import { LogRecorder } from '../support/log-recorder.ts'

const HOUR_MS = 3_600_000

function setUp(): { log: LogRecorder, clock: FakeClock, notices: Notices } {
  const log = new LogRecorder()
  const clock = new FakeClock()
  return { log, clock, notices: new Notices(log, clock) }
}

describe('Notices', () => {
  it('tell of a new unapproved peer once, with the command that lets it in', () => {
    const { log, notices } = setUp()
    notices.held(PEER, 'ABCD-EFGH')
    notices.held(PEER, 'ABCD-EFGH')
    assert.equal(log.complaints.length, 1)
    assert.match(log.complaints[0] ?? '', new RegExp(`${PEER}.*openclaw p2p approve ABCD-EFGH`))
  })

  it('tell of five new peers an hour, and of the rest in one line', () => {
    const { log, clock, notices } = setUp()
    for (let index = 0; index < 30; index += 1) notices.held(`peer-${index}`, 'CODE')
    assert.equal(log.complaints.length, 5)
    clock.advance(HOUR_MS)
    assert.equal(log.complaints.length, 6)
    assert.match(log.complaints[5] ?? '', /25 more unapproved peers/)
    notices.held('peer-100', 'CODE')
    assert.equal(log.complaints.length, 7)
  })

  it('say nothing more after the stop', () => {
    const { log, clock, notices } = setUp()
    for (let index = 0; index < 6; index += 1) notices.held(`peer-${index}`, 'CODE')
    notices.stop()
    clock.advance(2 * HOUR_MS)
    assert.equal(log.complaints.length, 5)
    assert.deepEqual(clock.pending, [])
  })

  it('tell once why a peer\'s messages start no turn, and how to change it', () => {
    const { log, notices } = setUp()
    notices.noToolPolicy(PEER, 'no-entry')
    notices.noToolPolicy(PEER, 'no-entry')
    assert.equal(log.complaints.length, 1)
    assert.match(log.complaints[0] ?? '', new RegExp(`openclaw p2p approve ${PEER}.*tools\\.toolsBySender\\["channel:libp2p-mesh:${PEER}"\\]`))
  })

  it('tell of a used up budget once an hour', () => {
    const { log, clock, notices } = setUp()
    notices.turnRefused(PEER, 'peer-budget')
    notices.turnRefused(PEER, 'peer-budget')
    clock.advance(HOUR_MS)
    notices.turnRefused(PEER, 'peer-budget')
    assert.equal(log.complaints.length, 2)
    assert.match(log.complaints[0] ?? '', /turnBudget\.perPeerPerHour/)
  })

  it('keep silent about what is as it should be', () => {
    const { log, notices } = setUp()
    notices.turnRefused(PEER, 'reply')
    notices.turnRefused(PEER, 'already-taken')
    notices.waiting(0)
    assert.deepEqual(log.complaints, [])
  })
})
