/** Two real gateways behind two NATs with the standalone relay between them: the first message at once, then a direct path that needs no relay. */

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { peerIdOf, type Couple } from '../support/openclaw/couple.ts'
import { CoupleBehindNats, pathsTo } from '../support/openclaw/couple-behind-nats.ts'
import type { Gateway } from '../support/openclaw/gateway.ts'
import { until } from '../support/until.ts'

/** The aim is a second; these only end what hangs, on a machine with better things to do. */
const WAIT_MS = 240_000

describe('two gateways behind NATs', { skip: CoupleBehindNats.whyNot() ?? false }, () => {
  let stage: CoupleBehindNats
  let couple: Couple
  let ids = { alice: '', bob: '' }

  before(async () => {
    stage = await CoupleBehindNats.start()
    couple = stage.couple
    ids = { alice: await peerIdOf(couple.alice), bob: await peerIdOf(couple.bob) }
  })

  after(async () => { await stage[Symbol.asyncDispose]() })

  test('have their reservations on the relay that they were told of', async () => {
    for (const gateway of [couple.alice, couple.bob]) {
      const [line] = await gateway.waitForLog(/Relay reservation made: \S+/, { timeoutMs: WAIT_MS, from: 0 })
      assert.ok(line.endsWith(stage.relayAddress), line)
    }
  })

  test('a message to an instance is delivered over the relay while there is no direct path', async () => {
    const added = await couple.alice.owner('add', { to: `${stage.relayAddress}/p2p-circuit/p2p/${ids.bob}`, alias: 'bob' })
    assert.deepEqual([added['reachable'], added['path']], [true, 'relay'])
    await couple.bob.owner('approve', { who: ids.alice })
    await sendToInstance(couple.alice, couple.bob)
    // Nobody punches with a peer whose owner was not asked.
    assert.deepEqual([await pathsTo(couple.alice, ids.bob), await pathsTo(couple.bob, ids.alice)], [['relay tcp'], ['relay tcp']])
  })

  test('once both owners approved the other, the path becomes direct, and messages take it', async () => {
    await couple.alice.owner('approve', { who: ids.bob })
    await directOverUdp(couple.alice, ids.bob)
    await directOverUdp(couple.bob, ids.alice)
    await sendToInstance(couple.alice, couple.bob)
    await sendToInstance(couple.bob, couple.alice)
  })

  test('the relay stops: the peers still talk', async () => {
    assert.deepEqual(await stage.relay.stop(WAIT_MS), { code: 0, signal: null })
    assert.match(stage.relay.log.text, /^Health: 2 connections, 2 reservations, 0 circuits/m)
    await sendToInstance(couple.alice, couple.bob)
    await sendToInstance(couple.bob, couple.alice)
    assert.deepEqual([await pathsTo(couple.alice, ids.bob), await pathsTo(couple.bob, ids.alice)], [['direct udp'], ['direct udp']])
  })
})

/** Sends as an agent does; returns when the other side's agent took it. */
async function sendToInstance(from: Gateway, to: Gateway): Promise<void> {
  const { instanceId } = await to.tool('p2p_get_instance_identity')
  if (typeof instanceId !== 'string') throw new Error(`${to.name} has no instance ID`)
  await until(async () => (await from.tool('p2p_resolve_instance', { instanceId }))['ok'], { what: `${from.name} to know ${instanceId}`, timeoutMs: WAIT_MS })
  const sent = await from.tool('p2p_send_instance_message', { instanceId, message: `from ${from.name}` }, WAIT_MS)
  assert.deepEqual([sent['ok'], sent['state'], sent['instanceId']], [true, 'delivered', instanceId], JSON.stringify(sent))
}

async function directOverUdp(gateway: Gateway, peerId: string): Promise<void> {
  await gateway.waitForLog(new RegExp(`Path to ${peerId}: direct over udp`), { timeoutMs: WAIT_MS, from: 0 })
  await until(async () => (await pathsTo(gateway, peerId)).join() === 'direct udp', { what: `${gateway.name} to be on the direct path only`, timeoutMs: WAIT_MS, intervalMs: 250 })
}
