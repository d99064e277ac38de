/** Messages to a person who reads Feishu, by two real gateways and the official Feishu plugin: shown once, answered from there, and no failure hidden. */

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import { Couple } from '../support/openclaw/couple.ts'
import { FeishuCouple, GROUP, OWNER } from '../support/openclaw/feishu-couple.ts'
import type { Json, JsonObject } from '../support/openclaw/json.ts'
import { accept, notInChat, tooFrequent } from '../support/openclaw/lark-answer.ts'
import type { LarkMessage } from '../support/openclaw/lark-message.ts'
import type { ModelRequest } from '../support/openclaw/model-request.ts'
import { until } from '../support/until.ts'

const WAIT_MS = 240_000
const SHOWN = [
  { channel: 'feishu', target: `chat:${GROUP}`, ok: true },
  { channel: 'feishu', target: `user:${OWNER}`, ok: true }
]
const PLUGIN = {
  inboundTargets: SHOWN.map(({ channel, target }) => ({ channel, target })),
  turnBudget: { perPeerPerHour: 100, perHour: 100 }
}

describe('a gateway whose owner reads Feishu', { skip: Couple.whyNot() ?? false }, () => {
  let stage: FeishuCouple
  let bobId = ''

  before(async () => {
    stage = await FeishuCouple.start(PLUGIN)
    ;({ bobId } = await stage.couple.meet())
    await stage.couple.alice.owner('approve', { who: bobId })
  })

  after(async () => { await stage[Symbol.asyncDispose]() })

  test('tells the owner once of a new peer, with the command that approves it, and keeps its text back until then', async () => {
    const held = [await send('let me in'), await send('please let me in')]
    assert.deepEqual(held.map(codeOf), ['HELD_FOR_APPROVAL', 'HELD_FOR_APPROVAL'])
    const notice = await until(() => stage.lark.shown.at(0), { what: 'the notice', timeoutMs: WAIT_MS })
    const [, code = ''] = /openclaw p2p approve ([0-9A-Z]{4}-[0-9A-Z]{4})/.exec(notice.text) ?? []
    assert.deepEqual(attempts('let me in'), 0)
    await stage.couple.bob.owner('approve', { who: code })
    for (const { messageId } of held) await shownEverywhere(messageId)
    assert.deepEqual(readers('please let me in'), [GROUP, OWNER])
    assert.deepEqual(readers('openclaw p2p approve'), [GROUP, OWNER])
  })

  test('confirms a message when every channel shows it, and not before', async () => {
    const { promise: release, resolve: letPass } = Promise.withResolvers<undefined>()
    stage.lark.behave(async () => release.then(accept))
    const told: unknown[] = []
    const sending = send('by tool').then(({ ok, state, deliveries }) => told.push({ ok, state, deliveries }))
    await until(() => attempts('by tool') === 2, { what: 'Lark to have the message', timeoutMs: WAIT_MS })
    // What bob tells alice goes in order: had he confirmed the message above, she would know by now.
    await stage.couple.alice.tool('p2p_send_message', { to: bobId, message: 'meanwhile' })
    assert.deepEqual(told, [])
    letPass(undefined)
    await sending
    assert.deepEqual(told, [{ ok: true, state: 'delivered', deliveries: SHOWN }])
    assert.deepEqual(readers('by tool'), [GROUP, OWNER])
  })

  test('shows what an agent sends by the tool, and the agent reads that it was delivered', async () => {
    const task = `CALL p2p_send_instance_message ${JSON.stringify({ instanceId: bobId, message: 'by agent' })}`
    const { code, output } = await stage.couple.alice.cli(['agent', '--agent', 'main', '--message', task, '--json'])
    assert.equal(code, 0, output)
    assert.match(stage.couple.model.requestsOf('alice').at(-1)?.toolResult ?? '', /delivered/)
    assert.deepEqual(readers('by agent'), [GROUP, OWNER])
  })

  test('sends the owner\'s quoted answer back once, however often Lark posts it, and says so, without an agent turn', async () => {
    const asked = await send('shall I?')
    const answer = stage.lark.write({ from: OWNER, text: 'yes, do', quoted: shownTo(OWNER, 'shall I?').messageId })
    for (const event of [answer, answer]) assert.equal((await stage.post(event)).status, 200)
    await answered(asked, 'yes, do')
    await ordinaryTurn({ from: OWNER, text: 'and now to my own agent' })
    assert.deepEqual(await answersTo(asked, 'yes, do'), ['yes, do'])
    assert.deepEqual(readers('has your answer'), [OWNER])
    assert.deepEqual(turnsAbout('yes, do'), [])
  })

  test('sends no answer of somebody else in a group back, but the owner\'s', async () => {
    const asked = await send('who knows?')
    const quoted = shownTo(GROUP, 'who knows?').messageId
    await ordinaryTurn({ from: 'ou_colleague', to: GROUP, text: 'not me', quoted })
    await stage.post(stage.lark.write({ from: OWNER, to: GROUP, text: 'I do', quoted }))
    await answered(asked, 'I do')
    assert.deepEqual(await answersTo(asked, 'not me'), [])
    assert.deepEqual(turnsAbout('I do'), [])
  })

  test('tells the refusal of one channel in its own words, beside the success of the other', async () => {
    stage.lark.behave(({ to }) => to === GROUP ? notInChat() : accept())
    const result = await send('not for the group')
    assert.equal(codeOf(result), 'NOT_FORWARDED')
    const [refused, shown] = result['deliveries'] as JsonObject[]
    assert.equal(refused?.['ok'], false)
    assert.match(JSON.stringify(refused), /Bot\/User can NOT be out of the chat/)
    assert.deepEqual(shown, SHOWN[1])
    assert.equal(attempts('not for the group'), 2)
  })

  test('tells a rate limit, and shows the message once when that is over', async () => {
    stage.lark.behave(tooFrequent)
    const result = await send('too much')
    assert.equal(codeOf(result), 'NOT_FORWARDED')
    assert.match(JSON.stringify(result['deliveries']), /frequency limit.*will be tried again/)
    stage.lark.behave(accept)
    await shownEverywhere(result['messageId'])
    assert.deepEqual(readers('too much'), [GROUP, OWNER])
  })

  test('tells that Feishu is down, and shows the message once when it is back', async () => {
    await stage.lark.goDown()
    const result = await send('anybody there?')
    assert.equal(codeOf(result), 'NOT_FORWARDED')
    assert.match(JSON.stringify(result['deliveries']), /ECONNREFUSED.*will be tried again/)
    await stage.lark.comeBack()
    await shownEverywhere(result['messageId'])
    assert.deepEqual(readers('anybody there?'), [GROUP, OWNER])
  })

  test('tells that Feishu never answered: a timeout, then uncertain, and nothing is shown twice', async () => {
    stage.lark.behave(() => ({ kind: 'silence', isShown: true }))
    const result = await send('into the void')
    assert.equal(codeOf(result), 'ACK_TIMEOUT')
    await until(async () => /whether it was shown is not known/.test(JSON.stringify(await statusOf(result['messageId']))), {
      what: 'the message to be uncertain', timeoutMs: WAIT_MS, intervalMs: 250
    })
    stage.lark.behave(accept)
    assert.equal((await send('and then?'))['ok'], true)
    assert.deepEqual([readers('into the void'), attempts('into the void')], [[GROUP, OWNER], 2])
  })

  test('showed nothing twice all along, and asked Lark for nothing that the fake does not know', () => {
    const lines = stage.lark.shown.map(({ to, text }) => `${to}: ${text}`)
    assert.deepEqual(lines.filter((line, index) => lines.indexOf(line) !== index), [])
    assert.deepEqual(stage.lark.unknown, [])
  })

  async function send(message: string): Promise<JsonObject> {
    return stage.couple.alice.tool('p2p_send_instance_message', { instanceId: bobId, message })
  }

  async function statusOf(messageId: Json = ''): Promise<JsonObject> {
    return stage.couple.alice.tool('p2p_message_status', { messageId })
  }

  /** Waits until alice knows that every channel shows her message. */
  async function shownEverywhere(messageId: Json | undefined): Promise<void> {
    const isShown = async (): Promise<boolean> => isDeepStrictEqual((await statusOf(messageId))['deliveries'], SHOWN)
    await until(isShown, { what: 'a message to be shown everywhere', timeoutMs: WAIT_MS, intervalMs: 250 })
  }

  /** Who sees a message of alice's, or a notice. */
  function readers(text: string): string[] {
    return stage.lark.shownWith(text).map(({ to }) => to).sort()
  }

  function attempts(text: string): number {
    return stage.lark.attempts.filter(({ message }) => message.text.includes(text)).length
  }

  function shownTo(to: string, text: string): LarkMessage {
    const message = stage.lark.shownWith(text).find(candidate => candidate.to === to)
    return message ?? assert.fail(`${to} does not see "${text}"`)
  }

  /** Answers to a message with that text in alice's inbox. */
  async function answersTo({ messageId }: JsonObject, text: string): Promise<unknown[]> {
    const { messages } = await stage.couple.alice.tool('p2p_inbox', { limit: 200 }) as { messages: JsonObject[] }
    return messages.filter(message => message['inReplyTo'] === messageId && message['text'] === text).map(message => message['text'])
  }

  async function answered(asked: JsonObject, text: string): Promise<void> {
    await until(async () => (await answersTo(asked, text)).length > 0, { what: `the answer "${text}"`, timeoutMs: WAIT_MS, intervalMs: 250 })
  }

  /** What bob's agent was asked with that text in it. */
  function turnsAbout(text: string): ModelRequest[] {
    return stage.couple.model.requestsOf('bob').filter(({ messages }) => JSON.stringify(messages).includes(text))
  }

  /** Somebody writes something that bob's agent answers, in whatever words. */
  async function ordinaryTurn(message: { from: string, to?: string, text: string, quoted?: string }): Promise<void> {
    const from = stage.lark.shown.length
    await stage.post(stage.lark.write(message))
    const isAnswered = (): boolean => stage.lark.shown.slice(from).some(({ text }) => text.startsWith('bob\'s agent read'))
    await until(isAnswered, { what: 'the agent\'s answer', timeoutMs: WAIT_MS })
    assert.notEqual(turnsAbout(message.text).length, 0)
  }
})

function codeOf(result: JsonObject): unknown {
  return (result['error'] as JsonObject | undefined)?.['code']
}
