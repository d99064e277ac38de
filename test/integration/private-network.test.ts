/** A private network: who has its key is connected as ever, and nobody else completes a handshake. */

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { it } from 'node:test'
import type { ConfigInput } from '../../src/config/schema.ts'
import { createSwarmKey } from '../../src/lib/swarm-key.ts'
import { befriend, failure, MeshNode } from '../support/mesh-node.ts'
import { ownLoopback, startRelay } from '../support/relay-command.ts'
import { testFolder } from '../support/test-folder.ts'

it('a private network takes in nodes with its key and no others, in either direction', async (t) => {
  const folder = testFolder(t)
  const [key, foreign] = [join(folder, 'mesh.key'), join(folder, 'foreign.key')]
  for (const path of [key, foreign]) await createSwarmKey(path)
  await using alice = await MeshNode.start({ name: 'alice', config: { networkKeyFile: key } })
  await using bob = await MeshNode.start({ name: 'bob', config: { networkKeyFile: key } })
  await using open = await MeshNode.start({ name: 'open' })
  await using other = await MeshNode.start({ name: 'other', config: { networkKeyFile: foreign } })
  await befriend(alice, bob)
  assert.equal((await alice.send(bob, 'among us')).state, 'received')
  assert.equal((await bob.send(alice, 'x'.repeat(60_000))).state, 'received')
  for (const outsider of [open, other]) {
    for (const [from, to] of [[outsider, alice], [alice, outsider]] as const) {
      await failure(from.mesh.ping(to.address), 'UNREACHABLE')
      assert.equal((await from.mesh.sendMessage({ to: to.address, text: 'let me in' })).state, 'queued')
    }
    assert.deepEqual((await outsider.mesh.networkInfo()).connections, [])
  }
  assert.deepEqual((await alice.mesh.listPeers({ online: true })).map(({ peerId }) => peerId), [bob.peerId])
  assert.deepEqual((await alice.mesh.inbox({ audience: 'owner' })).messages.map(({ from }) => from), [bob.peerId])
  assert.equal((await alice.send(bob, 'still among us')).state, 'received')
})

it('a relay of the network carries what its nodes say to each other, and takes in nobody else', async (t) => {
  const folder = testFolder(t)
  const key = join(folder, 'mesh.key')
  await createSwarmKey(key)
  await using relay = await startRelay(ownLoopback(), join(folder, 'relay'), '--network-key', key)
  assert.match(relay.out.text, /^Private network: only nodes with its key connect$/m)
  const config: ConfigInput = { listenAddrs: [], relayList: [relay.address], enableHolePunch: false, enableDCUtR: false }
  await using alice = await MeshNode.start({ name: 'alice', config: { ...config, networkKeyFile: key } })
  await using bob = await MeshNode.start({ name: 'bob', config: { ...config, networkKeyFile: key } })
  await using outsider = await MeshNode.start({ name: 'outsider', config })
  await bob.log.waitFor(/^Relay reservation made/)
  const bobsAddress = `${relay.address}/p2p-circuit/p2p/${bob.peerId}`
  assert.deepEqual(await alice.mesh.addPeer({ recipient: bobsAddress }).then(({ reachable, path }) => [reachable, path]), [true, 'relay'])
  await bob.mesh.approvePeer(alice.peerId)
  assert.equal((await alice.send(bob, 'among us')).state, 'received')
  for (const address of [relay.address, bobsAddress]) await failure(outsider.mesh.ping(address), 'UNREACHABLE')
  assert.deepEqual((await outsider.mesh.networkInfo()).connections, [])
  await alice.log.waitFor(/^Relay reservation made/)
  assert.equal((await relay.child.stop()).code, 0)
  assert.match(relay.out.text, /^Health: 2 connections, 2 reservations, /m)
})

it('a node whose key is not there does not start', async () => {
  await using node = await MeshNode.create({ config: { networkKeyFile: '/nowhere/mesh.key' } })
  const { message } = await failure(node.start(), 'INVALID_ARGUMENT')
  assert.match(message, /the network key file \/nowhere\/mesh\.key cannot be read/)
})
