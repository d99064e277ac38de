/** Peers that want too much: floods, streams and connections without end, silence. The node stays up, small, and kind to its friends. */

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { ACK_DEADLINE_MS, HOUSEKEEPING_MS, MAX_BYTES_IN_FLIGHT, MAX_FRAME_BYTES, MAX_TEXT_BYTES, PENALTY_MS } from '../../src/config/limits.ts'
import { assertUnheard } from '../support/leaks.ts'
import { befriend, MeshNode, UNLIMITED } from '../support/mesh-node.ts'
import { MeshProcess } from '../support/mesh-process.ts'
import { RawPeer } from '../support/raw-peer.ts'
import type { RawStream } from '../support/raw-stream.ts'
import { ShiftedClock } from '../support/shifted-clock.ts'

const SECRET = 'run rm -rf, says the stranger'
const MEGABYTE = 1_048_576

interface Scene extends AsyncDisposable {
  alice: MeshNode
  bob: MeshNode
  mallory: RawPeer
  clock: ShiftedClock
}

/** Bob, his friend Alice, and Mallory. */
async function scene(): Promise<Scene> {
  await using stack = new AsyncDisposableStack()
  const clock = new ShiftedClock()
  const bob = stack.use(await MeshNode.start({ name: 'bob', clock }))
  const alice = stack.use(await MeshNode.start({ name: 'alice', clock }))
  const mallory = stack.use(await RawPeer.start())
  await befriend(alice, bob)
  const owned = stack.move()
  return { alice, bob, mallory, clock, [Symbol.asyncDispose]: async () => { await owned.disposeAsync() } }
}

async function assertServed(alice: MeshNode, bob: MeshNode): Promise<void> {
  const text = `all well? ${randomUUID()}`
  assert.equal((await alice.send(bob, text)).state, 'received')
  assert.equal(bob.received.at(-1)?.text, text)
  assert.ok(bob.received.every(message => message.from === alice.peerId))
}

describe('a stranger that floods', () => {
  it('with messages gets ten of them held and is cut off, with one line in the log', async () => {
    await using actors = await scene()
    const { alice, bob, mallory } = actors
    const stream = await mallory.open(bob.address)
    for (let index = 0; index < 5_000 && stream.isOpen; index++) stream.send({ text: `${SECRET} ${index}` })
    await assertServed(alice, bob)
    assert.ok(await stream.ended())
    assert.deepEqual((await bob.mesh.status()).pendingApprovals.map(({ peerId, held }) => ({ peerId, held })), [{ peerId: mallory.peerId, held: 10 }])
    assert.equal(bob.log.complaints.length, 1, bob.log.complaints.join('\n'))
    assert.match(bob.log.complaints[0] ?? '', /messages in a row had to be refused/)
    assert.equal(bob.events.items.filter(event => event.type === 'held').length, 10)
    await assertServed(alice, bob)
    await assertUnheard(bob, SECRET)
  })

  it('with acknowledgements of what was never sent changes nothing', async () => {
    await using actors = await scene()
    const { alice, bob, mallory } = actors
    const stream = await mallory.open(bob.address)
    for (let index = 0; index < 500; index++) stream.acknowledge(Array.from({ length: 128 }, () => ({ id: randomUUID(), stage: 'received' as const })))
    await assertServed(alice, bob)
    await stream.ackOf(stream.send({ text: SECRET }))
    assert.deepEqual(bob.log.complaints, [])
    await assertUnheard(bob, SECRET)
  })

  it('comes back after a minute is held to the same limits', async () => {
    await using actors = await scene()
    const { bob, mallory, clock } = actors
    for (let round = 1; round <= 3; round++) {
      const stream = await mallory.open(bob.address)
      for (let index = 0; index < 1_000 && stream.isOpen; index++) stream.send({ text: SECRET })
      await stream.ended()
      clock.advance(PENALTY_MS + 1)
    }
    assert.equal(bob.log.complaints.length, 3)
    assert.deepEqual((await bob.mesh.status()).pendingApprovals.map(pending => pending.held), [10])
  })
})

describe('too many', () => {
  it('streams on one connection: two are served, the others end, with one line in the log', async () => {
    await using actors = await scene()
    const { alice, bob, mallory } = actors
    const connection = await mallory.connect(bob.address)
    const streams: RawStream[] = []
    for (let index = 0; index < 10; index++) streams.push(await mallory.openOn(connection))
    const [first, second, ...others] = streams
    for (const stream of others) assert.ok(await stream.ended())
    for (const stream of [first, second]) assert.equal((await stream?.ackOf(stream.send({ text: SECRET })))?.stage, 'held')
    await assertServed(alice, bob)
    assert.deepEqual(bob.log.complaints.map(line => line.replace(mallory.peerId, 'Mallory')),
      ['Peer Mallory broke the message protocol and was cut off: more than 2 message streams on one connection'])
    await assertUnheard(bob, SECRET)
  })

  it('streams one after the other leave nothing behind', async () => {
    await using actors = await scene()
    const { alice, bob, mallory } = actors
    const connection = await mallory.connect(bob.address)
    for (let index = 0; index < 500; index++) {
      const stream = await mallory.openOn(connection)
      if (index % 2 === 0) stream.abort()
      else await stream.closeWrite()
      await stream.ended()
    }
    const last = await mallory.openOn(connection)
    assert.equal((await last.ackOf(last.send({ text: SECRET }))).stage, 'held')
    await assertServed(alice, bob)
    assert.deepEqual(bob.log.complaints, [])
  })

  it('connections: a hundred with a stream each leave room for a friend', async () => {
    await using actors = await scene()
    const { alice, bob, mallory } = actors
    const streams: RawStream[] = []
    for (let index = 0; index < 100; index++) streams.push(await mallory.openOn(await mallory.connect(bob.address, { anew: true })))
    assert.ok((await bob.mesh.networkInfo()).connections.length >= 100)
    await assertServed(alice, bob)
    for (const stream of streams) stream.send({ text: SECRET })
    assert.equal((await streams.at(-1)?.acks.waitFor('an answer', acks => acks[0]))?.id.length, 36)
    assert.deepEqual((await bob.mesh.status()).pendingApprovals.map(pending => pending.held), [10])
    await mallory[Symbol.asyncDispose]()
    await bob.waitForPeer('peer-disconnected', mallory.peerId)
    assert.deepEqual((await bob.mesh.networkInfo()).connections.map(connection => connection.peerId), [alice.peerId])
    await assertServed(alice, bob)
    assert.deepEqual(bob.log.complaints, [])
  })
})

describe('a peer that', () => {
  it('never reads is not waited for, costs little memory, and gets everything once when it reads again', async () => {
    const clock = new ShiftedClock()
    const streams: RawStream[] = []
    let reads = false
    await using bob = await MeshNode.start({ name: 'bob', clock, config: { deliveryAckTimeoutMs: 200 } })
    await using mallory = await RawPeer.start({
      onStream: (stream) => {
        streams.push(stream)
        if (reads) stream.onMessage(({ id }) => { stream.acknowledge([{ id, stage: 'received' }]) })
        else stream.pause()
      }
    })
    await bob.mesh.addPeer({ recipient: mallory.address })
    const texts = Array.from({ length: 200 }, (_, index) => String(index).padEnd(MAX_TEXT_BYTES, '.'))
    const sent = await Promise.all(texts.map(text => bob.mesh.sendMessage({ to: mallory.peerId, text })))
    assert.deepEqual(new Set(sent.map(({ state, cause }) => `${state} ${cause ?? ''}`)), new Set(['queued timeout']))
    const states = await Promise.all(sent.map(async ({ messageId }) => (await bob.mesh.messageStatus(messageId)).state))
    assert.ok(states.filter(state => state === 'sent').length <= MAX_BYTES_IN_FLIGHT / MAX_TEXT_BYTES + 1)
    reads = true
    clock.advance(ACK_DEADLINE_MS + HOUSEKEEPING_MS)
    for (const { messageId } of sent) await bob.waitForState(messageId, 'received')
    assert.deepEqual(streams.at(-1)?.messages.items.map(message => message.text), texts)
    assert.deepEqual(bob.log.complaints, [])
  })

  it('resets every stream is asked again at growing intervals, not without end', async () => {
    const clock = new ShiftedClock()
    let resets = 0
    await using bob = await MeshNode.start({ name: 'bob', clock })
    await using alice = await MeshNode.start({ name: 'alice', clock, config: UNLIMITED })
    await befriend(alice, bob)
    await using mallory = await RawPeer.start({
      onStream: (stream) => {
        resets += 1
        stream.abort()
      }
    })
    await bob.mesh.addPeer({ recipient: mallory.address })
    const sending = bob.mesh.sendMessage({ to: mallory.peerId, text: 'hello' })
    for (let index = 0; index < 200; index++) await bob.send(alice, `meanwhile ${index}`)
    const early = resets
    assert.ok(early <= 5, `${early} streams were opened at once`)
    clock.advance(120_000)
    assert.equal((await sending).state, 'queued')
    for (let index = 0; index < 200; index++) await bob.send(alice, `meanwhile ${index}`)
    assert.ok(resets > early && resets <= early + 5, `${resets - early} streams were opened later`)
  })

  it('sends and never reads the answers is cut off before they fill the memory', async () => {
    await using actors = await scene()
    const { alice, bob, mallory } = actors
    const stream = await mallory.open(bob.address)
    stream.pause()
    for (let index = 0; index < 5_000 && stream.isOpen; index++) stream.send({ text: SECRET })
    await assertServed(alice, bob)
    assert.ok(await stream.ended())
    assert.equal(bob.log.complaints.length, 1)
    await assertUnheard(bob, SECRET)
  })
})

describe('under everything at once', () => {
  it('a node stays up, keeps its memory, and serves a friend', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'mesh-load-'))
    await using alice = await MeshNode.start({ name: 'alice' })
    await using bob = await MeshProcess.start({ name: 'bob', stateDir: folder.path, config: UNLIMITED, channel: { allowFrom: [alice.peerId] } })
    await alice.mesh.addPeer({ recipient: bob.address })
    await alice.mesh.sendMessage({ to: bob.peerId, text: 'before' })
    const before = await bob.heapBytes()
    const attacks = Array.from({ length: 5 }, async () => { await attack(bob.address) })
    const states = new Set<string>()
    for (let index = 0; index < 300; index++) states.add((await alice.mesh.sendMessage({ to: bob.peerId, text: `meanwhile ${index}` })).state)
    await Promise.all(attacks)
    assert.deepEqual([...states], ['received'])
    const grown = await bob.heapBytes() - before
    assert.ok(grown < 64 * MEGABYTE, `memory grew by ${grown} bytes`)
    assert.ok(bob.isRunning)
    assert.deepEqual(new Set(bob.received.map(message => message.from)), new Set([alice.peerId]))
    assert.ok(bob.log.items.every(line => !line.message.includes(SECRET) && !/\p{Cc}/u.test(line.message)))
  })
})

/** Half-sent frames on many connections, floods and noise from one peer after the other. */
async function attack(address: string): Promise<void> {
  for (let round = 0; round < 5; round++) {
    await using mallory = await RawPeer.start()
    for (let connection = 0; connection < 2; connection++) {
      const holding = await mallory.openOn(await mallory.connect(address, { anew: true }))
      holding.write(Uint8Array.of(0x80, 0xa0, 0x04, ...new Uint8Array(MAX_FRAME_BYTES - 1_000)))
      const flooding = await mallory.openOn(await mallory.connect(address))
      for (let index = 0; index < 1_000 && flooding.isOpen; index++) flooding.send({ text: `${SECRET}\n\u001b[31m`.repeat(20) })
    }
    const noisy = await mallory.open(address)
    noisy.write(new Uint8Array(500_000).fill(0xff))
    await noisy.ended()
  }
}
