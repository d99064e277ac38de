/** Two gateways that start at the same moment: whoever dials first, and if both do, both learn who the other is. */

import assert from 'node:assert/strict'
import { mkdtempDisposable, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { ConfigInput } from '../../src/config/schema.ts'
import { MeshNode, type MeshNodeOptions } from '../support/mesh-node.ts'
import { ROUTE_FILE } from '../support/route-file.ts'
import { until } from '../support/until.ts'

const ROUNDS = 20

interface Named extends MeshNodeOptions {
  name: string
  stateDir: string
}

/** A node that has run before, so that its address is known before it starts. */
async function settledNode(options: Named): Promise<MeshNode> {
  const node = await MeshNode.start(options)
  await node.stop()
  return node
}

/** Waits until the node has announced the other one's instance so often. */
async function waitForInstance(node: MeshNode, other: MeshNode, times: number): Promise<void> {
  await node.events.waitFor(`${other.peerId} to be known in round ${times}`,
    events => events.filter(event => event.type === 'instance' && event.peerId === other.peerId).length >= times)
}

/** Both dialled, maybe: what is too much goes by itself. */
async function waitForOneConnection(node: MeshNode): Promise<void> {
  await until(async () => (await node.mesh.networkInfo()).connections.length === 1, { what: 'one connection to be left', timeoutMs: 60_000 })
}

/** Starts both at once, again and again, each time with nothing learned before. */
async function race(one: MeshNode, other: MeshNode): Promise<void> {
  for (let round = 1; round <= ROUNDS; round++) {
    for (const node of [one, other]) await rm(join(node.stateDir, ROUTE_FILE), { force: true })
    await Promise.all([one.start(), other.start()])
    await Promise.all([waitForInstance(one, other, round), waitForInstance(other, one, round)])
    const sent = await one.send(other, `round ${round}`)
    assert.equal(sent.state, 'received')
    await other.waitForText(`round ${round}`)
    if (round === ROUNDS) await Promise.all([waitForOneConnection(one), waitForOneConnection(other)])
    await Promise.all([one.stop(), other.stop()])
  }
  assert.deepEqual([...one.log.complaints, ...other.log.complaints], [])
}

describe('two nodes that start at the same moment', () => {
  for (const isMutual of [true, false]) {
    it(`${ROUNDS} times always learn each other where ${isMutual ? 'each knows' : 'one knows'} the other's address`, { timeout: 600_000 }, async () => {
      await using folder = await mkdtempDisposable(join(tmpdir(), 'mesh-race-'))
      const options = (name: string): Named => ({ name, stateDir: join(folder.path, name), channel: { dmPolicy: 'open' } })
      const [alice, bob] = [await settledNode(options('alice')), await settledNode(options('bob'))]
      const knowing = (other: MeshNode): ConfigInput => ({ discovery: 'bootstrap', bootstrapList: [other.address] })
      await using one = await MeshNode.create({ ...options('alice'), config: knowing(bob) })
      await using other = await MeshNode.create({ ...options('bob'), ...isMutual && { config: knowing(alice) } })
      await race(one, other)
    })
  }
})
