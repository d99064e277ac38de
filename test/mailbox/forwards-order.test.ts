import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ForwardOutcome } from '../../src/mesh-api.ts'
import { FEISHU, retry, SENT, SLACK, TestForwards } from '../support/test-forwards.ts'

describe('Forwards: several messages', () => {
  it('go to a target one after the other, in the order in which they came, and to other targets meanwhile', async () => {
    using box = new TestForwards(FEISHU, SLACK)
    await Promise.all(['m2', 'm1', 'm3'].map(async messageId => box.plan(messageId)))
    assert.deepEqual(new Set(box.takeDue()), new Set(['m2 feishu', 'm2 slack/work']))
    await box.forwards.begin('m2', FEISHU)
    box.forwards.announceDue()
    assert.deepEqual(box.takeDue(), ['m2 slack/work'])
    await box.forwards.finish('m2', FEISHU, SENT)
    assert.deepEqual(box.takeDue(), ['m1 feishu', 'm2 slack/work'])
    await box.attempt('m1', FEISHU, { kind: 'failed', error: 'no' })
    assert.deepEqual(box.takeDue(), ['m3 feishu', 'm2 slack/work'])
  })

  it('wait behind one that is tried again', async () => {
    using box = new TestForwards(FEISHU)
    await box.plan('m1')
    await box.plan('m2')
    await box.attempt('m1', FEISHU, retry(60_000))
    box.takeDue()
    box.forwards.announceDue()
    assert.deepEqual([box.takeDue(), box.clock.pending], [[], [60_000]])
    box.clock.advance(60_000)
    assert.deepEqual(box.takeDue(), ['m1 feishu'])
    await box.attempt('m1', FEISHU, SENT)
    assert.deepEqual(box.takeDue(), ['m2 feishu'])
  })

  it('keep their order across a restart', async () => {
    using box = new TestForwards(FEISHU)
    for (const messageId of ['m3', 'm1', 'm2']) await box.plan(messageId)
    box.reopen()
    await box.forwards.start()
    const order: string[] = []
    for (let round = 0; round < 3; round++) {
      box.takeDue()
      box.forwards.announceDue()
      const [due = ''] = box.takeDue()
      order.push(due)
      await box.attempt(due.split(' ')[0] ?? '', FEISHU, SENT)
    }
    assert.deepEqual(order, ['m3 feishu', 'm1 feishu', 'm2 feishu'])
  })

  it('are announced again when nobody took them', async () => {
    using box = new TestForwards(FEISHU)
    await box.plan('m1')
    box.takeDue()
    await box.forwards.keepHouse()
    assert.deepEqual(box.takeDue(), ['m1 feishu'])
  })
})

describe('Forwards: an answer that comes late', () => {
  const NO_ANSWER: ForwardOutcome = { kind: 'uncertain', error: 'no answer' }

  it('corrects what was uncertain, and the message is found by its ID', async () => {
    using box = new TestForwards(FEISHU)
    await box.plan('m1')
    assert.equal(await box.attempt('m1', FEISHU, NO_ANSWER), 'uncertain')
    assert.equal((await box.forwards.finish('m1', FEISHU, SENT))?.state, 'done')
    assert.deepEqual(box.forwards.shownAs('feishu', 'om_1'), [{ messageId: 'm1', target: FEISHU }])
  })

  it('corrects what a restart of the channel cut off', async () => {
    using box = new TestForwards(FEISHU)
    await box.plan('m1')
    await box.forwards.begin('m1', FEISHU)
    box.reopen()
    await box.forwards.start()
    assert.equal((await box.forwards.finish('m1', FEISHU, SENT))?.state, 'done')
  })

  it('that proves that nothing was shown lets it be tried again', async () => {
    using box = new TestForwards(FEISHU)
    await box.plan('m1')
    await box.attempt('m1', FEISHU, NO_ANSWER)
    assert.equal((await box.forwards.finish('m1', FEISHU, retry(1_000)))?.state, 'open')
    box.takeDue()
    box.clock.advance(5_000)
    assert.deepEqual(box.takeDue(), ['m1 feishu'])
  })

  it('changes nothing that is certain', async () => {
    using box = new TestForwards(FEISHU)
    await box.plan('m1')
    await box.attempt('m1', FEISHU, SENT)
    assert.equal(await box.forwards.finish('m1', FEISHU, { kind: 'failed', error: 'no' }), undefined)
    assert.deepEqual(box.forwards.deliveriesOf('m1').map(({ ok }) => ok), [true])
  })
})
