/** What goes wrong has one code and one cause, the same for the agent's tool, for the command and in the log. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { describe, it } from 'node:test'
import { MAX_TEXT_BYTES } from '../../src/config/limits.ts'
import type { MeshApi } from '../../src/mesh-api.ts'
import { dialError } from '../../src/node/dial-error.ts'
import type { Operation, Outcome } from '../../src/openclaw/operations/definition.ts'
import { sendInstance } from '../../src/openclaw/operations/instances.ts'
import { messageStatus, send } from '../../src/openclaw/operations/messages.ts'
import { ping } from '../../src/openclaw/operations/peers.ts'
import { FakeHost } from '../support/fake-host.ts'
import { FakeMesh, PEER } from '../support/fake-mesh.ts'
import { befriend, MeshNode } from '../support/mesh-node.ts'
import { bob as nobody } from '../support/peers.ts'
import { ShiftedClock } from '../support/shifted-clock.ts'

interface Failure {
  code: string
  cause: string
  queued?: boolean
  state?: string
}

/** The operation as the agent's tool and as the owner's command: both say the same, and the log does. */
async function fails(mesh: MeshApi, [operation, params]: [Operation, object], expected: Failure): Promise<number[]> {
  const waits: number[] = []
  for (const audience of ['agent', 'owner'] as const) {
    const host = new FakeHost()
    const { details, text }: Outcome = await operation.run({ mesh, host, audience, hops: 0 }, params)
    if (details.ok) return assert.fail(`expected ${expected.code}, got ${text}`)
    const { error: { code, cause, retryAfterMs = 0, message }, queued, state } = details
    assert.deepEqual({ code, cause, queued, state }, { queued: undefined, state: undefined, ...expected }, message)
    assert.equal(text.split('\n')[0], `${expected.code} (${expected.cause}): ${message}`)
    assert.deepEqual(host.log.matching(/./), [`${operation.name} failed: ${expected.code} (${expected.cause}): ${message}`])
    waits.push(retryAfterMs)
  }
  return waits
}

const letter = (to: string): object => ({ to, message: 'hello' })

interface Scene {
  alice: MeshNode
  bob: MeshNode
  clock: ShiftedClock
}

/** Two friends on one clock. */
async function withFriends(play: (scene: Scene) => Promise<void>): Promise<void> {
  const clock = new ShiftedClock()
  await using alice = await MeshNode.start({ name: 'alice', clock, config: { messageTtlMs: 3_600_000, deliveryAckTimeoutMs: 5_000 } })
  await using bob = await MeshNode.start({ name: 'bob', clock, config: { rateLimit: { approvedPerMinute: 2 } } })
  await befriend(alice, bob)
  await play({ alice, bob, clock })
}

async function withAbsent(play: (scene: Scene) => Promise<void>): Promise<void> {
  await withFriends(async (scene) => {
    await scene.bob.stop()
    await scene.alice.waitForPeer('peer-disconnected', scene.bob.peerId)
    await play(scene)
  })
}

const table: Record<string, () => Promise<void>> = {
  'a refused connection': async () => {
    await withAbsent(async ({ alice, bob }) => { await fails(alice.mesh, [ping, { to: bob.peerId }], { code: 'UNREACHABLE', cause: 'refused' }) })
  },
  'a peer that never answers': async () => {
    const sockets = new Set<Socket>()
    const server = createServer((socket) => { sockets.add(socket) }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    await using alice = await MeshNode.start()
    using cleanup = new DisposableStack()
    cleanup.defer(() => {
      server.close()
      for (const socket of sockets) socket.destroy()
    })
    await fails(alice.mesh, [ping, { to: `/ip4/127.0.0.1/tcp/${String(port)}/p2p/${nobody.toString()}` }], { code: 'UNREACHABLE', cause: 'timeout' })
  },
  'a message to a peer that is offline': async () => {
    await withAbsent(async ({ alice, bob }) => {
      await fails(alice.mesh, [sendInstance, letter(bob.peerId)], { code: 'UNREACHABLE', cause: 'refused', queued: true, state: 'queued' })
      const { details } = await send.run({ mesh: alice.mesh, host: new FakeHost(), audience: 'agent', hops: 0 }, letter(bob.peerId))
      assert.deepEqual([details.ok, details['state' as keyof typeof details], details['cause' as keyof typeof details]], [true, 'queued', 'refused'])
    })
  },
  'a network without a route': async () => {
    const mesh = new FakeMesh()
    mesh.ping = async () => { throw dialError(PEER, Object.assign(new Error('connect ENETUNREACH'), { code: 'ENETUNREACH' })) }
    await fails(mesh, [ping, { to: PEER }], { code: 'UNREACHABLE', cause: 'no-route' })
  },
  'a peer without an address': async () => {
    await using alice = await MeshNode.start()
    await alice.mesh.addPeer({ recipient: nobody.toString() })
    await fails(alice.mesh, [ping, { to: nobody.toString() }], { code: 'UNREACHABLE', cause: 'no-address' })
  },
  'another key at the address': async () => {
    await withFriends(async ({ alice, bob }) => {
      const [place = ''] = bob.address.split('/p2p/')
      await fails(alice.mesh, [ping, { to: `${place}/p2p/${nobody.toString()}` }], { code: 'UNREACHABLE', cause: 'wrong-key' })
    })
  },
  'a peer that is blocked here': async () => {
    await withFriends(async ({ alice, bob }) => {
      await alice.mesh.blockPeer(bob.peerId)
      await fails(alice.mesh, [send, letter(bob.peerId)], { code: 'BLOCKED', cause: 'by-us' })
    })
  },
  'a peer that blocked us': async () => {
    await withFriends(async ({ alice, bob }) => {
      await bob.mesh.blockPeer(alice.peerId)
      await fails(alice.mesh, [send, letter(bob.peerId)], { code: 'BLOCKED', cause: 'by-recipient', queued: false, state: 'failed' })
      assert.equal(alice.log.matching(/^Message \S+ to \S+ is failed: BLOCKED \(by-recipient\): /, 'info').length, 2)
    })
  },
  'a message too many': async () => {
    await withFriends(async ({ alice, bob, clock }) => {
      for (const text of ['one', 'two']) await alice.send(bob, text)
      const waits = await fails(alice.mesh, [sendInstance, letter(bob.peerId)], { code: 'RATE_LIMITED', cause: 'rate-limited', queued: true, state: 'queued' })
      for (const waitMs of waits) assert.ok(waitMs > 20_000 && waitMs <= 30_000, `retry after ${waitMs} ms`)
      clock.advance(10_000)
      const later = await alice.send(bob, 'later')
      assert.deepEqual([later.state, later.cause], ['queued', 'rate-limited'])
      assert.ok((later.retryAfterMs ?? 0) > 10_000 && (later.retryAfterMs ?? 0) <= 20_000, `retry after ${String(later.retryAfterMs)} ms`)
    })
  },
  'a text that is too large': async () => {
    await withFriends(async ({ alice, bob }) => {
      await fails(alice.mesh, [send, { to: bob.peerId, message: 'x'.repeat(MAX_TEXT_BYTES + 1) }], { code: 'TOO_LARGE', cause: 'text' })
    })
  },
  'a message that expired': async () => {
    await withAbsent(async ({ alice, bob, clock }) => {
      const { messageId } = await alice.send(bob, 'hello')
      clock.advance(3_700_000)
      await alice.waitForState(messageId, 'expired')
      const { details, text } = await messageStatus.run({ mesh: alice.mesh, host: new FakeHost(), audience: 'agent', hops: 0 }, { messageId })
      const { error } = details as { error?: object }
      const message = 'the message was not delivered within its time to live'
      assert.deepEqual(error, { code: 'EXPIRED', cause: 'time-to-live', message })
      assert.ok(text.includes(`EXPIRED (time-to-live): ${message}`), text)
      assert.deepEqual(alice.log.matching(/is expired/, 'info'), [`Message ${messageId} to ${bob.peerId} is expired: EXPIRED (time-to-live): ${message}`])
    })
  },
  'a message that waits for approval': async () => {
    await using alice = await MeshNode.start({ config: { deliveryAckTimeoutMs: 60_000 } })
    await using bob = await MeshNode.start()
    await fails(alice.mesh, [sendInstance, letter(bob.address)], { code: 'HELD_FOR_APPROVAL', cause: 'by-recipient', queued: false, state: 'held' })
  }
}

describe('the same code and cause in tool, command and log', () => {
  for (const [name, play] of Object.entries(table)) it(`for ${name}`, play)
})
