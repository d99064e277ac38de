/** Files for tests of their transfer, and two nodes with one cable between them. */

import { randomBytes } from 'node:crypto'
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { multiaddr } from '@multiformats/multiaddr'
import type { ConfigInput } from '../../src/config/schema.ts'
import type { Clock } from '../../src/lib/clock.ts'
import type { MeshEvent, Transfer, TransferState } from '../../src/mesh-api.ts'
import { Cable } from './cable.ts'
import { MeshNode } from './mesh-node.ts'
import type { Recorder } from './recorder.ts'

/** A file of random bytes. */
export async function randomFile(folder: string, bytes: number, name = 'plan.bin'): Promise<{ path: string, content: Buffer }> {
  const path = join(folder, name)
  const content = randomBytes(bytes)
  await writeFile(path, content)
  return { path, content }
}

/** A node that tells its events. */
interface Telling {
  events: Recorder<MeshEvent>
}

/** Waits until the file is in that state there, or one of those; the transfer as the event told it. */
export async function fileIs(node: Telling, transferId: string, ...states: TransferState[]): Promise<Transfer> {
  return await node.events.waitFor(`file ${transferId} to be ${states.join(' or ')}`, events => transfersIn(events, transferId).find(({ state }) => states.includes(state)))
}

/** Waits until the file moves for the second time, or the first time of several nodes that run one after the other. */
export async function fileResumes(node: Telling, transferId: string, times = 2): Promise<Transfer> {
  return await node.events.waitFor(`file ${transferId} to go on`, events => transfersIn(events, transferId).filter(({ state }) => state === 'moving')[times - 1])
}

function transfersIn(events: readonly MeshEvent[], transferId: string): Transfer[] {
  return events.flatMap(event => event.type === 'file' && event.transfer.transferId === transferId ? [event.transfer] : [])
}

/** What lies in the folder of unfinished files. */
export async function parts(node: Pick<MeshNode, 'stateDir'>): Promise<string[]> {
  return await readdir(join(node.stateDir, 'transfers'))
}

export interface WiredPair extends AsyncDisposable {
  alice: MeshNode
  bob: MeshNode
  cable: Cable
}

/** Only the cable leads to bob: he tells nobody his address, and alice listens nowhere. */
export async function wiredPair(config: { alice?: ConfigInput, bob?: ConfigInput, clock?: Clock } = {}): Promise<WiredPair> {
  await using stack = new AsyncDisposableStack()
  const clock = config.clock === undefined ? {} : { clock: config.clock }
  const bob = stack.use(await MeshNode.start({ name: 'bob', ...clock, config: { enableNATTraversal: false, ...config.bob } }))
  const cable = stack.use(await Cable.to(portOf(bob.address)))
  const alice = stack.use(await MeshNode.start({ name: 'alice', ...clock, config: { listenAddrs: [], ...config.alice } }))
  await alice.mesh.approvePeer(bob.peerId)
  await bob.mesh.approvePeer(alice.peerId)
  await alice.mesh.addPeer({ recipient: `/ip4/127.0.0.1/tcp/${cable.port}/p2p/${bob.peerId}` })
  await bob.waitForPeer('peer-connected', alice.peerId)
  const held = stack.move()
  return { alice, bob, cable, [Symbol.asyncDispose]: async () => { await held.disposeAsync() } }
}

/** The TCP port of an address. */
export function portOf(address: string): number {
  return Number(multiaddr(address).getComponents().find(({ name }) => name === 'tcp')?.value)
}
