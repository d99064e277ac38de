/** Two machines on one LAN, each in a network namespace of its own: they find each other with no address configured. */

import assert from 'node:assert/strict'
import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from 'node:test'
import { Lan } from '../support/lan.ts'
import { MeshProcess } from '../support/mesh-process.ts'

const skip = Lan.whyNot() ?? false

interface Scene extends AsyncDisposable {
  start: (name: string) => Promise<MeshProcess>
}

/** A LAN on which a node can be started on each host, again and again with its state. */
async function lanOf(...names: string[]): Promise<Scene> {
  await using stack = new AsyncDisposableStack()
  const folder = stack.use(await mkdtempDisposable(join(tmpdir(), 'mesh-mdns-')))
  const lan = stack.use(await Lan.create(names))
  const owned = stack.move()
  return {
    start: async name => await MeshProcess.start(
      { name, stateDir: join(folder.path, name), config: { discovery: 'mdns', listenAddrs: ['/ip4/0.0.0.0/tcp/0'] } },
      command => lan.host(name).exec(command)
    ),
    [Symbol.asyncDispose]: async () => { await owned.disposeAsync() }
  }
}

it('nodes on a LAN find each other by mDNS, talk, and find each other again', { skip }, async () => {
  await using scene = await lanOf('alice', 'bob')
  const { start } = scene
  await using alice = await start('alice')
  await using bob = await start('bob')
  await alice.waitForPeer('peer-connected', bob.peerId)
  await bob.waitForPeer('peer-connected', alice.peerId)
  const [connection] = (await alice.call('networkInfo')).connections
  assert.match(connection?.remoteAddr ?? '', /^\/ip4\/10\.77\.0\.2\/tcp\//)

  assert.equal((await alice.call('sendMessage', { to: bob.peerId, text: 'hello from over there' })).state, 'held')
  await bob.call('approvePeer', alice.peerId)
  assert.deepEqual(bob.received.map(message => message.text), ['hello from over there'])

  await bob.kill()
  await alice.waitForPeer('peer-disconnected', bob.peerId)
  const waiting = await alice.call('sendMessage', { to: bob.peerId, text: 'are you back?' })
  assert.equal(waiting.state, 'queued')
  await using again = await start('bob')
  await again.waitForText('are you back?')
  assert.equal(again.peerId, bob.peerId)
})

it('nodes that know each other and have approved nobody find each other again after a restart', { skip }, async () => {
  await using scene = await lanOf('alice', 'bob')
  await using alice = await scene.start('alice')
  await using bob = await scene.start('bob')
  await alice.waitForPeer('peer-connected', bob.peerId)
  await bob.kill()
  await alice.waitForPeer('peer-disconnected', bob.peerId)
  await using again = await scene.start('bob')
  await again.waitForPeer('peer-connected', alice.peerId)
})
