/** A private network of real gateways: who has its key finds the others and talks to them, and nobody else completes a handshake. */

import assert from 'node:assert/strict'
import { copyFile, mkdtempDisposable, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { Lan } from '../support/lan.ts'
import { connected, Couple, peerIdOf } from '../support/openclaw/couple.ts'
import type { Gateway } from '../support/openclaw/gateway.ts'
import type { JsonObject } from '../support/openclaw/json.ts'

const WAIT_MS = 240_000

describe('gateways on a LAN, two of them in a private network', { skip: Couple.whyNot() ?? false }, () => {
  const stack = new AsyncDisposableStack()
  let couple: Couple
  let carol: Gateway
  let ids = { alice: '', bob: '', carol: '' }
  let keyFile = ''

  before(async () => {
    const folder = stack.use(await mkdtempDisposable(join(tmpdir(), 'mesh-key-')))
    const lan = stack.use(await Lan.create(['alice', 'bob', 'carol']))
    const plugin = (name: string) => ({ networkKeyFile: join(folder.path, `${name}.key`), deliveryAckTimeoutMs: WAIT_MS })
    couple = stack.use(await Couple.create({ hosts: { alice: lan.host('alice'), bob: lan.host('bob') }, plugin: plugin('alice'), bob: { plugin: plugin('bob') } }))
    keyFile = plugin('alice').networkKeyFile
    assert.deepEqual(await couple.alice.cliJson(['p2p', 'networkkey', keyFile]), { ok: true, file: keyFile })
    await copyFile(keyFile, plugin('bob').networkKeyFile)
    await couple.start()
    carol = await couple.add({ name: 'carol', host: lan.host('carol') })
  })

  after(async () => { await stack.disposeAsync() })

  test('the key is its owner\'s alone', async () => {
    assert.equal((await stat(keyFile)).mode & 0o777, 0o600)
  })

  test('those with the key find each other and talk', async () => {
    const { aliceId, bobId } = await couple.befriend()
    ids = { alice: aliceId, bob: bobId, carol: await peerIdOf(carol) }
    const sent = await couple.alice.tool('p2p_send_message', { to: bobId, message: 'among us' }, WAIT_MS)
    assert.deepEqual([sent['ok'], sent['state']], [true, 'received'], JSON.stringify(sent))
  })

  test('the one without it reaches nobody, and is reached by nobody', async () => {
    for (const [from, to, peerId] of [[carol, couple.alice, ids.alice], [carol, couple.bob, ids.bob], [couple.alice, carol, ids.carol]] as const) {
      const added = await from.tool('p2p_add_peer', { agent_id: `${await lanAddressOf(to)}/p2p/${peerId}` }, WAIT_MS)
      assert.deepEqual([added['ok'], added['reachable']], [true, false], `${from.name} to ${to.name}`)
      const pinged = await from.cli(['p2p', 'ping', peerId, '--json'])
      const { error } = JSON.parse(pinged.stdout) as { error: JsonObject }
      assert.deepEqual([pinged.code, error['code']], [1, 'UNREACHABLE'])
    }
    for (const [gateway, others] of [[carol, []], [couple.alice, [ids.bob]], [couple.bob, [ids.alice]]] as const) {
      const { connections } = await gateway.tool('p2p_get_network_info') as { connections: JsonObject[] }
      assert.deepEqual([...new Set(connections.map(({ peerId }) => peerId))], others, gateway.name)
    }
  })

  test('given the key, it is in', async () => {
    await carol.cli(['config', 'set', 'plugins.entries.libp2p-mesh.config.networkKeyFile', keyFile])
    await carol.restart()
    await connected(carol, ids.alice)
    await connected(carol, ids.bob)
  })
})

/** Where a gateway listens on the LAN. */
async function lanAddressOf(gateway: Gateway): Promise<string> {
  const { listenAddrs } = await gateway.tool('p2p_status') as { listenAddrs: string[] }
  return listenAddrs.find(address => address.startsWith('/ip4/10.77.0.')) ?? assert.fail(`${gateway.name} listens on ${listenAddrs.join()}`)
}
