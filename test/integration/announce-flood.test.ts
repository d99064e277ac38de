/** A stranger that announces itself without end: little of it is read, it is cut off, and the node stays small and kind to friends. */

import assert from 'node:assert/strict'
import { mkdtempDisposable, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from 'node:test'
import { ANNOUNCES_PER_HOUR } from '../../src/config/limits.ts'
import { MeshNode } from '../support/mesh-node.ts'
import { MeshProcess } from '../support/mesh-process.ts'
import { RawPeer } from '../support/raw-peer.ts'
import type { RawStream } from '../support/raw-stream.ts'
import { ROUTE_FILE } from '../support/route-file.ts'
import { keyedPeer, recordOf, type KeyedPeer } from '../support/routes.ts'

const MEGABYTE = 1_048_576
const STRANGERS = 4
const ANNOUNCES = 10_000

/** Writes records without end, as many of them genuine and newer than the one before as are ever read; returns how the stream ended. */
async function flood(stream: RawStream, stranger: KeyedPeer): Promise<Error | undefined> {
  const addrs = Array.from({ length: 4 }, (_, index) => `/ip4/45.33.1.${index}/tcp/4001`)
  const genuine = await Promise.all(Array.from({ length: 2 * ANNOUNCES_PER_HOUR }, async (_, index) => await recordOf(stranger, { seq: index + 1, addrs })))
  for (let index = 0; index < ANNOUNCES && stream.isOpen; index++) {
    if (!stream.announce(genuine[index % genuine.length] ?? new Uint8Array())) await stream.drained()
  }
  return await stream.ended()
}

it('ten thousand announces of each of some strangers cost little, and leave little', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'mesh-flood-'))
  await using alice = await MeshNode.start({ name: 'alice' })
  await using bob = await MeshProcess.start({ name: 'bob', stateDir: folder.path, channel: { allowFrom: [alice.peerId] } })
  await alice.mesh.approvePeer(bob.peerId)
  await alice.mesh.addPeer({ recipient: bob.address })
  assert.equal((await alice.mesh.sendMessage({ to: bob.peerId, text: 'before' })).state, 'received')
  const before = await bob.heapBytes()
  const strangers = await Promise.all(Array.from({ length: STRANGERS }, async (_, index) => await keyedPeer(200 + index)))
  await Promise.all(strangers.map(async (stranger) => {
    await using peer = await RawPeer.start({ privateKey: stranger.key })
    assert.ok(await flood(await peer.open(bob.address), stranger), 'the flood was not cut off')
    assert.ok(await (await peer.open(bob.address)).ended(), 'a peer that was cut off is served again at once')
  }))
  assert.equal((await alice.mesh.sendMessage({ to: bob.peerId, text: 'after' })).state, 'received')
  const instances = await bob.call('listInstances')
  assert.deepEqual(instances.map(({ peerId }) => peerId).sort(), [alice.peerId, ...strangers.map(({ peerId }) => peerId.toString())].sort())
  const grown = await bob.heapBytes() - before
  assert.ok(grown < 16 * MEGABYTE, `memory grew by ${grown} bytes`)
  await bob.stop()
  assert.ok((await stat(join(folder.path, ROUTE_FILE))).size < 50_000)
  const warnings = bob.log.items.filter(({ level }) => level === 'warn' || level === 'error').map(({ message }) => message)
  assert.equal(warnings.length, STRANGERS)
  for (const warning of warnings) assert.match(warning, /broke the message protocol and was cut off: it announces itself without end/)
  assert.ok(bob.log.items.filter(({ message }) => message.includes('was not read')).length <= STRANGERS * 2 * ANNOUNCES_PER_HOUR)
})
