/** A node that is stopped and started again is the same node; starting and stopping hold no surprises. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempDisposable, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { readdirSync } from 'node:fs'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { befriend, failure, MeshNode, UNLIMITED } from '../support/mesh-node.ts'
import { MeshProcess } from '../support/mesh-process.ts'
import { until } from '../support/until.ts'

const NOBODY = '12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp'

async function temporaryFolder(): ReturnType<typeof mkdtempDisposable> {
  return await mkdtempDisposable(join(tmpdir(), 'mesh-restart-'))
}

async function modeOf(path: string): Promise<string> {
  return ((await stat(path)).mode & 0o777).toString(8)
}

/** A port that takes connections and never says a word. */
async function silentPort(): Promise<AsyncDisposable & { port: number }> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => { sockets.add(socket.on('error', () => sockets.delete(socket))) }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    }
  }
}

describe('a restarted node', () => {
  it('has the same peer ID and port, and keeps its files to itself', async () => {
    await using folder = await temporaryFolder()
    const stateDir = join(folder.path, 'deep', 'libp2p')
    await using alice = await MeshNode.start({ name: 'alice', stateDir })
    const { address } = alice
    await alice.stop()
    await alice.start()
    assert.equal(alice.address, address)
    assert.equal(await modeOf(stateDir), '700')
    assert.equal(await modeOf(join(stateDir, 'peerstore')), '700')
    const files = (await readdir(stateDir, { withFileTypes: true })).filter(entry => entry.isFile()).map(entry => entry.name)
    assert.ok(files.includes('identity.key') && files.includes('mesh.db'))
    for (const file of files) assert.equal(await modeOf(join(stateDir, file)), '600', file)
  })

  it('connects to the peers that it approved and to its bootstrap peers by itself', async () => {
    await using bob = await MeshNode.start({ name: 'bob' })
    await using carol = await MeshNode.start({ name: 'carol' })
    await using alice = await MeshNode.start({ name: 'alice', config: { discovery: 'bootstrap', bootstrapList: [carol.address] } })
    await carol.waitForPeer('peer-connected', alice.peerId)
    await befriend(alice, bob)
    await alice.stop()
    await bob.waitForPeer('peer-disconnected', alice.peerId)
    await alice.start()
    await bob.waitForPeer('peer-connected', alice.peerId, 2)
    await carol.waitForPeer('peer-connected', alice.peerId, 2)
    await carol.stop()
    await alice.waitForPeer('peer-disconnected', carol.peerId)
    await carol.start()
    await alice.waitForPeer('peer-connected', carol.peerId, 3)
  })

  it('in mid-stream loses nothing, and logs nothing that needs attention', async () => {
    await using alice = await MeshNode.start({ name: 'alice', config: UNLIMITED })
    await using bob = await MeshNode.start({ name: 'bob', config: UNLIMITED })
    await befriend(alice, bob)
    const texts: string[] = []
    for (let round = 1; round <= 3; round++) {
      const round2 = Array.from({ length: 200 }, (_, index) => `round ${round} message ${index}`)
      const before = bob.received.length
      const sending = Promise.all(round2.map(text => alice.send(bob, text)))
      await bob.events.waitFor('the stream to flow', () => bob.received.length > before + 20)
      await bob.stop()
      for (const { state } of await sending) assert.ok(state === 'received' || state === 'queued', state)
      await bob.start()
      texts.push(...round2)
    }
    await until(async () => (await alice.mesh.status()).queued === 0, { what: 'everything to arrive', timeoutMs: 60_000 })
    const { messages } = await bob.mesh.inbox({ audience: 'owner', limit: 10_000 })
    assert.deepEqual(messages.map(message => message.text).sort(), texts.sort())
    assert.deepEqual([...alice.log.complaints, ...bob.log.complaints], [])
  })
})

describe('start', () => {
  it('waits for no bootstrap peer, whether it refuses or says nothing', { timeout: 60_000 }, async () => {
    await using silent = await silentPort()
    const bootstrapList = [`/ip4/127.0.0.1/tcp/${silent.port}/p2p/${NOBODY}`, `/ip4/127.0.0.1/tcp/1/p2p/${NOBODY}`]
    const startedAt = Date.now()
    await using alice = await MeshNode.start({ name: 'alice', config: { discovery: ['bootstrap', 'dht'], bootstrapList } })
    assert.ok(Date.now() - startedAt < 8_000, 'start waited for the network')
    assert.equal((await alice.mesh.status()).started, true)
  })

  it('and stop may be called again, in any order, at the same time', async () => {
    await using alice = await MeshNode.create({ name: 'alice' })
    await alice.stop()
    await failure(alice.mesh.status(), 'NOT_RUNNING')
    await Promise.all([alice.start(), alice.mesh.start()])
    await alice.start()
    const { peerId } = await alice.mesh.identity()
    await Promise.all([alice.stop(), alice.stop()])
    await alice.stop()
    await failure(alice.mesh.sendMessage({ to: NOBODY, text: 'hello' }), 'NOT_RUNNING')
    await Promise.all([alice.mesh.start(), alice.stop(), alice.mesh.start()])
    assert.equal((await alice.mesh.identity()).peerId, peerId)
    await Promise.all([alice.mesh.stop(), alice.mesh.start()])
    assert.equal((await alice.mesh.identity()).peerId, peerId)
  })

  it('on a state folder in use is refused in words, and harms nobody', async () => {
    await using folder = await temporaryFolder()
    await using alice = await MeshNode.start({ name: 'alice', stateDir: folder.path })
    await using twin = await MeshNode.create({ name: 'twin', stateDir: folder.path })
    assert.match((await failure(twin.start(), 'NOT_RUNNING')).message, /another process.*state folder/)
    const stranger = MeshProcess.start({ name: 'stranger', stateDir: folder.path })
    await assert.rejects(stranger, /state folder/)
    await using bob = await MeshNode.start({ name: 'bob', channel: { dmPolicy: 'open' } })
    assert.equal((await alice.mesh.sendMessage({ to: bob.address, text: 'still here' })).state, 'received')
  })

  it('at a port that somebody has is refused in words, and works once the port is free', async () => {
    await using others = new AsyncDisposableStack()
    const { port } = others.use(await silentPort())
    await using alice = await MeshNode.create({ name: 'alice', config: { listenAddrs: [`/ip4/127.0.0.1/tcp/${String(port)}`] } })
    const { reason, message } = await failure(alice.start(), 'INTERNAL')
    assert.equal(reason, 'port-taken')
    assert.match(message, /^cannot listen on \/ip4\/127\.0\.0\.1\/tcp\/\d+: listen EADDRINUSE: [^\n]+$/)
    await others.disposeAsync()
    await alice.start()
    assert.ok(alice.address.includes(`/tcp/${String(port)}/`))
  })

  it('goes on by itself where somebody had the port only for a moment', async () => {
    await using others = new AsyncDisposableStack()
    const { port } = others.use(await silentPort())
    await using alice = await MeshNode.create({ name: 'alice', config: { listenAddrs: [`/ip4/127.0.0.1/tcp/${String(port)}`] } })
    const starting = alice.start()
    await alice.log.waitFor(/^The node cannot listen on \S+: .*; it tries again$/)
    await others.disposeAsync()
    await starting
    assert.ok(alice.address.includes(`/tcp/${String(port)}/`))
  })

  it('with an unreadable identity is refused, and the file stays as it is', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'identity.key')
    await writeFile(path, 'not a key')
    await using alice = await MeshNode.create({ name: 'alice', stateDir: folder.path })
    assert.match((await failure(alice.start(), 'INTERNAL')).message, /identity\.key cannot be used.*backup/)
    assert.equal(await readFile(path, 'utf8'), 'not a key')
  })
})

describe('stopping', () => {
  it('20 times leaves nothing behind', async () => {
    await using bob = await MeshNode.start({ name: 'bob', channel: { dmPolicy: 'open' }, config: UNLIMITED })
    await using alice = await MeshNode.create({ name: 'alice' })
    const warnings: string[] = []
    const keep = (warning: Error): void => { warnings.push(warning.message) }
    process.on('warning', keep)
    let first: Record<string, number> = {}
    for (let round = 0; round < 20; round++) {
      await alice.start()
      assert.equal((await alice.mesh.sendMessage({ to: bob.address, text: `round ${round}` })).state, 'received')
      await alice.stop()
      await bob.waitForPeer('peer-disconnected', alice.peerId, round + 1)
      if (round === 1) first = resources()
    }
    await until(() => atMost(resources(), first), { what: `no more than ${JSON.stringify(first)}, but there is ${JSON.stringify(resources())}`, timeoutMs: 20_000 })
    process.off('warning', keep)
    assert.deepEqual(warnings, [])
  })
})

/** What this process has open, by kind; timers of the library that end by themselves are not counted. */
function resources(): Record<string, number> {
  const counts: Record<string, number> = process.platform === 'linux' ? { descriptors: readdirSync('/proc/self/fd').length } : {}
  for (const kind of process.getActiveResourcesInfo()) {
    if (kind !== 'Timeout') counts[kind] = (counts[kind] ?? 0) + 1
  }
  return counts
}

function atMost(counts: Record<string, number>, bound: Record<string, number>): boolean {
  return Object.entries(counts).every(([kind, count]) => count <= (bound[kind] ?? 0))
}
