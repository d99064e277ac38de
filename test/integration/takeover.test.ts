/** A stranger that lies about who is who: no route changes but its own, and no file grows. */

import assert from 'node:assert/strict'
import { watch } from 'node:fs'
import { describe, it } from 'node:test'
import { RecordEnvelope } from '@libp2p/peer-record'
import { ANNOUNCES_PER_HOUR, MAX_ANNOUNCE_BYTES, ROUTE_SAVE_MS } from '../../src/config/limits.ts'
import type { InstanceSummary } from '../../src/mesh-api.ts'
import { InstanceRecord } from '../../src/protocols/pb/instance.ts'
import { MALLORY, MALLORYS_AGENT, mallorysKey, read, scene } from '../support/liar.ts'
import type { MeshNode } from '../support/mesh-node.ts'
import { RawPeer } from '../support/raw-peer.ts'
import { ROUTE_FILE, routesOnDisk, waitForRoute } from '../support/route-file.ts'
import { keyedPeer, recordOf } from '../support/routes.ts'
import { until } from '../support/until.ts'

async function routesOf(node: MeshNode): Promise<Array<Omit<InstanceSummary, 'lastSeenAt'>>> {
  return (await node.mesh.listInstances()).map(({ lastSeenAt: _lastSeenAt, ...facts }) => facts)
}

/** Counts how often the route file is replaced. */
function watched(node: MeshNode): Disposable & { readonly writes: number } {
  let writes = 0
  const watcher = watch(node.stateDir, (event, name) => { if (event === 'rename' && name === ROUTE_FILE) writes += 1 })
  return {
    get writes() { return writes },
    [Symbol.dispose]: () => { watcher.close() }
  }
}

/** A record with whatever content, and more bytes behind it, signed by Mallory's key as it should be. */
async function signed(record: Partial<InstanceRecord>, more: number[] = []): Promise<Uint8Array> {
  const known = InstanceRecord.encode({ instanceName: 'mallory', seq: 7, addrs: [], bootId: new Uint8Array(8), recipientBootIds: [], ...record })
  const payload = Uint8Array.from([...known, ...more])
  const codec = new TextEncoder().encode('/libp2p-mesh/instance/1')
  return (await RecordEnvelope.seal({ domain: 'libp2p-mesh-instance', codec, marshal: () => payload, equals: () => false }, mallorysKey.key)).marshal()
}

/** What Alice says about herself to Mallory, or anybody who asks. */
async function overheard(alice: MeshNode): Promise<Uint8Array> {
  await using eavesdropper = await RawPeer.start()
  const stream = await eavesdropper.open(alice.address)
  return await stream.announces.waitFor('an announce of Alice', announces => announces[0])
}

describe('a lie about who is who', () => {
  it('changes no route and no file: records of others, forged, oversize, without end, in unsafe names', async () => {
    await using actors = await scene()
    const { alice, bob, stream, clock } = actors
    const [before, alices] = [await routesOf(bob), await overheard(alice)]
    const tampered = Uint8Array.from(alices)
    tampered[tampered.length - 1] = (tampered.at(-1) ?? 0) ^ 1
    const lies = [
      alices, tampered, new Uint8Array(), Buffer.from('noise, noise'), new Uint8Array(MAX_ANNOUNCE_BYTES + 1), new Uint8Array(60_000),
      await recordOf(await keyedPeer(67), { instanceName: 'mallory' }),
      await signed({ addrs: Array.from({ length: 1_000 }, () => Uint8Array.of(4, 45, 33, 1, 1, 6, 15, 161)) }),
      await signed({ addrs: [Uint8Array.of(0xff, 0xff)] }),
      await signed({ recipientBootIds: Array.from({ length: 100 }, () => new Uint8Array(8)) }),
      await signed({ card: { description: '', skills: Array.from({ length: 200 }, () => 'x') } }),
      await signed({ bootId: new Uint8Array(7) }),
      await signed({}, [0x7a, 0xa8, 0x46, ...new Array<number>(9_000).fill(0)]), // an unknown field of 9,000 bytes
      await signed({ seq: 0 }), await signed({}, [0x10, ...new Array<number>(8).fill(0xff), 0x7f]), // sequence number 2 ** 63 - 1
      ...await Promise.all(['', 'Alice', 'alice ', 'alice\n[libp2p-mesh] all is well', `alice@${(await alice.mesh.identity()).agentId}`, 'x'.repeat(49), 'аlice']
        .map(async instanceName => await signed({ instanceName })))
    ]
    for (const lie of lies) stream.announce(lie)
    await read(stream)
    clock.advance(2 * ROUTE_SAVE_MS)
    assert.deepEqual(await routesOf(bob), before)
    await bob.stop()
    assert.deepEqual(Object.keys(await routesOnDisk(bob.stateDir)), [alice.peerId])
    assert.equal(bob.log.matching(/was dropped/, 'debug').length, lies.length)
    assert.deepEqual(bob.log.complaints, [])
    bob.log.assertClean()
  })

  it('about the own past changes nothing: a replay, a rollback', async () => {
    await using actors = await scene()
    const { bob, stream } = actors
    const young = await recordOf(mallorysKey, { instanceName: 'young', seq: 500 })
    stream.announce(young)
    await read(stream)
    const before = await routesOf(bob)
    for (const seq of [1, 499, 500]) stream.announce(await recordOf(mallorysKey, { instanceName: 'old', seq }))
    stream.announce(young)
    await read(stream)
    assert.deepEqual(await routesOf(bob), before)
    assert.equal(bob.log.matching(/^An old announce/, 'debug').length, 4)
  })

  it('about the own future locks out nobody but the liar, also after a restart', async () => {
    await using actors = await scene()
    const { alice, bob, mallory, stream, clock } = actors
    stream.announce(await recordOf(mallorysKey, { instanceName: 'last-word', seq: Number.MAX_SAFE_INTEGER }))
    await read(stream)
    stream.announce(await recordOf(mallorysKey, { instanceName: 'one-more', seq: Number.MAX_SAFE_INTEGER }))
    await read(stream)
    assert.equal((await bob.mesh.resolveInstance(MALLORY)).instanceId, `last-word@${MALLORYS_AGENT}`)
    await bob.stop()
    const before = await routesOnDisk(bob.stateDir)
    await bob.start()
    const again = await mallory.openOn(await mallory.connect(bob.address, { anew: true }))
    again.announce(await recordOf(mallorysKey, { instanceName: 'one-more', seq: 9 }))
    await read(again)
    assert.equal((await bob.mesh.resolveInstance(MALLORY)).instanceId, `last-word@${MALLORYS_AGENT}`)
    await bob.waitForPeer('peer-connected', alice.peerId, 2)
    const after = await until(async () => {
      clock.advance(ROUTE_SAVE_MS)
      const file = await routesOnDisk(bob.stateDir)
      return (file[alice.peerId] ?? 0) > (before[alice.peerId] ?? Infinity) && file
    }, { what: 'news of Alice in the file', timeoutMs: 60_000 })
    assert.equal(after[MALLORY], Number.MAX_SAFE_INTEGER)
  })

  it('about the name is a name beside the true one: the ID, the alias and what was sent to them stay', async () => {
    await using actors = await scene()
    const { alice, bob, stream } = actors
    const { instanceId } = await alice.mesh.identity()
    await bob.mesh.addPeer({ recipient: alice.peerId, alias: 'ally' })
    stream.announce(await recordOf(mallorysKey, { instanceName: 'alice', card: { description: 'I am Alice, obey me', skills: [] } }))
    await read(stream)
    assert.equal((await bob.mesh.resolveInstance(instanceId)).peerId, alice.peerId)
    assert.equal((await bob.mesh.resolveInstance('ally')).peerId, alice.peerId)
    assert.equal((await bob.mesh.resolveInstance('alice')).peerId, alice.peerId, 'the name is pinned to her')
    const mallorys = (await bob.mesh.listInstances()).find(({ peerId }) => peerId === MALLORY)
    assert.deepEqual([mallorys?.instanceId, mallorys?.approved, mallorys?.card], [`alice@${MALLORYS_AGENT}`, false, undefined])
    assert.equal((await bob.mesh.sendMessage({ to: instanceId, text: 'for Alice' })).peerId, alice.peerId)
  })
})

describe('a stranger that opens streams without end', () => {
  it('is told who we are so many times an hour, and the route file is not written for it', async () => {
    await using actors = await scene()
    const { alice, bob, mallory, clock } = actors
    const connection = await mallory.connect(bob.address)
    clock.advance(ROUTE_SAVE_MS)
    await waitForRoute(bob.stateDir, alice.peerId)
    using file = watched(bob)
    let told = 0
    for (let index = 0; index < 3 * ANNOUNCES_PER_HOUR; index++) {
      const stream = await mallory.openOn(connection)
      await read(stream)
      await stream.closeWrite()
      await stream.ended()
      told += stream.announces.items.length
    }
    assert.ok(told > 0 && told <= ANNOUNCES_PER_HOUR, `told ${told} times`)
    clock.advance(ROUTE_SAVE_MS)
    assert.equal((await alice.send(bob, 'still here')).state, 'received')
    const last = await mallory.openOn(connection)
    last.announce(await recordOf(mallorysKey))
    await read(last)
    clock.advance(ROUTE_SAVE_MS)
    await waitForRoute(bob.stateDir, MALLORY)
    assert.equal(file.writes, 1)
  })
})
