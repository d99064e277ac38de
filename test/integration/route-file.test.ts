/** `instance-peer.json` across restarts: who is dialled for it, what the plugin's first version left there, and what cannot be read. */

import assert from 'node:assert/strict'
import { mkdir, mkdtempDisposable, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { HOUSEKEEPING_MS, PEER_STORE_SWEEP_MS } from '../../src/config/limits.ts'
import { failure, MeshNode } from '../support/mesh-node.ts'
import { ROUTE_FILE } from '../support/route-file.ts'
import { ShiftedClock } from '../support/shifted-clock.ts'
import { until } from '../support/until.ts'

const OTHERS_PEER_ID = '12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp'

async function temporaryFolder(): ReturnType<typeof mkdtempDisposable> {
  return await mkdtempDisposable(join(tmpdir(), 'mesh-routes-'))
}

/** The file that the first version of the plugin wrote, with these peers as it saw them. */
async function writeFirstVersion(stateDir: string, instances: Record<string, { peerId: string, multiaddrs: string[] }>): Promise<void> {
  const entries = Object.entries(instances).map(([instanceId, { peerId, multiaddrs }]) => [instanceId, {
    instanceId, peerId, instanceName: instanceId, pubkey: 'CAESIA==', multiaddrs, lastAnnouncedAt: 1_750_000_000_000, lastSeenAt: 1_750_000_000_000, source: 'announce'
  }])
  await mkdir(stateDir, { recursive: true })
  await writeFile(join(stateDir, ROUTE_FILE), JSON.stringify({ version: 1, updatedAt: 1_750_000_000_000, instances: Object.fromEntries(entries) as unknown }))
}

/** Lets so much time pass that peers which nothing remembers are forgotten. */
async function sweep(node: MeshNode, clock: ShiftedClock): Promise<void> {
  await failure(node.mesh.ping(`/ip4/127.0.0.1/tcp/1/p2p/${OTHERS_PEER_ID}`), 'UNREACHABLE')
  clock.advance(PEER_STORE_SWEEP_MS + HOUSEKEEPING_MS)
  await until(async () => await failure(node.mesh.ping(OTHERS_PEER_ID), 'UNKNOWN_RECIPIENT'), { what: 'the other one to be forgotten', timeoutMs: 60_000 })
}

describe('a restarted node', () => {
  it('dials an approved peer where it last announced itself to be', async () => {
    await using folder = await temporaryFolder()
    await using bob = await MeshNode.start({ name: 'bob' })
    await using alice = await MeshNode.start({ name: 'alice', stateDir: folder.path, channel: { allowFrom: [bob.peerId] } })
    await alice.mesh.addPeer({ recipient: bob.address })
    await alice.events.waitFor('Bob to be known', events => events.some(event => event.type === 'instance'))
    await alice.stop()
    await rm(join(folder.path, 'peerstore'), { recursive: true }) // libp2p's own memory of addresses
    await alice.start()
    await alice.waitForPeer('peer-connected', bob.peerId, 2)
    assert.ok((await alice.mesh.networkInfo()).connections.every(({ remoteAddr }) => bob.address.startsWith(remoteAddr)))
  })
})

describe('the route file of the first version', () => {
  it('says where to dial a peer, and nothing about who it is: that is for the peer to say', async () => {
    await using folder = await temporaryFolder()
    await using bob = await MeshNode.start({ name: 'bob' })
    await writeFirstVersion(folder.path, { 'old-id-of-bob': { peerId: bob.peerId, multiaddrs: ['noise', bob.address] } })
    await using alice = await MeshNode.start({ name: 'alice', stateDir: folder.path })
    await alice.events.waitFor('Bob to say who he is', events => events.some(event => event.type === 'instance'))
    const { instanceId } = await bob.mesh.identity()
    assert.deepEqual((await alice.mesh.listInstances()).map(instance => [instance.instanceId, instance.approved]), [[instanceId, false]])
    await failure(alice.mesh.resolveInstance('old-id-of-bob'), 'UNKNOWN_RECIPIENT')
    assert.deepEqual(alice.log.complaints, [])
  })

  it('is heeded hours and restarts later, when a message is for a peer that it names', async () => {
    await using folder = await temporaryFolder()
    const clock = new ShiftedClock()
    await using bob = await MeshNode.start({ name: 'bob', channel: { dmPolicy: 'open' } })
    await using alice = await MeshNode.start({ name: 'alice', stateDir: folder.path, clock })
    await Promise.all([alice.stop(), bob.stop()])
    await writeFirstVersion(folder.path, {
      bob: { peerId: bob.peerId, multiaddrs: [bob.address] },
      alice: { peerId: alice.peerId, multiaddrs: [alice.address] }
    })
    for (let run = 1; run <= 2; run++) {
      await alice.start()
      await sweep(alice, clock)
      await alice.stop()
    }
    await Promise.all([alice.start(), bob.start()])
    assert.equal((await alice.send(bob, 'hello again')).state, 'received')
    assert.deepEqual(alice.log.complaints, [])
  })

  it('stays as it is where the node does not start', async () => {
    await using folder = await temporaryFolder()
    await writeFirstVersion(folder.path, { bob: { peerId: OTHERS_PEER_ID, multiaddrs: ['/ip4/45.33.1.1/tcp/4001'] } })
    const before = await readFile(join(folder.path, ROUTE_FILE), 'utf8')
    await using alice = await MeshNode.create({ name: 'alice', stateDir: folder.path, config: { listenAddrs: ['/ip4/192.0.2.1/tcp/4001'] } })
    await assert.rejects(alice.start())
    assert.equal(await readFile(join(folder.path, ROUTE_FILE), 'utf8'), before)
  })

  it('leads to nobody else: who answers there with another key is not spoken to', async () => {
    await using folder = await temporaryFolder()
    await using bob = await MeshNode.start({ name: 'bob' })
    const elsewhere = bob.address.replace(bob.peerId, OTHERS_PEER_ID)
    await writeFirstVersion(folder.path, { victim: { peerId: OTHERS_PEER_ID, multiaddrs: [elsewhere, bob.address] } })
    await using alice = await MeshNode.start({ name: 'alice', stateDir: folder.path })
    const { state, reason } = await failure(alice.mesh.sendInstanceMessage({ instance: OTHERS_PEER_ID, text: 'for the victim' }), 'UNREACHABLE')
    assert.deepEqual([state, reason], ['queued', 'wrong-key'])
    assert.deepEqual([bob.received, (await alice.mesh.networkInfo()).connections], [[], []])
  })
})

describe('a route file that cannot be read', () => {
  for (const [what, text, why] of [
    ['is corrupt', '{"version": 2, "instan', /JSON/],
    ['is of a later version', JSON.stringify({ version: 3, instances: {} }), /a later version of the plugin wrote it/]
  ] as const) {
    it(`as it ${what} is moved aside with one line, and the node goes on`, async () => {
      await using folder = await temporaryFolder()
      const path = join(folder.path, ROUTE_FILE)
      await writeFile(path, text)
      await using bob = await MeshNode.start({ name: 'bob', channel: { dmPolicy: 'open' } })
      await using alice = await MeshNode.start({ name: 'alice', stateDir: folder.path })
      const [line = '', ...others] = alice.log.complaints
      assert.match(line, why)
      assert.deepEqual(others, [])
      const [aside = ''] = (await readdir(folder.path)).filter(name => name.startsWith(`${ROUTE_FILE}.unreadable-`))
      assert.ok(line.includes(join(folder.path, aside)), line)
      assert.equal(await readFile(join(folder.path, aside), 'utf8'), text)
      assert.equal((await alice.mesh.sendMessage({ to: bob.address, text: 'hello' })).state, 'received')
      await alice.stop()
      assert.equal((JSON.parse(await readFile(path, 'utf8')) as { version: number }).version, 2)
    })
  }
})
