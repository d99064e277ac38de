/** Two real gateways that know nothing of each other, linked by a ticket: commands, safety words on both sides, and what a guest may do. */

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { readFile } from 'node:fs/promises'
import { Couple, peerIdOf } from '../support/openclaw/couple.ts'
import type { Gateway } from '../support/openclaw/gateway.ts'
import type { JsonObject } from '../support/openclaw/json.ts'
import { obedient } from '../support/openclaw/model-answer.ts'

const WAIT_MS = 240_000

const whyNot = Couple.whyNot()

describe('two gateways on a LAN without discovery', { skip: whyNot ?? false }, () => {
  let couple: Couple
  let aliceId = ''
  let bobId = ''
  let ticket = ''
  let words: string[] = []

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
    const invited = await command(couple.alice, ['p2p', 'invite', '--name', 'bobby', '--json'])
    assert.ok(typeof invited['ticket'] === 'string')
    ticket = invited['ticket']
    assert.deepEqual([invited['peerId'], (invited['addrs'] as string[]).some(address => address.startsWith('/ip4/10.77.0.1/tcp/'))], [aliceId, true])
  })

  test('the other joins, and both show the same words', async () => {
    const joined = await couple.bob.cli(['p2p', 'join'], { input: `${ticket}\n` })
    assert.equal(joined.code, 0, joined.output)
    words = /Safety words: (\w+ \w+ \w+ \w+)\./.exec(joined.stdout)?.[1]?.split(' ') ?? []
    assert.match(joined.stdout, new RegExp(`^Joined alice \\(${aliceId}\\); both sides have approved each other`))
    assert.equal(words.length, 4)
    const [notice] = await couple.alice.waitForLog(/bobby \(12D3KooW\w+\) has joined with your ticket.*/, { timeoutMs: WAIT_MS, from: 0 })
    assert.ok(notice.includes(bobId) && notice.includes(words.join(' ')), notice)
    assert.deepEqual(peerOf(await command(couple.alice, ['p2p', 'peers', '--json']), bobId), { alias: 'bobby', approved: true, connected: true, safetyWords: words })
    assert.deepEqual(peerOf(await command(couple.bob, ['p2p', 'peers', '--json']), aliceId), { alias: 'alice', approved: true, connected: true, safetyWords: words })
  })

  test('each agent answers the other at once, without tools; nobody became a command owner', async () => {
    for (const [from, to, peerId] of [[couple.alice, couple.bob, bobId], [couple.bob, couple.alice, aliceId]] as const) {
      const sent = await from.tool('p2p_send_message', { to: peerId, message: `hello from ${from.name}`, waitForReplyMs: WAIT_MS }, 2 * WAIT_MS)
      assert.match(JSON.stringify(sent), new RegExp(`agent read: hello from ${from.name}`))
      assert.deepEqual(couple.model.requestsOf(to.name).at(-1)?.tools, [])
      const config = JSON.parse(await readFile(to.home.configPath, 'utf8')) as JsonObject
      assert.equal(JSON.stringify(config['commands'] ?? {}).includes('12D3KooW'), false)
    }
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

async function command(gateway: Gateway, args: string[]): Promise<JsonObject> {
  const { code, stdout, output } = await gateway.cli(args)
  assert.equal(code, 0, output)
  return JSON.parse(stdout) as JsonObject
}

/** What a list of peers says about one, as far as an invitation matters to it. */
function peerOf({ peers }: JsonObject, peerId: string): JsonObject {
  const found = (peers as JsonObject[]).find(peer => peer['peerId'] === peerId)
  assert.ok(found, `nothing of ${peerId}`)
  return Object.fromEntries(['alias', 'approved', 'connected', 'safetyWords'].flatMap(key => found[key] === undefined ? [] : [[key, found[key]]]))
}
