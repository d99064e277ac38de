import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { DeliveryTarget, Transfer } from '../../src/mesh-api.ts'
import { Notices } from '../../src/openclaw/notices.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { FakeHost } from '../support/fake-host.ts'
import { PEER, TRANSFER } from '../support/fake-mesh.ts'
import type { LogRecorder } from '../support/log-recorder.ts'
import { settled } from '../support/turns.ts'

const HOUR_MS = 3_600_000

const FEISHU: DeliveryTarget = { channel: 'feishu', target: 'user:ou_1' }

function setUp(...targets: DeliveryTarget[]): { host: FakeHost, log: LogRecorder, clock: FakeClock, notices: Notices } {
  const host = new FakeHost()
  const clock = new FakeClock()
  return { host, log: host.log, clock, notices: new Notices({ host, clock, targets }) }
}

describe('Notices', () => {
  it('tell of each peer that came with a ticket: its name, the words to compare, and what its turns may do', async () => {
    const { host, log, notices } = setUp(FEISHU)
    const guest = { peerId: PEER, alias: 'anna', safetyWords: ['apple', 'river', 'stone', 'cloud'] }
    notices.joined(guest, { toolPolicy: 'written' })
    notices.joined(guest, { toolPolicy: 'missing', toolPolicyError: 'read-only file' })
    assert.match(log.complaints[0] ?? '', new RegExp(`anna \\(${PEER}\\) has joined.*apple river stone cloud.*openclaw p2p block ${PEER}.*without tools`))
    assert.match(log.complaints[1] ?? '', /NO agent turn.*read-only file/)
    const shown = await host.shown.waitFor('the notice', all => all[0])
    assert.deepEqual(shown.target, FEISHU)
    assert.match(shown.text, /apple river stone cloud/)
  })

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

  it('tell of each file that waits for the owner once, with the commands that take and refuse it', () => {
    const { log, notices } = setUp()
    const waiting: Transfer = { ...TRANSFER, state: 'asking', moved: 0 }
    notices.fileWaits(waiting)
    notices.fileWaits(waiting)
    assert.equal(log.complaints.length, 1)
    const { transferId, name } = TRANSFER
    assert.match(log.complaints[0] ?? '', new RegExp(`${PEER} offers a file: ${name} \\(2\\.0 MB\\).*files accept ${transferId} .*files cancel ${transferId}`))
  })

  it('stand in the owner\'s channels too, where they are about strangers and budgets', async () => {
    const { host, log, clock, notices } = setUp(FEISHU, { channel: 'slack', target: '#mesh' })
    for (let index = 0; index < 6; index += 1) notices.held(`peer-${index}`, 'ABCD-EFGH')
    notices.turnRefused(PEER, 'global-budget')
    clock.advance(HOUR_MS)
    await settled()
    assert.equal(log.complaints.length, 7)
    const feishu = host.shown.items.filter(({ target }) => target === FEISHU).map(({ text }) => text)
    assert.deepEqual(feishu, log.complaints.map(line => `🔔 libp2p mesh: ${line}`))
    assert.equal(host.shown.items.length, 14)
  })

  it('stand in the log alone where they are about the configuration', async () => {
    const { host, notices } = setUp(FEISHU)
    notices.waiting(3)
    notices.noToolPolicy(PEER, 'no-entry')
    await settled()
    assert.deepEqual(host.shown.items, [])
  })

  it('say in the log when a channel did not show one', async () => {
    const { host, log, notices } = setUp(FEISHU)
    host.channelAnswer = async () => ({ kind: 'failed', error: 'no such\nchat' })
    notices.held(PEER, 'ABCD-EFGH')
    assert.match(await log.waitFor(/not known to be shown/), /feishu user:ou_1: no such\\nchat/)
  })

  it('keep silent about what is as it should be', () => {
    const { log, notices } = setUp()
    notices.turnRefused(PEER, 'reply')
    notices.turnRefused(PEER, 'already-taken')
    notices.waiting(0)
    assert.deepEqual(log.complaints, [])
  })
})
