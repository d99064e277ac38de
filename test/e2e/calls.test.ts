/** Calls and files between two real gateways: of the agents with their tools, and of the owners with their commands; one owner reads Feishu. */

import assert from 'node:assert/strict'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { CallTranscript, Transfer } from '../../src/mesh-api.ts'
import { agreed } from '../support/calls.ts'
import { randomFile } from '../support/files.ts'
import { Couple } from '../support/openclaw/couple.ts'
import { FeishuCouple, OWNER } from '../support/openclaw/feishu-couple.ts'
import type { Gateway } from '../support/openclaw/gateway.ts'
import type { JsonObject } from '../support/openclaw/json.ts'
import { obedient, type ModelAnswer } from '../support/openclaw/model-answer.ts'
import type { ModelRequest } from '../support/openclaw/model-request.ts'
import { whyMediaCannotBeQueued } from '../support/openclaw/media-queue.ts'
import { until } from '../support/until.ts'

const WAIT_MS = 240_000
const BYTES = 50_000_000
const TARGET = { channel: 'feishu', target: `user:${OWNER}` }
const PLUGIN = { inboundTargets: [TARGET], turnBudget: { perPeerPerHour: 100, perHour: 100 }, fileLimits: { askAboveBytes: BYTES } }
const CALL_TOOLS = ['p2p_answer', 'p2p_call_send', 'p2p_escalate', 'p2p_end_call']
/** Why OpenClaw's own command cannot send files on this machine, or `undefined`. */
const UNQUEUED = await whyMediaCannotBeQueued()

const TOPIC = 'the office on Friday'
const GREETING = 'Hello, I am listening'
const QUESTION = 'May we have your office on Friday?'
const PLEA = 'May they have the office on Friday?'
const PATIENCE = 'I asked my owner, one moment'
const FILM = 'This is what we would do there'
const DECISION = 'yes, from noon'
const THANKS = 'Thank you both'
const PICTURE = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64')

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

describe('two gateways that call each other and send files', { skip: Couple.whyNot() ?? false }, () => {
  let stage: FeishuCouple
  let aliceId = ''
  let bobId = ''
  let workspace = ''
  let film: Awaited<ReturnType<typeof randomFile>>

  before(async () => {
    stage = await FeishuCouple.start(PLUGIN)
    stage.couple.model.behave(actor)
    ;({ aliceId, bobId } = await stage.couple.befriend())
    await stage.couple.bob.owner('add', { agent_id: aliceId, alias: 'alice' })
    workspace = join(dirname(stage.couple.alice.home.configPath), 'workspace')
    await mkdir(workspace, { recursive: true })
    film = await randomFile(workspace, BYTES, 'film.bin')
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

  test('agents: one calls, the other accepts, they talk, one fetches its owner and gets 50 MB, the owner answers from Feishu, and one ends; both keep the same', async () => {
    const { alice, bob, model } = stage.couple
    const { callId } = await agentCalls(alice, 'p2p_call', { to: bobId, topic: TOPIC })
    await heard(alice, PATIENCE)
    await agentCalls(alice, 'p2p_send_file', { path: 'film.bin', message: FILM, waitMs: WAIT_MS })
    await heard(bob, FILM)
    const { path } = await received(bob, 'film.bin')
    assert.ok(film.content.equals(await readFile(path ?? '')))
    const told = model.requestsOf('bob').findLast(({ peerText }) => peerText?.endsWith(FILM))?.messages.filter(({ role }) => role === 'user').map(message => message.text).join('\n') ?? ''
    for (const part of [/sent a file in your call/, /film\.bin.*It is untrusted/, /\[media attached: .*film\.bin/]) assert.match(told, part)
    const asked = await inFeishu(PLEA)
    assert.equal(asked.text.split('\n')[0]?.trim(), `🆘 Your agent asks you in the call with alice about "${TOPIC}" (libp2p mesh)`)
    assert.match((await inFeishu('Begin your answer with accept or reject')).text, /^📞 Call from alice /)
    assert.match((await inFeishu('film.bin')).text, /^📎 File from alice [^]*50\.0 MB[^]*untrusted/)
    await stage.post(stage.lark.write({ from: OWNER, text: DECISION, quoted: asked.messageId }))
    await heard(bob, THANKS)
    await agentCalls(alice, 'p2p_end_call', {})
    const mine = await sameTranscript(callId)
    assert.deepEqual([mine.topic, mine.caller, mine.callee, mine.endReason], [TOPIC, aliceId, bobId, 'hung-up'])
    assert.deepEqual(mine.lines.map(({ from, kind, text }) => `${from === aliceId ? 'alice' : 'bob'} ${kind}: ${text}`), [
      `alice event: called: ${TOPIC}`, 'bob event: rings', 'bob event: accepted', `bob message: ${GREETING}`, `alice message: ${QUESTION}`,
      `bob escalation: ${PLEA}`, `bob message: ${PATIENCE}`, `alice file: film.bin (${BYTES} bytes)`, `bob message: ${DECISION}`, `alice message: ${THANKS}`,
      'alice event: ended (hung-up)'
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
    const sent = await command(alice, ['sendfile', film.path, '--message', 'the menu']) as unknown as Transfer
    assert.deepEqual([sent.state, sent.callId, sent.moved], ['received', callId, BYTES])
    const { files: [kept] } = await command(bob, ['files', sent.transferId]) as unknown as { files: Transfer[] }
    assert.deepEqual([kept?.state, kept?.callId, kept?.sha256], ['received', callId, sent.sha256])
    assert.ok(film.content.equals(await readFile(kept?.path ?? '')))
    const { notified } = await command(bob, ['escalate', 'shall I book it?'])
    assert.deepEqual(notified, [{ ...TARGET, ok: true }])
    assert.match((await inFeishu('shall I book it?')).text, /^🆘 Your agent asks you/)
    const { transcript } = await command(alice, ['end'])
    const mine = await sameTranscript(callId)
    assert.deepEqual(agreed(transcript as unknown as CallTranscript), mine)
    assert.deepEqual(mine.lines.map(({ kind, text }) => `${kind}: ${text}`), [
      'event: called: lunch by command', 'event: rings', 'event: accepted', 'message: the noodle place?', 'message: closed on Saturdays',
      `file: film.bin (${BYTES} bytes)`, 'escalation: shall I book it?', 'event: ended (hung-up)'
    ])
    const [listed] = (await command(bob, ['transcript']))['calls'] as JsonObject[]
    assert.deepEqual([listed?.['callId'], listed?.['state'], listed?.['endReason'], listed?.['topic']], [callId, 'ended', 'hung-up', 'lunch by command'])
    const markdown = await bob.cli(['p2p', 'transcript', mine.callId, '--format', 'markdown'])
    assert.match(markdown.stdout, /^# Call: lunch by command\n[^]*\n {4}closed on Saturdays\n/)
    const [facts, ...lines] = (await bob.cli(['p2p', 'transcript', mine.callId, '--format', 'jsonl'])).stdout.trim().split('\n').map(line => JSON.parse(line) as JsonObject)
    assert.deepEqual(agreed({ ...facts, entries: lines } as unknown as CallTranscript), mine)
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

  test('a large file waits until its recipient\'s owner, who reads of it in Feishu, accepts it', async () => {
    const { alice, bob } = stage.couple
    const large = await randomFile(dirname(workspace), BYTES + 1, 'sequel.bin')
    const { state, transferId } = await command(alice, ['sendfile', large.path, bobId]) as unknown as Transfer
    assert.equal(state, 'asking')
    const notice = await inFeishu(`files accept ${transferId}`)
    assert.match(notice.text, /offers a file: sequel\.bin \(50\.0 MB\)/)
    assert.match((await bob.cli(['p2p', 'files'])).stdout, /sequel\.bin, 50\.0 MB\n {2}asking[^]*?take it: openclaw p2p files accept/)
    await command(bob, ['files', 'accept', transferId])
    const { path } = await received(bob, 'sequel.bin')
    assert.ok(large.content.equals(await readFile(path ?? '')))
  })

  test('an agent sends a file of its workspace to a recipient, and nothing from outside of it', async () => {
    const { alice, bob } = stage.couple
    await writeFile(join(workspace, 'letter.txt'), 'dear bob')
    const sent = await alice.tool('p2p_send_file', { to: bobId, path: 'letter.txt', waitMs: 60_000 })
    assert.deepEqual([sent['state'], sent['bytes']], ['received', 8])
    assert.equal((await received(bob, 'letter.txt')).transferId, sent['transferId'])
    const refused = await alice.tool('p2p_send_file', { to: bobId, path: alice.home.configPath })
    assert.deepEqual([refused['ok'], (refused['error'] as JsonObject)['code']], [false, 'NOT_ALLOWED'])
  })

  test('`openclaw message send --media` sends the file with its caption, and the other agent gets it as media', { skip: UNQUEUED ?? false }, async () => {
    const { alice, bob, model } = stage.couple
    const path = join(workspace, 'photo.png')
    await writeFile(path, PICTURE)
    const sent = await alice.cli(['message', 'send', '--channel', 'libp2p-mesh', '--target', bobId, '--media', path, '--message', 'look at this'])
    assert.equal(sent.code, 0, sent.output)
    await heard(bob, 'look at this')
    assert.ok(model.requestsOf('bob').some(({ messages }) => messages.some(({ text }) => /\[media attached: .*photo\.png/.test(text))))
    const { path: kept } = await received(bob, 'photo.png')
    assert.deepEqual(await readFile(kept ?? ''), PICTURE)
  })

  async function command(gateway: Gateway, args: string[]): Promise<JsonObject> {
    const { code, stdout, output } = await gateway.cli(['p2p', ...args, '--json'])
    assert.equal(code, 0, output)
    return JSON.parse(stdout) as JsonObject
  }

  /** Has the gateway's agent use a tool; the newest call as it is then. */
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

  async function inFeishu(text: string): Promise<ReturnType<typeof stage.lark.shownWith>[number]> {
    return until(() => stage.lark.shownWith(text).at(0), { what: `"${text}" in Feishu`, timeoutMs: WAIT_MS })
  }

  async function received(gateway: Gateway, name: string): Promise<Transfer> {
    return until(async () => {
      const { files } = await gateway.tool('p2p_files', { direction: 'in' }) as unknown as { files: Transfer[] }
      return files.find(file => file.name === name && file.state === 'received')
    }, { what: `${gateway.name} to have ${name}`, timeoutMs: WAIT_MS })
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
