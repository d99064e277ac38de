/** Calls between two real gateways: of the agents with their tools, and of the owners with their commands; one owner reads Feishu. */

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { CallTranscript } from '../../src/mesh-api.ts'
import { agreed } from '../support/calls.ts'
import { Couple } from '../support/openclaw/couple.ts'
import { FeishuCouple, OWNER } from '../support/openclaw/feishu-couple.ts'
import type { Gateway } from '../support/openclaw/gateway.ts'
import type { JsonObject } from '../support/openclaw/json.ts'
import { obedient, type ModelAnswer } from '../support/openclaw/model-answer.ts'
import type { ModelRequest } from '../support/openclaw/model-request.ts'
import { until } from '../support/until.ts'

const WAIT_MS = 240_000
const TARGET = { channel: 'feishu', target: `user:${OWNER}` }
const PLUGIN = { inboundTargets: [TARGET], turnBudget: { perPeerPerHour: 100, perHour: 100 } }
const CALL_TOOLS = ['p2p_answer', 'p2p_call_send', 'p2p_escalate', 'p2p_end_call']

const TOPIC = 'the office on Friday'
const GREETING = 'Hello, I am listening'
const QUESTION = 'May we have your office on Friday?'
const PLEA = 'May they have the office on Friday?'
const PATIENCE = 'I asked my owner, one moment'
const DECISION = 'yes, from noon'
const THANKS = 'Thank you both'

/** What each agent does about the last line that a peer said to it; it keeps silent about everything else. */
const SCRIPT: Record<string, Record<string, [first: ModelAnswer, afterTool?: string]>> = {
  alice: { [GREETING]: [{ text: QUESTION }], [DECISION]: [{ text: THANKS }] },
  bob: {
    [TOPIC]: [{ tool: 'p2p_answer', args: { accept: true } }, GREETING],
    [QUESTION]: [{ tool: 'p2p_escalate', args: { message: PLEA } }, PATIENCE]
  }
}

function actor(request: ModelRequest): ModelAnswer {
  const { caller, peerText, toolResult } = request
  if (peerText === undefined) return obedient(request)
  const [first, afterTool] = SCRIPT[caller]?.[peerText.split('\n').at(-1) ?? ''] ?? []
  return (toolResult === undefined ? first : afterTool !== undefined && { text: afterTool }) || { text: 'PASS' }
}

describe('two gateways that call each other', { skip: Couple.whyNot() ?? false }, () => {
  let stage: FeishuCouple
  let aliceId = ''
  let bobId = ''

  before(async () => {
    stage = await FeishuCouple.start(PLUGIN)
    stage.couple.model.behave(actor)
    ;({ aliceId, bobId } = await stage.couple.befriend())
    await stage.couple.bob.owner('add', { agent_id: aliceId, alias: 'alice' })
  })

  after(async () => { await stage[Symbol.asyncDispose]() })

  test('an agent that its owner lets use the tools of calls is offered them in the turns of that peer', async () => {
    const { alice, bob } = stage.couple
    const entry = JSON.stringify({ [`channel:libp2p-mesh:${aliceId}`]: { allow: CALL_TOOLS } })
    const { code, output } = await bob.cli(['config', 'set', 'tools.toolsBySender', entry, '--strict-json'])
    assert.equal(code, 0, output)
    await until(async () => {
      await alice.tool('p2p_send_message', { to: bobId, message: 'which tools have you?' })
      return stage.couple.model.requestsOf('bob').some(({ tools }) => CALL_TOOLS.every(tool => tools.includes(tool)))
    }, { what: 'a turn with the tools of calls', timeoutMs: WAIT_MS, intervalMs: 5_000 })
  })

  test('agents: one calls, the other accepts, they talk, one fetches its owner, who answers from Feishu, and one ends; both keep the same', async () => {
    const { alice, bob } = stage.couple
    const { callId } = await agentCalls(alice, 'p2p_call', { to: bobId, topic: TOPIC })
    await heard(alice, PATIENCE)
    const asked = await until(() => stage.lark.shownWith(PLEA).at(0), { what: 'the question in Feishu', timeoutMs: WAIT_MS })
    assert.deepEqual([asked.to, asked.text.split('\n')[0]?.trim()], [OWNER, `🆘 Your agent asks you in the call with alice about "${TOPIC}" (libp2p mesh)`])
    await stage.post(stage.lark.write({ from: OWNER, text: DECISION, quoted: asked.messageId }))
    await heard(bob, THANKS)
    await agentCalls(alice, 'p2p_end_call', {})
    const mine = await sameTranscript(callId)
    assert.deepEqual([mine.topic, mine.caller, mine.callee, mine.endReason], [TOPIC, aliceId, bobId, 'hung-up'])
    assert.deepEqual(mine.lines.map(({ from, kind, text }) => `${from === aliceId ? 'alice' : 'bob'} ${kind}: ${text}`), [
      `alice event: called: ${TOPIC}`, 'bob event: rings', 'bob event: accepted', `bob message: ${GREETING}`, `alice message: ${QUESTION}`,
      `bob escalation: ${PLEA}`, `bob message: ${PATIENCE}`, `bob message: ${DECISION}`, `alice message: ${THANKS}`, 'alice event: ended (hung-up)'
    ])
    assert.deepEqual(stage.lark.shownWith(PLEA).map(({ to }) => to), [OWNER])
  })

  test('owners: the same by commands, and no agent interferes', async () => {
    const { alice, bob } = stage.couple
    const turns = stage.couple.model.requests.length
    const callId = await until(async () => {
      const { callId: made } = await command(alice, ['call', bobId, 'lunch', 'by', 'command'])
      return (await bob.cli(['p2p', 'answer', 'accept', '--json'])).code === 0 && made // a slow command may come after the minute that it rings
    }, { what: 'a call to be answered', timeoutMs: 2 * WAIT_MS })
    await command(alice, ['say', 'the noodle place?'])
    await command(bob, ['say', 'closed on Saturdays'])
    const { notified } = await command(bob, ['escalate', 'shall I book it?'])
    assert.deepEqual(notified, [{ ...TARGET, ok: true }])
    assert.match((await until(() => stage.lark.shownWith('shall I book it?').at(0), { what: 'the question in Feishu', timeoutMs: WAIT_MS })).text, /^🆘 Your agent asks you/)
    const { transcript } = await command(alice, ['end'])
    const mine = await sameTranscript(callId)
    assert.deepEqual(agreed(transcript as unknown as CallTranscript), mine)
    assert.deepEqual(mine.lines.map(({ kind, text }) => `${kind}: ${text}`), [
      'event: called: lunch by command', 'event: rings', 'event: accepted', 'message: the noodle place?', 'message: closed on Saturdays',
      'escalation: shall I book it?', 'event: ended (hung-up)'
    ])
    const [listed] = (await command(bob, ['transcript']))['calls'] as JsonObject[]
    assert.deepEqual([listed?.['callId'], listed?.['state'], listed?.['endReason'], listed?.['topic']], [callId, 'ended', 'hung-up', 'lunch by command'])
    const markdown = await bob.cli(['p2p', 'transcript', mine.callId, '--format', 'markdown'])
    assert.match(markdown.stdout, /^# Call: lunch by command\n[^]*\n {4}closed on Saturdays\n/)
    assert.deepEqual(stage.couple.model.requests.slice(turns).filter(({ peerText }) => peerText !== undefined && !peerText.includes('lunch by command')), [])
  })

  test('a call is rejected by a command with a reason, which the caller reads', async () => {
    const { alice, bob } = stage.couple
    await until(async () => {
      await command(alice, ['call', bobId, 'dinner'])
      return (await bob.cli(['p2p', 'answer', 'reject', 'not', 'hungry'])).code === 0
    }, { what: 'a call to be rejected', timeoutMs: 2 * WAIT_MS })
    await until(async () => {
      const { code, output } = await alice.cli(['p2p', 'say', 'really?'])
      return code === 1 && /CALL_REJECTED.*not hungry/.test(output)
    }, { what: 'alice to know', timeoutMs: WAIT_MS })
  })

  async function command(gateway: Gateway, args: string[]): Promise<JsonObject> {
    const { code, stdout, output } = await gateway.cli(['p2p', ...args, '--json'])
    assert.equal(code, 0, output)
    return JSON.parse(stdout) as JsonObject
  }

  async function agentCalls(gateway: Gateway, tool: string, args: JsonObject): Promise<JsonObject> {
    const { code, output } = await gateway.cli(['agent', '--agent', 'main', '--message', `CALL ${tool} ${JSON.stringify(args)}`, '--json'])
    assert.equal(code, 0, output)
    const { calls } = await gateway.owner('transcript') as { calls: JsonObject[] }
    return calls[0] ?? assert.fail('no call')
  }

  /** Waits until the agent was told that in a turn. */
  async function heard(gateway: Gateway, text: string): Promise<void> {
    await until(() => stage.couple.model.requestsOf(gateway.name).some(({ peerText }) => peerText?.endsWith(text)), { what: `${gateway.name} to hear "${text}"`, timeoutMs: WAIT_MS })
  }

  /** The transcript of a call that is over, which both gateways must have alike. */
  async function sameTranscript(callId: JsonObject[string] = ''): Promise<ReturnType<typeof agreed>> {
    const [mine, other] = await Promise.all([stage.couple.alice, stage.couple.bob].map(async gateway => until(async () => {
      const transcript = await gateway.owner('transcript', { callId })
      return transcript['endedAt'] !== undefined && agreed(transcript as unknown as CallTranscript)
    }, { what: `${gateway.name} to know that the call is over`, timeoutMs: WAIT_MS })))
    assert.deepEqual(other, mine)
    return mine ?? assert.fail('no transcript')
  }
})
