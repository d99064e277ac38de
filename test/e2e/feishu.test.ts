/** Messages to a person who reads Feishu, by two real gateways and the official Feishu plugin: shown once, answered from there, and no failure hidden. */

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { Couple } from '../support/openclaw/couple.ts'
import { FeishuCouple, GROUP, OWNER } from '../support/openclaw/feishu-couple.ts'
import type { Json, JsonObject } from '../support/openclaw/json.ts'
import { accept, notInChat, tooFrequent } from '../support/openclaw/lark-answer.ts'
import type { LarkMessage } from '../support/openclaw/lark-message.ts'
import { until } from '../support/until.ts'

const WAIT_MS = 240_000
const OWNER_TARGET = { channel: 'feishu', target: `user:${OWNER}` }
const GROUP_TARGET = { channel: 'feishu', target: `chat:${GROUP}` }
const DELIVERED = [{ ...OWNER_TARGET, ok: true }, { ...GROUP_TARGET, ok: true }]

describe('a gateway whose owner reads Feishu', { skip: Couple.whyNot() ?? false }, () => {
  let stage: FeishuCouple
  let bobId = ''

  before(async () => {
    stage = await FeishuCouple.start({ inboundTargets: [OWNER_TARGET, GROUP_TARGET] })
    ;({ bobId } = await stage.couple.meet())
    await stage.couple.alice.owner('approve', { who: bobId })
  })

  after(async () => { await stage[Symbol.asyncDispose]() })

  test('the owner is told once of a new peer, with the command that approves it; its text stays back until then', async () => {
    const first = await send('let me in')
    const second = await send('please let me in')
    assert.deepEqual([codeOf(first), codeOf(second)], ['HELD_FOR_APPROVAL', 'HELD_FOR_APPROVAL'])
    const notice = await until(() => stage.lark.shown.at(0), { what: 'the notice', timeoutMs: WAIT_MS })
    const [, code = ''] = /openclaw p2p approve ([0-9A-Z]{4}-[0-9A-Z]{4})/.exec(notice.text) ?? []
    assert.equal(stage.lark.attempts.some(({ message }) => message.text.includes('let me in')), false)
    await stage.couple.bob.owner('approve', { who: code })
    for (const { messageId } of [first, second]) await reached(messageId, 'delivered')
    assert.deepEqual(places('please let me in'), [OWNER, GROUP])
    assert.equal(stage.lark.shownWith('openclaw p2p approve').length, 1)
  })

  test('the tool succeeds when every channel shows the message, and not before', async () => {
    const { promise: release, resolve: letPass } = Promise.withResolvers<undefined>()
    stage.lark.behave(async () => release.then(accept))
    const told: unknown[] = []
    const sending = send('by tool').then(({ ok, state, deliveries }) => told.push({ ok, state, deliveries }))
    await until(() => stage.lark.attempts.at(-1)?.message.text.includes('by tool') ?? false, { what: 'Lark to have the message', timeoutMs: WAIT_MS })
    // What B tells A goes in order: had it confirmed the message above, A would know by now.
    await stage.couple.alice.tool('p2p_send_message', { to: bobId, message: 'meanwhile' })
    assert.deepEqual(told, [])
    letPass(undefined)
    await sending
    assert.deepEqual(told, [{ ok: true, state: 'delivered', deliveries: DELIVERED }])
    assert.deepEqual(places('by tool'), [OWNER, GROUP])
  })

  test('an agent sends by the tool, and reads that it was delivered', async () => {
    const task = `CALL p2p_send_instance_message ${JSON.stringify({ instanceId: bobId, message: 'by agent' })}`
    const { code, output } = await stage.couple.alice.cli(['agent', '--agent', 'main', '--message', task, '--json'])
    assert.equal(code, 0, output)
    assert.match(stage.couple.model.requestsOf('alice').at(-1)?.toolResult ?? '', /delivered/)
    assert.deepEqual(places('by agent'), [OWNER, GROUP])
  })

  test('the owner\'s quoted answer goes back once, however often Lark posts it, and starts no agent turn', async () => {
    const asked = await send('shall I?')
    const answer = stage.lark.write({ from: OWNER, text: 'yes, do', quoted: shownTo(OWNER, 'shall I?').messageId })
    for (const post of [answer, answer]) assert.equal((await stage.post(post)).status, 200)
    await reached(asked['messageId'], 'replied')
    await ordinaryTurn(OWNER)
    assert.deepEqual(await repliesTo(asked), ['yes, do'])
    assert.equal(stage.lark.shown.filter(({ text, to }) => to !== GROUP && /sent|delivered/i.test(text)).length, 1)
  })

  test('an answer of somebody else in a group does not go back, the owner\'s does', async () => {
    const asked = await send('who knows?')
    const quoted = shownTo(GROUP, 'who knows?').messageId
    await stage.post(stage.lark.write({ from: 'ou_colleague', to: GROUP, text: 'not me', quoted }))
    await stage.post(stage.lark.write({ from: OWNER, to: GROUP, text: 'I do', quoted }))
    await reached(asked['messageId'], 'replied')
    assert.deepEqual(await repliesTo(asked), ['I do'])
  })

  test('a refusal of one channel is told in its own words, beside the success of the other', async () => {
    stage.lark.behave(({ to }) => to === GROUP ? notInChat() : accept())
    const result = await send('not for the group')
    assert.equal(codeOf(result), 'NOT_FORWARDED')
    const [shown, refused] = result['deliveries'] as JsonObject[]
    assert.deepEqual(shown, DELIVERED[0])
    assert.match(JSON.stringify(refused), /Bot\/User can NOT be out of the chat/)
    assert.deepEqual(attemptsOf('not for the group'), 2)
    assert.equal((await statusOf(result['messageId']))['state'], 'failed')
  })

  test('a rate limit is told, and the message is shown once when it is over', async () => {
    stage.lark.behave(tooFrequent)
    const result = await send('too much')
    assert.match(JSON.stringify(result['deliveries']), /frequency limit/)
    stage.lark.behave(accept)
    await reached(result['messageId'], 'delivered')
    assert.deepEqual(places('too much'), [OWNER, GROUP])
  })

  test('a Feishu that is down is told, and the message is shown once when it is back', async () => {
    await stage.lark.goDown()
    const result = await send('anybody there?')
    assert.match(JSON.stringify(result['deliveries']), /ECONNREFUSED/)
    await stage.lark.comeBack()
    await reached(result['messageId'], 'delivered')
    assert.deepEqual(places('anybody there?'), [OWNER, GROUP])
  })

  test('a Feishu that never answers is a timeout, then uncertain, and nothing is shown twice', async () => {
    stage.lark.behave(() => ({ kind: 'silence', isShown: true }))
    const result = await send('into the void')
    assert.equal(codeOf(result), 'ACK_TIMEOUT')
    await reached(result['messageId'], 'uncertain')
    stage.lark.behave(accept)
    assert.equal((await send('and then?'))['ok'], true)
    assert.deepEqual(places('into the void'), [OWNER, GROUP])
    assert.equal(attemptsOf('into the void'), 2)
  })

  test('all along nothing was shown twice, and Lark was asked for nothing that the fake does not know', () => {
    const shown = stage.lark.shown.map(({ to, text }) => `${to}: ${text}`)
    assert.deepEqual(shown.filter((line, index) => shown.indexOf(line) !== index), [])
    assert.deepEqual(stage.lark.unknown, [])
  })

  async function send(message: string): Promise<JsonObject> {
    return stage.couple.alice.tool('p2p_send_instance_message', { instanceId: bobId, message })
  }

  async function statusOf(messageId: Json | undefined): Promise<JsonObject> {
    return stage.couple.alice.tool('p2p_message_status', { messageId: messageId ?? '' })
  }

  /** Waits until alice knows that her message got that far. */
  async function reached(messageId: Json | undefined, state: string): Promise<void> {
    await until(async () => (await statusOf(messageId))['state'] === state, { what: `a message to be ${state}`, timeoutMs: WAIT_MS, intervalMs: 250 })
  }

  /** Who sees a message, in the order of the targets. */
  function places(text: string): string[] {
    return stage.lark.shownWith(text).map(({ to }) => to).sort((one, other) => other.localeCompare(one))
  }

  function attemptsOf(text: string): number {
    return stage.lark.attempts.filter(({ message }) => message.text.includes(text)).length
  }

  function shownTo(to: string, text: string): LarkMessage {
    const message = stage.lark.shownWith(text).find(candidate => candidate.to === to)
    assert.ok(message, `${to} does not see "${text}"`)
    return message
  }

  /** Texts of the replies to a message in alice's inbox. */
  async function repliesTo({ messageId }: JsonObject): Promise<unknown[]> {
    const { messages } = await stage.couple.alice.tool('p2p_inbox', { limit: 200 }) as { messages: JsonObject[] }
    return messages.filter(({ inReplyTo }) => inReplyTo === messageId).map(({ text }) => text)
  }

  /** The person talks to bob's agent, and only that starts a turn. */
  async function ordinaryTurn(from: string): Promise<void> {
    const turns = stage.couple.model.requestsOf('bob').length
    await stage.post(stage.lark.write({ from, text: 'hello agent' }))
    await until(() => stage.lark.shownWith('hello agent').length > 0, { what: 'the agent\'s answer', timeoutMs: WAIT_MS })
    assert.match(stage.couple.model.requestsOf('bob')[turns]?.userText ?? '', /hello agent/)
  }
})

function codeOf(result: JsonObject): unknown {
  return (result['error'] as JsonObject | undefined)?.['code']
}
