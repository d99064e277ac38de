/** Two real gateways linked by a ticket, on a LAN and over a relay: commands, safety words on both sides, and what a guest may do. */

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { readFile } from 'node:fs/promises'
import { Couple, peerIdOf } from '../support/openclaw/couple.ts'
import { CoupleBehindNats, pathsTo } from '../support/openclaw/couple-behind-nats.ts'
import type { Gateway } from '../support/openclaw/gateway.ts'
import type { JsonObject } from '../support/openclaw/json.ts'
import { obedient } from '../support/openclaw/model-answer.ts'
import { joinWith, pairingWith } from '../support/openclaw/pairing.ts'

const WAIT_MS = 240_000

const whyNot = Couple.whyNot()

describe('two gateways on a LAN without discovery', { skip: whyNot ?? false }, () => {
  let couple: Couple
  let aliceId = ''
  let bobId = ''
  let ticket = ''

  before(async () => {
    const settings = (instanceName: string) => ({ plugin: { discovery: [], deliveryAckTimeoutMs: WAIT_MS, instanceName } })
    couple = await Couple.start({ ...settings('alice'), bob: settings('bobs-pc') })
    couple.model.behave(obedient);
    [aliceId, bobId] = [await peerIdOf(couple.alice), await peerIdOf(couple.bob)]
  })

  after(async () => { await couple[Symbol.asyncDispose]() })

  test('one makes a ticket: as text, as a link and as a QR code', async () => {
    const shown = await couple.alice.cli(['p2p', 'invite', '--expires', '2m'])
    assert.equal(shown.code, 0, shown.output)
    assert.match(shown.stdout, /^ {4}([0-9A-Z]{4}-){7}[0-9A-Z]{4}$/m)
    assert.match(shown.stdout, /^libp2p-mesh:[0-9A-Z]{80,}$/m)
    assert.match(shown.stdout, /^[█▀▄ ]{35,}$/m)
    const invited = await couple.alice.cliJson(['p2p', 'invite', '--name', 'bobby'])
    assert.ok(typeof invited['ticket'] === 'string')
    ticket = invited['ticket']
    assert.deepEqual([invited['peerId'], (invited['addrs'] as string[]).some(address => address.startsWith('/ip4/10.77.0.1/tcp/'))], [aliceId, true])
  })

  test('the other joins, and both show the same words', async () => {
    const safetyWords = await joinWith(ticket, { inviter: couple.alice, joiner: couple.bob, name: 'bobby' })
    const pairing = { approved: true, connected: true, path: 'direct', safetyWords }
    assert.deepEqual(await pairingWith(couple.alice, bobId), { alias: 'bobby', ...pairing })
    assert.deepEqual(await pairingWith(couple.bob, aliceId), { alias: 'alice', ...pairing })
  })

  test('each agent answers the other at once, without tools; nobody became a command owner', async () => {
    await agentsTalk(couple, { alice: aliceId, bob: bobId })
  })

  test('the ticket is good for nobody any more, and a mistyped one is told from it', async () => {
    for (const [text, cause] of [[ticket, 'used'], [ticket.replace(/.$/, last => last === '7' ? '8' : '7'), 'mistyped']] as const) {
      const { code, stdout, output } = await couple.bob.cli(['p2p', 'join', '--json'], { input: text })
      assert.equal(code, 1, output)
      const { ok, error } = JSON.parse(stdout) as { ok: boolean, error: JsonObject }
      assert.deepEqual([ok, error['code'], error['cause']], [false, 'INVALID_TICKET', cause])
    }
  })
})

describe('two gateways behind NATs whose only way is a relay', { skip: CoupleBehindNats.whyNot() ?? false }, () => {
  let stage: CoupleBehindNats
  let couple: Couple
  let ids = { alice: '', bob: '' }
  let ticket = ''

  before(async () => {
    stage = await CoupleBehindNats.start()
    couple = stage.couple
    couple.model.behave(obedient)
    ids = { alice: await peerIdOf(couple.alice), bob: await peerIdOf(couple.bob) }
    await stage.lab.blockDirect('a')
  })

  after(async () => { await stage[Symbol.asyncDispose]() })

  test('the ticket of one names its address on the relay', async () => {
    const { ticket: text, addrs } = await couple.alice.cliJson(['p2p', 'invite', '--name', 'bobby']) as { ticket: string, addrs: string[] }
    assert.ok(addrs.includes(`${stage.relayAddress}/p2p-circuit`), addrs.join())
    ticket = text
  })

  test('the other joins over the relay; both have approved each other and show the same words', async () => {
    const safetyWords = await joinWith(ticket, { inviter: couple.alice, joiner: couple.bob, name: 'bobby' })
    const pairing = { approved: true, connected: true, path: 'relay', safetyWords }
    assert.deepEqual(await pairingWith(couple.alice, ids.bob), { alias: 'bobby', ...pairing })
    assert.deepEqual(await pairingWith(couple.bob, ids.alice), { alias: await instanceNameOf(couple.alice), ...pairing })
  })

  test('a message goes each way, and is answered, over the relay', async () => {
    await agentsTalk(couple, ids)
    assert.deepEqual([await pathsTo(couple.alice, ids.bob), await pathsTo(couple.bob, ids.alice)], [['relay tcp'], ['relay tcp']])
  })
})

/** Each agent answers the other's peer, without tools, and neither peer may command its host. */
async function agentsTalk({ alice, bob, model }: Couple, ids: { alice: string, bob: string }): Promise<void> {
  for (const [from, to, peerId] of [[alice, bob, ids.bob], [bob, alice, ids.alice]] as const) {
    const sent = await from.tool('p2p_send_message', { to: peerId, message: `hello from ${from.name}`, waitForReplyMs: WAIT_MS }, 2 * WAIT_MS)
    assert.match(JSON.stringify(sent), new RegExp(`${to.name}'s agent read: hello from ${from.name}`))
    assert.deepEqual(model.requestsOf(to.name).at(-1)?.tools, [])
    const config = JSON.parse(await readFile(to.home.configPath, 'utf8')) as JsonObject
    assert.equal(JSON.stringify(config['commands'] ?? {}).includes('12D3KooW'), false)
  }
}

async function instanceNameOf(gateway: Gateway): Promise<unknown> {
  return (await gateway.tool('p2p_get_instance_identity'))['instanceName']
}
