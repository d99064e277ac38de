/**
 * Three real gateways, and the ends know nothing but the address of the one in the middle: a broadcast reaches everybody, an end finds the
 * other one's instance and talks to it directly, and who stops is gone at once.
 */

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { connected, peerIdOf } from '../support/openclaw/couple.ts'
import { Gateway } from '../support/openclaw/gateway.ts'
import type { JsonObject } from '../support/openclaw/json.ts'
import { obedient } from '../support/openclaw/model-answer.ts'
import { ModelServer } from '../support/openclaw/model-server.ts'
import { packPlugin } from '../support/openclaw/plugin-package.ts'
import { Scratch } from '../support/openclaw/scratch.ts'
import { PluginTemplate } from '../support/openclaw/template.ts'
import { until } from '../support/until.ts'

const WAIT_MS = 240_000
/** On this machine, found by nobody who was not told. */
const PLUGIN: JsonObject = { discovery: ['bootstrap', 'dht'], listenAddrs: ['/ip4/127.0.0.1/tcp/0'], enableUPnP: false, deliveryAckTimeoutMs: WAIT_MS }

describe('three gateways, the ends of which know the one in the middle only', () => {
  const stack = new AsyncDisposableStack()
  let alice: Gateway
  let middle: Gateway
  let carol: Gateway
  const ids = { alice: '', middle: '', carol: '' }

  before(async () => {
    const scratch = stack.use(await Scratch.create())
    const template = await PluginTemplate.install([{ spec: await packPlugin(scratch.path) }], join(scratch.path, 'template'))
    const model = stack.use(await ModelServer.start())
    model.behave(obedient)
    const start = async (name: string, plugin: JsonObject): Promise<Gateway> =>
      stack.use(await Gateway.start({ name, template, model, folder: scratch.path, plugin: { ...PLUGIN, ...plugin } }))
    middle = await start('middle', {})
    const { peerId, listenAddrs } = await middle.tool('p2p_status') as { peerId: string, listenAddrs: string[] }
    const known = { bootstrapList: [`${listenAddrs[0] ?? ''}/p2p/${peerId}`] }
    ;[alice, carol] = await Promise.all([start('alice', known), start('carol', known)])
    Object.assign(ids, { alice: await peerIdOf(alice), middle: peerId, carol: await peerIdOf(carol) })
    await Promise.all([connected(alice, ids.middle), connected(carol, ids.middle)])
  })

  after(async () => { await stack.disposeAsync() })

  test('a broadcast of one end is in the inboxes of the middle and of the other end, once and with its author', async () => {
    const { messageId, recipients } = await command(alice, ['p2p', 'broadcast', 'hello', 'everybody', '--json'])
    assert.ok(Number(recipients) >= 1, `it went to ${JSON.stringify(recipients)} peers`)
    for (const gateway of [middle, carol]) {
      const found = await until(async () => {
        const broadcasts = await broadcastsOf(gateway)
        return broadcasts.length > 0 && broadcasts
      }, { what: `the broadcast at ${gateway.name}`, timeoutMs: WAIT_MS })
      assert.deepEqual(found.map(({ messageId: id, from, text }) => ({ id, from, text })), [{ id: messageId, from: ids.alice, text: 'hello everybody' }])
    }
    assert.deepEqual(await broadcastsOf(alice), [])
  })

  test('an end finds the instance of the other one, and its message is delivered over a direct path', async () => {
    await carol.owner('approve', { who: ids.alice })
    const { instanceId } = await carol.tool('p2p_get_instance_identity') as { instanceId: string }
    const resolved = await alice.tool('p2p_resolve_instance', { instanceId })
    assert.equal(resolved['peerId'], ids.carol, JSON.stringify(resolved))
    const sent = await command(alice, ['p2p', 'send', instanceId, 'from', 'end', 'to', 'end', '--json'])
    assert.deepEqual([sent['state'], sent['peerId']], ['delivered', ids.carol], JSON.stringify(sent))
    await until(async () => {
      const { connections } = await alice.tool('p2p_get_network_info') as { connections: JsonObject[] }
      assert.deepEqual(connections.filter(({ peerId }) => peerId === ids.carol).map(({ path }) => path), ['direct'], JSON.stringify(connections))
      return true
    }, { what: 'one direct connection to be left', timeoutMs: WAIT_MS })
  })

  test('an end that stops is gone for the others at once, by its own word', async () => {
    await connected(carol, ids.alice)
    await alice.stop()
    const { peers } = await until(async () => {
      const listed = await carol.owner('peers') as { peers: JsonObject[] }
      return listed.peers.some(({ peerId, presence }) => peerId === ids.alice && presence === 'left') && listed
    }, { what: 'alice to have left', timeoutMs: WAIT_MS })
    const online = peers.filter(({ presence }) => presence === 'online').map(({ peerId }) => peerId)
    const { code, stdout, output } = await carol.cli(['p2p', 'peers', '--online'])
    assert.equal(code, 0, output)
    assert.deepEqual([online, stdout.trim().split('\n').map(line => line.split(',')[0])], [[ids.middle], [ids.middle]])
  })
})

/** The details that a command prints. */
async function command(gateway: Gateway, args: string[]): Promise<JsonObject> {
  const { code, stdout, output } = await gateway.cli(args)
  assert.equal(code, 0, output)
  return JSON.parse(stdout) as JsonObject
}

/** Broadcasts in the owner's inbox. */
async function broadcastsOf(gateway: Gateway): Promise<JsonObject[]> {
  const { messages } = await gateway.owner('inbox') as { messages: JsonObject[] }
  return messages.filter(({ kind }) => kind === 'broadcast')
}
