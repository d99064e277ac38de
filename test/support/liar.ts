/** A stranger that lies to Bob, whose friend is Alice. */

import { agentIdOf } from '../../src/lib/agent-id.ts'
import { befriend, MeshNode } from './mesh-node.ts'
import { RawPeer } from './raw-peer.ts'
import type { RawStream } from './raw-stream.ts'
import { keyedPeer } from './routes.ts'
import { ShiftedClock } from './shifted-clock.ts'

export const mallorysKey = await keyedPeer(66)
export const MALLORY = mallorysKey.peerId.toString()
export const MALLORYS_AGENT = agentIdOf(mallorysKey.peerId)

interface Scene extends AsyncDisposable {
  alice: MeshNode
  bob: MeshNode
  mallory: RawPeer
  stream: RawStream
  clock: ShiftedClock
}

/** Bob, his friend Alice, and Mallory's stream to Bob; both have said who they are. */
export async function scene(): Promise<Scene> {
  await using stack = new AsyncDisposableStack()
  const clock = new ShiftedClock()
  const bob = stack.use(await MeshNode.start({ name: 'bob', clock }))
  const alice = stack.use(await MeshNode.start({ name: 'alice' }))
  const mallory = stack.use(await RawPeer.start({ privateKey: mallorysKey.key }))
  await befriend(alice, bob)
  await bob.events.waitFor('Alice to be known', events => events.some(event => event.type === 'instance' && event.peerId === alice.peerId))
  const stream = await mallory.open(bob.address)
  const owned = stack.move()
  return { alice, bob, mallory, stream, clock, [Symbol.asyncDispose]: async () => { await owned.disposeAsync() } }
}

/** Waits until everything that was written before has been read. */
export async function read(stream: RawStream): Promise<void> {
  await stream.ackOf(stream.send({ text: 'have you read it?' }))
}
