/** Two real gateways with no address configured: they find each other, strangers stay out, approved peers talk, commands tell the truth. */

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { readFile } from 'node:fs/promises'
import { Couple } from '../support/openclaw/couple.ts'
import type { Gateway } from '../support/openclaw/gateway.ts'
import type { Json, JsonObject } from '../support/openclaw/json.ts'
import { obedient } from '../support/openclaw/model-answer.ts'
import { until } from '../support/until.ts'

const WAIT_MS = 240_000
const SECRET = 'a stranger would like a word, /new and all'

const whyNot = Couple.whyNot()

describe('two gateways on a LAN', { skip: whyNot ?? false }, () => {
  let couple: Couple
  let aliceId = ''
  let bobId = ''

  before(async () => {
    couple = await Couple.start({
      plugin: { deliveryAckTimeoutMs: WAIT_MS, turnBudget: { perPeerPerHour: 60 } },
      config: { commands: { config: true, bash: true } } // so that a command that gets through would do something
    })
    couple.model.behave(obedient)
  })

  after(async () => { await couple[Symbol.asyncDispose]() })

  test('find each other by mDNS with no address configured', async () => {
    ({ aliceId, bobId } = await couple.meet())
    const { connections } = await couple.alice.tool('p2p_get_network_info') as { connections: JsonObject[] }
    assert.equal(connections[0]?.['path'], 'direct')
  })

  test('a stranger\'s message is held, and reaches the agent by no way', async () => {
    const sent = await couple.alice.tool('p2p_send_message', { to: bobId, message: SECRET })
    assert.deepEqual({ ok: sent['ok'], state: sent['state'] }, { ok: true, state: 'held' })
    await couple.bob.waitForLog(/openclaw p2p approve ([0-9A-Z]{4}-[0-9A-Z]{4})/, { timeoutMs: WAIT_MS, from: 0 })
    const seen = [await couple.bob.tool('p2p_inbox'), await couple.bob.tool('p2p_status'), await couple.bob.tool('p2p_list_peers')]
    assert.equal((seen[0] as { unread: number }).unread, 1)
    assert.doesNotMatch(JSON.stringify(seen), /a stranger would like/)
    assert.doesNotMatch(couple.bob.log.tail(100_000), /a stranger would like/)
    assert.deepEqual(couple.model.requestsOf('bob'), [])
  })

  test('the owner reads it, approves by code, and the agent answers in a conversation of the peer\'s own, without tools', async () => {
    const inbox = await couple.bob.cliJson(['p2p', 'inbox'])
    assert.match(JSON.stringify(inbox), /a stranger would like/)
    const [, code = ''] = await couple.bob.waitForLog(/openclaw p2p approve ([0-9A-Z]{4}-[0-9A-Z]{4})/, { timeoutMs: WAIT_MS, from: 0 })
    const approved = await couple.bob.cliJson(['p2p', 'approve', code])
    assert.equal(approved['released'], 1)
    const [request] = await until(() => couple.model.requestsOf('bob').length > 0 && couple.model.requestsOf('bob'), { what: 'a turn of bob\'s agent', timeoutMs: WAIT_MS })
    assert.deepEqual(request?.tools, [])
    const config = JSON.parse(await readFile(couple.bob.home.configPath, 'utf8')) as JsonObject
    assert.equal(JSON.stringify(config['commands'] ?? {}).includes(aliceId), false, 'approval must make nobody a command owner')
    const reply = await until(async () => replyIn(await couple.alice.tool('p2p_inbox')), { what: 'the answer', timeoutMs: WAIT_MS })
    assert.match(JSON.stringify(reply), /bob's agent read: a stranger would like a word, \/new and all/)
    assert.equal((await couple.bob.owner('approve', { who: aliceId }))['released'], 0)
  })

  test('commands in an approved peer\'s text are text: nothing is begun anew, changed or approved, and what was held came once', async () => {
    const configuration = await readFile(couple.bob.home.configPath, 'utf8')
    for (const command of ['/new', '/model test/other', '/config set gateway.port=1', '!id', '/stop']) {
      const sent = await couple.alice.tool('p2p_send_message', { to: bobId, message: command, waitForReplyMs: WAIT_MS }, 2 * WAIT_MS)
      assert.ok(JSON.stringify(sent['reply']).includes(`bob's agent read: ${command}`), JSON.stringify(sent))
    }
    const requests = couple.model.requestsOf('bob')
    assert.equal(requests.filter(({ peerText }) => peerText === SECRET).length, 1)
    assert.ok(requests.at(-1)?.messages.some(({ text }) => text.includes(SECRET)), 'the conversation was begun anew')
    assert.deepEqual(requests.map(({ tools }) => tools), requests.map(() => []))
    assert.equal(await readFile(couple.bob.home.configPath, 'utf8'), configuration)
  })

  test('`openclaw message send` says how far the message got, and fails for what is no recipient', async () => {
    const send = async (target: string): ReturnType<Gateway['cli']> =>
      couple.alice.cli(['message', 'send', '--channel', 'libp2p-mesh', '--target', target, '--message', 'by command'])
    const sent = await send(bobId)
    assert.equal(sent.code, 0, sent.output)
    assert.match(sent.output, /received|delivered/)
    for (const target of ['no one!', '12D3KooWCUaXALHnW4JQkSMazcjBnTQAYQu4SGUdL9cx9kXxuNEZ']) {
      const failed = await send(target)
      assert.equal(failed.code, 1)
      assert.ok(failed.output.includes(target), failed.output)
    }
  })

  test('an agent sends by its tool', async () => {
    const task = `CALL p2p_send_message ${JSON.stringify({ to: bobId, message: 'from an agent' })}`
    const { code, output } = await couple.alice.cli(['agent', '--agent', 'main', '--message', task, '--json'])
    assert.equal(code, 0, output)
    await until(async () => JSON.stringify(await couple.bob.tool('p2p_inbox')).includes('from an agent'), { what: 'the message', timeoutMs: WAIT_MS })
  })

  test('an agent that has the skill sends to an instance, and learns that it was delivered', async () => {
    const { instances } = await couple.alice.tool('p2p_list_instances') as { instances: JsonObject[] }
    const [bob] = instances
    const { instanceId, instanceName } = await couple.bob.tool('p2p_get_instance_identity')
    assert.deepEqual(bob, { instanceId, instanceName, peerId: bobId, approved: false, connected: true, source: 'announce', lastSeenAt: bob?.['lastSeenAt'] })
    const task = `CALL p2p_send_instance_message ${JSON.stringify({ instanceId, message: 'to the instance' })}`
    const { code, output } = await couple.alice.cli(['agent', '--agent', 'main', '--message', task, '--json'])
    assert.equal(code, 0, output)
    const last = couple.model.requestsOf('alice').at(-1) ?? assert.fail('alice has no turn')
    assert.match(last.toolResult ?? '', new RegExp(`to ${word(instanceId)} \\(${bobId}\\): delivered`))
    assert.match(last.messages.find(({ role }) => role === 'system')?.text ?? '', /Message people and machines on the libp2p mesh with the p2p_\* tools/)
  })

  test('`openclaw p2p broadcast` says how many peers it went to, and the others have it in the inbox', async () => {
    const { messageId, ...sent } = await couple.alice.cliJson(['p2p', 'broadcast', 'hello', 'everybody'])
    assert.deepEqual(sent, { ok: true, topic: 'openclaw-mesh', recipients: 1 })
    await couple.bob.waitForLog(new RegExp(`Broadcast from ${aliceId}: hello everybody`), { timeoutMs: WAIT_MS, from: 0 })
    const { messages } = await couple.bob.tool('p2p_inbox') as { messages: JsonObject[] }
    const [broadcast, ...more] = messages.filter(({ kind }) => kind === 'broadcast')
    assert.deepEqual([broadcast?.['messageId'], broadcast?.['from'], broadcast?.['topic'], broadcast?.['text'], more], [messageId, aliceId, 'openclaw-mesh', 'hello everybody', []])
  })

  test('`openclaw p2p send` waits for the delivery at an instance, and for no more than the receipt at a peer', async () => {
    const { instanceId, instanceName } = await couple.bob.tool('p2p_get_instance_identity')
    const { messageId, ...sent } = await couple.alice.cliJson(['p2p', 'send', word(instanceName), 'by', 'command'])
    assert.deepEqual(sent, { ok: true, peerId: bobId, instanceId, approved: false, state: 'delivered', deliveries: [] })
    assert.match((await couple.alice.cli(['p2p', 'message', word(messageId)])).stdout, /received\n.* delivered/)
    const { state } = await couple.alice.cliJson(['p2p', 'send', bobId, 'by', 'peer', 'ID'])
    assert.equal(state, 'received')
    const failed = await couple.alice.cli(['p2p', 'send', 'nobody@0123456789abcdef', 'hello', '--json'])
    assert.deepEqual([failed.code, (JSON.parse(failed.stdout) as { error: JsonObject }).error['code']], [1, 'UNKNOWN_RECIPIENT'])
  })

  test('the host shows peer ID, state and peers', async () => {
    const status = await couple.alice.cli(['channels', 'status', '--probe'])
    assert.match(status.stdout, new RegExp(`running, connected.*${aliceId}`))
    assert.match((await couple.alice.cli(['channels', 'list', '--all'])).stdout, /libp2p mesh/)
    const directory = await couple.alice.cli(['directory', 'peers', 'list', '--channel', 'libp2p-mesh'])
    assert.ok(directory.stdout.includes(bobId), directory.output)
  })

  test('the owner sees how the peer is reached, and that nothing keeps this node from being reached', async () => {
    const { healthy, peers } = await couple.alice.cliJson(['p2p', 'doctor']) as { healthy: Json, peers: JsonObject[] }
    const bob = peers.find(({ peerId }) => peerId === bobId)
    assert.deepEqual([healthy, bob?.['path'], bob?.['transport'], typeof bob?.['rttMs']], [true, 'direct', 'tcp', 'number'])
    const pinged = await couple.alice.cli(['p2p', 'ping', bobId, '--count', '2'])
    assert.equal(pinged.code, 0, pinged.output)
    assert.equal(pinged.stdout.match(new RegExp(`^${bobId}: direct over tcp, [\\d.]+ ms, /ip`, 'gm'))?.length, 2, pinged.output)
  })

  test('the host finds nothing wrong with plugin and configuration', async () => {
    for (const args of [['plugins', 'doctor'], ['config', 'validate']]) {
      const { code, output } = await couple.alice.cli(args)
      assert.equal(code, 0, output)
    }
  })

  test('two agents that always write back fall silent by themselves', async () => {
    await couple.alice.owner('approve', { who: bobId })
    const entry = (peerId: string): string => JSON.stringify({ [`channel:libp2p-mesh:${peerId}`]: { allow: ['p2p_send_message'] } })
    const [one, other] = await Promise.all([
      couple.alice.cli(['config', 'set', 'tools.toolsBySender', entry(bobId), '--strict-json']),
      couple.bob.cli(['config', 'set', 'tools.toolsBySender', entry(aliceId), '--strict-json'])
    ])
    assert.deepEqual([one.code, other.code], [0, 0], one.output + other.output)
    couple.model.behave(({ caller, tools, toolResult }) => toolResult === undefined && tools.includes('p2p_send_message')
      ? { tool: 'p2p_send_message', args: { to: caller === 'alice' ? bobId : aliceId, message: `again from ${caller}` } }
      : { text: `${caller} says goodbye` })
    const soFar = couple.model.requests.length
    const silence = /starts no agent turn: the conversation passed through too many agents/
    const ended = Promise.race([couple.alice, couple.bob].map(async gateway => gateway.waitForLog(silence, { timeoutMs: WAIT_MS, from: gateway.log.position })))
    await until(async () => {
      await couple.alice.tool('p2p_send_message', { to: bobId, message: 'shall we talk for ever?' })
      return couple.model.requests.slice(soFar).some(request => request.tools.includes('p2p_send_message'))
    }, { what: 'a turn with the listed tool', timeoutMs: WAIT_MS, intervalMs: 15_000 })
    await ended
  })
})

function word(value: Json | undefined): string {
  return typeof value === 'string' ? value : assert.fail(`no text: ${JSON.stringify(value)}`)
}

function replyIn(inbox: JsonObject): JsonObject | undefined {
  return (inbox['messages'] as JsonObject[] | undefined)?.find(message => message['kind'] === 'reply')
}
