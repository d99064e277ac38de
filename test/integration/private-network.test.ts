/** A private network: who has its key is connected as ever, and nobody else completes a handshake. */

import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from 'node:test'
import { createSwarmKey } from '../../src/lib/swarm-key.ts'
import { befriend, failure, MeshNode } from '../support/mesh-node.ts'

it('a private network takes in nodes with its key and no others, in either direction', async () => {
  await using folder = { path: await mkdtemp(join(tmpdir(), 'mesh-keys-')), [Symbol.asyncDispose]: async () => { await rm(folder.path, { recursive: true }) } }
  const [key, foreign] = [join(folder.path, 'mesh.key'), join(folder.path, 'foreign.key')]
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
    assert.equal((await outsider.mesh.status()).connectedPeers, 0)
  }
  assert.deepEqual((await alice.mesh.listPeers({ online: true })).map(({ peerId }) => peerId), [bob.peerId])
  assert.deepEqual((await alice.mesh.inbox({ audience: 'owner' })).messages.map(({ from }) => from), [bob.peerId])
  assert.equal((await alice.send(bob, 'still among us')).state, 'received')
})

it('a node whose key is not there does not start', async () => {
  await using node = await MeshNode.create({ config: { networkKeyFile: '/nowhere/mesh.key' } })
  const { message } = await failure(node.start(), 'INVALID_ARGUMENT')
  assert.match(message, /networkKeyFile: \/nowhere\/mesh\.key/)
})
