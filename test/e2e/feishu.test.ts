/** The official Feishu plugin on a real gateway, with a fake of Lark. */

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { Couple } from '../support/openclaw/couple.ts'
import { FeishuCouple, OWNER } from '../support/openclaw/feishu-couple.ts'
import { until } from '../support/until.ts'

const WAIT_MS = 240_000

describe('forwarding to Feishu', { skip: Couple.whyNot() ?? false }, () => {
  let stage: FeishuCouple

  before(async () => { stage = await FeishuCouple.start() })

  after(async () => { await stage[Symbol.asyncDispose]() })

  test('the plugin shows what a tool sends', async () => {
    await stage.couple.bob.tool('message', { action: 'send', channel: 'feishu', target: `user:${OWNER}`, message: 'by tool' })
    assert.deepEqual(stage.lark.shown.map(({ to, text }) => ({ to, text })), [{ to: OWNER, text: 'by tool' }])
  })

  test('the owner talks to the agent', async () => {
    assert.equal((await stage.post(stage.lark.write({ from: OWNER, text: 'hello agent' }))).status, 200)
    await until(() => stage.lark.shownWith('hello agent').length > 0, { what: 'the answer', timeoutMs: WAIT_MS })
    assert.deepEqual(stage.lark.unknown, [])
  })
})
