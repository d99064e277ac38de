import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { FINISHED_RETENTION_MS, FORWARD_FIRST_RETRY_MS, FORWARD_GIVE_UP_MS, FORWARD_MAX_RETRY_MS } from '../../src/config/limits.ts'
import { FEISHU, retry, SENT, SLACK, TestForwards } from '../support/test-forwards.ts'

describe('Forwards: a message', () => {
  it('goes to every target, is handed to each once, and is done when all have it', async () => {
    using box = new TestForwards(FEISHU, SLACK)
    assert.equal(box.forwards.isOn, true)
    await box.plan('m1')
    assert.deepEqual(box.takeDue(), ['m1 feishu', 'm1 slack/work'])
    assert.deepEqual(await Promise.all([box.forwards.begin('m1', FEISHU), box.forwards.begin('m1', FEISHU)]), [true, false])
    assert.equal(await box.forwards.finish('m1', FEISHU, SENT), undefined)
    assert.deepEqual(box.forwards.deliveriesOf('m1'), [
      { channel: 'feishu', target: 'chat:oc_1', ok: true }, { channel: 'slack', target: '#mesh', ok: false, error: 'not tried yet (will be tried again)' }
    ])
    assert.equal(await box.attempt('m1', SLACK, { kind: 'sent', platformIds: [] }), 'done')
    box.takeDue()
    box.forwards.announceDue()
    assert.deepEqual([box.takeDue(), box.clock.pending], [[], []])
  })

  it('is handed over before its channel is asked, and on disk so', async () => {
    using box = new TestForwards(FEISHU)
    await box.plan('m1')
    await box.forwards.begin('m1', FEISHU)
    assert.deepEqual({ ...box.db.other().prepare('SELECT state, attempts FROM forwards').get() }, { state: 'handed', attempts: 1 })
  })

  it('goes nowhere else', async () => {
    using box = new TestForwards(FEISHU)
    await box.plan('m1')
    assert.equal(await box.forwards.begin('m1', SLACK), false)
    assert.equal(await box.forwards.begin('m1', { ...FEISHU, accountId: 'other' }), false)
    assert.equal(await box.forwards.begin('m2', FEISHU), false)
    assert.equal(await box.forwards.finish('m1', FEISHU, SENT), undefined)
  })

  it('is found again by the ID under which a channel shows it', async () => {
    using box = new TestForwards(FEISHU)
    await box.plan('m1')
    await box.attempt('m1', FEISHU, SENT)
    assert.deepEqual([box.forwards.shownAs('feishu', 'om_1'), box.forwards.shownAs('slack', 'om_1')], [[{ messageId: 'm1', target: FEISHU }], []])
  })

  it('goes nowhere where no target is configured', async () => {
    using box = new TestForwards()
    await box.plan('m1')
    assert.deepEqual([box.forwards.isOn, box.takeDue(), box.forwards.deliveriesOf('m1')], [false, [], []])
  })
})

describe('Forwards: what is told', () => {
  it('comes when every target was tried once, and then with each that ends', async () => {
    using box = new TestForwards(FEISHU, SLACK)
    await box.plan('m1')
    await box.forwards.begin('m1', SLACK)
    assert.equal(await box.attempt('m1', FEISHU, retry(1_000)), undefined)
    assert.equal((await box.forwards.finish('m1', SLACK, retry(1_000)))?.state, 'open')
    await box.forwards.begin('m1', SLACK)
    assert.equal(await box.attempt('m1', FEISHU, SENT), 'open')
    assert.equal((await box.forwards.finish('m1', SLACK, { kind: 'failed', error: 'no' }))?.state, 'failed')
  })
})

describe('Forwards: a channel that says later', () => {
  it('is asked again after growing pauses, and the sender is told the first time', async () => {
    using box = new TestForwards(FEISHU)
    await box.plan('m1')
    const reports: Array<string | undefined> = []
    const pauses: number[] = []
    for (let attempt = 0; attempt < 9; attempt++) {
      reports.push(await box.attempt('m1', FEISHU, retry()))
      box.takeDue()
      const [pause = assert.fail('it gave up')] = box.clock.pending
      box.clock.advance(pause - 1)
      assert.deepEqual([box.takeDue(), await box.forwards.begin('m1', SLACK)], [[], false])
      box.clock.advance(1)
      assert.deepEqual(box.takeDue(), ['m1 feishu'])
      pauses.push(pause)
    }
    assert.deepEqual(reports, ['open', ...Array.from({ length: 8 }, () => undefined)])
    assert.deepEqual(pauses, [1, 2, 4, 8, 16, 32, 60, 60, 60].map(steps => Math.min(steps * FORWARD_FIRST_RETRY_MS, FORWARD_MAX_RETRY_MS)))
    assert.equal(await box.attempt('m1', FEISHU, SENT), 'done')
  })

  it('is not asked earlier than it said', async () => {
    using box = new TestForwards(FEISHU)
    await box.plan('m1')
    await box.attempt('m1', FEISHU, retry(600_000))
    assert.deepEqual(box.clock.pending, [600_000])
  })

  it('is asked for a day, then it failed', async () => {
    using box = new TestForwards(FEISHU)
    await box.plan('m1')
    assert.equal(await box.attempt('m1', FEISHU, retry(FORWARD_GIVE_UP_MS)), 'open')
    box.clock.advance(FORWARD_GIVE_UP_MS)
    const { error } = box.forwards.deliveriesOf('m1')[0] ?? {}
    assert.equal(error, 'try later (will be tried again)')
    assert.equal(await box.attempt('m1', FEISHU, retry()), 'failed')
    assert.deepEqual(box.forwards.deliveriesOf('m1'), [{ channel: 'feishu', target: 'chat:oc_1', ok: false, error: 'try later' }])
    assert.deepEqual(box.clock.pending, [])
  })

  it('is asked again after a restart too', async () => {
    using box = new TestForwards(FEISHU)
    await box.plan('m1')
    await box.attempt('m1', FEISHU, retry(60_000))
    box.reopen()
    await box.forwards.start()
    box.takeDue()
    box.forwards.announceDue()
    assert.deepEqual([box.takeDue(), box.clock.pending], [[], [60_000]])
    box.clock.advance(60_000)
    assert.deepEqual(box.takeDue(), ['m1 feishu'])
  })
})

describe('Forwards: the end', () => {
  it('is failed when a channel refuses for good, with its words on one line', async () => {
    using box = new TestForwards(FEISHU)
    await box.plan('m1')
    await box.forwards.begin('m1', FEISHU)
    const report = await box.forwards.finish('m1', FEISHU, { kind: 'failed', error: `no such chat\n\u001b[31m${'x'.repeat(1_000)}` })
    assert.equal(report?.state, 'failed')
    assert.match(report.deliveries[0]?.error ?? '', /^no such chat\\n\\u\{1b\}\[31mx+…$/)
    assert.ok((report.deliveries[0]?.error?.length ?? 0) <= 200)
  })

  it('is uncertain when a channel never said, and is not tried again', async () => {
    using box = new TestForwards(FEISHU, SLACK)
    await box.plan('m1')
    await box.attempt('m1', SLACK, SENT)
    assert.equal(await box.attempt('m1', FEISHU, { kind: 'uncertain', error: 'no answer' }), 'uncertain')
    box.takeDue()
    box.forwards.announceDue()
    assert.deepEqual(box.takeDue(), [])
    assert.match(box.forwards.deliveriesOf('m1')[0]?.error ?? '', /not known/)
  })

  it('is uncertain after a crash for what was handed over, once, and what was not is still due', async () => {
    using box = new TestForwards(FEISHU, SLACK)
    await box.plan('m1')
    await box.forwards.begin('m1', FEISHU)
    box.reopen()
    const reports = await box.forwards.start()
    assert.deepEqual(reports.map(report => [report.messageId, report.state, report.deliveries.map(delivery => delivery.ok)]), [['m1', 'open', [false, false]]])
    assert.deepEqual(await box.forwards.start(), [])
    box.takeDue()
    box.forwards.announceDue()
    assert.deepEqual([box.takeDue(), await box.forwards.begin('m1', FEISHU)], [['m1 slack/work'], false])
  })

  it('is failed for a target that the owner took away, whose chat gets nothing more', async () => {
    using box = new TestForwards(FEISHU, SLACK)
    await box.plan('m1')
    box.targets = [SLACK]
    box.reopen()
    const reports = await box.forwards.start()
    assert.deepEqual(reports.map(({ messageId, deliveries }) => [messageId, deliveries[0]?.error]), [['m1', 'the recipient took this channel out of its configuration']])
    box.takeDue()
    box.forwards.announceDue()
    assert.deepEqual([box.takeDue(), await box.forwards.begin('m1', FEISHU)], [['m1 slack/work'], false])
  })

  it('keeps a bounded number of IDs, each of them bounded', async () => {
    using box = new TestForwards(FEISHU)
    await box.plan('m1')
    await box.attempt('m1', FEISHU, { kind: 'sent', platformIds: ['', 'x'.repeat(257), ...Array.from({ length: 20 }, (_, index) => `om_${index}`)] })
    const found = (id: string): boolean => box.forwards.shownAs('feishu', id).length > 0
    assert.deepEqual(['', 'x'.repeat(257), 'om_0', 'om_15', 'om_16'].map(found), [false, false, true, true, false])
  })

  it('is forgotten long after, and not before', async () => {
    using box = new TestForwards(FEISHU)
    await box.plan('m1')
    await box.plan('m2')
    await box.attempt('m1', FEISHU, SENT)
    box.clock.advance(2 * FINISHED_RETENTION_MS)
    await box.forwards.keepHouse()
    assert.equal(box.forwards.deliveriesOf('m1').length, 1)
    assert.equal(box.forwards.shownAs('feishu', 'om_1').length, 1)
    box.clock.advance(1)
    await box.forwards.keepHouse()
    assert.deepEqual([box.forwards.deliveriesOf('m1').length, box.forwards.deliveriesOf('m2').length], [0, 1])
    assert.deepEqual(box.forwards.shownAs('feishu', 'om_1'), [])
  })

  it('of the process stops the timers', async () => {
    using box = new TestForwards(FEISHU)
    await box.plan('m1')
    await box.attempt('m1', FEISHU, retry(60_000))
    box.forwards.stop()
    box.forwards.stop()
    assert.deepEqual(box.clock.pending, [])
  })
})
