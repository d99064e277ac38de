/** Bytes on a message stream that no honest peer writes: the peer is cut off with one line in the log, and nobody else notices. */

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { MAX_FRAME_BYTES, MAX_PARTIAL_FRAME_MS, MAX_TEXT_BYTES, PENALTY_MS } from '../../src/config/limits.ts'
import { Frame, type Envelope } from '../../src/protocols/pb/message.ts'
import { encodeAcks, encodeMessage } from '../../src/protocols/wire-message.ts'
import { assertUnheard } from '../support/leaks.ts'
import { befriend, MeshNode } from '../support/mesh-node.ts'
import { RawPeer } from '../support/raw-peer.ts'
import { framed, wireMessage, type RawStream } from '../support/raw-stream.ts'
import { ShiftedClock } from '../support/shifted-clock.ts'

const SECRET = 'run rm -rf, says the stranger'
const ID = randomBytes(16)

interface Case {
  name: string
  /** In the one line that the log gets. */
  says: RegExp
  bytes: Uint8Array
}

function varint(value: number): Uint8Array {
  const bytes = []
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Uint8Array.of(...bytes, rest)
    bytes.push(rest % 128 | 128)
  }
}

function envelope(fields: Partial<Envelope>): Uint8Array {
  return framed(Frame.encode({ message: { id: ID, kind: 0, hops: 0, ttlMs: 60_000, text: SECRET, ...fields }, acks: [] }))
}

/** Random bytes with a length before them that fits. */
const nonsense = (): Uint8Array => framed(Uint8Array.of(0xff, ...randomBytes(200)))

const CASES: Case[] = [
  { name: 'the length of a frame that is too long', says: /message length/i, bytes: varint(MAX_FRAME_BYTES + 1) },
  { name: 'a length without an end', says: /message length/i, bytes: new Uint8Array(64).fill(0xff) },
  { name: 'a length of many gigabytes', says: /message length/i, bytes: varint(2 ** 40) },
  { name: 'a frame of random bytes', says: /not a protobuf frame/, bytes: nonsense() },
  { name: 'an empty message', says: /message ID of 0 bytes/, bytes: framed(Frame.encode({ message: { id: new Uint8Array(0), kind: 0, hops: 0, ttlMs: 0, text: '' }, acks: [] })) },
  { name: 'a message of no known kind', says: /unknown message kind 99/, bytes: envelope({ kind: 99 }) },
  { name: 'a message with a short ID', says: /message ID of 3 bytes/, bytes: envelope({ id: randomBytes(3) }) },
  { name: 'a message that answers half an ID', says: /message ID of 8 bytes/, bytes: envelope({ inReplyTo: randomBytes(8) }) },
  { name: 'a text that is too long', says: /text longer than 65536 bytes/, bytes: envelope({ text: SECRET.padEnd(MAX_TEXT_BYTES + 1, '!') }) },
  { name: 'a conversation ID that is too long', says: /conversation/, bytes: envelope({ conversation: SECRET.repeat(100) }) },
  { name: 'an acknowledgement of no known stage', says: /unknown acknowledgement stage 7/, bytes: framed(Frame.encode({ acks: [{ id: ID, stage: 7, deliveries: [] }] })) },
  {
    name: 'an acknowledgement with a forged log line for a code', says: /malformed error code/,
    bytes: framed(Frame.encode({ acks: [{ id: ID, stage: 0, code: `X\n[libp2p-mesh] ${SECRET}`, deliveries: [] }] }))
  },
  {
    name: 'a message and an acknowledgement in one frame', says: /one thing only/,
    bytes: framed(Uint8Array.of(...encodeMessage(wireMessage({ text: SECRET })), ...encodeAcks([{ id: wireMessage().id, stage: 'received' }])))
  }
]

/** Bob, his friend Alice, and Mallory's stream to Bob. */
async function scene(): Promise<AsyncDisposable & { alice: MeshNode, bob: MeshNode, mallory: RawPeer, stream: RawStream, clock: ShiftedClock }> {
  await using stack = new AsyncDisposableStack()
  const clock = new ShiftedClock()
  const bob = stack.use(await MeshNode.start({ name: 'bob', clock }))
  const alice = stack.use(await MeshNode.start({ name: 'alice', clock }))
  const mallory = stack.use(await RawPeer.start())
  await befriend(alice, bob)
  const stream = await mallory.open(bob.address)
  const owned = stack.move()
  return { alice, bob, mallory, stream, clock, [Symbol.asyncDispose]: async () => { await owned.disposeAsync() } }
}

/** Mallory was cut off with one line, Bob's friends are served, and nothing came of it. */
async function assertCutOff(bob: MeshNode, alice: MeshNode, offence: { mallory: RawPeer, says: RegExp }): Promise<void> {
  assert.equal((await alice.send(bob, 'all well?')).state, 'received')
  assert.equal(bob.log.complaints.length, 1, bob.log.complaints.join('\n'))
  assert.match(bob.log.complaints[0] ?? '', /broke the message protocol and was cut off/)
  assert.match(bob.log.complaints[0] ?? '', offence.says)
  assert.ok(bob.log.complaints[0]?.includes(offence.mallory.peerId))
  assert.deepEqual(bob.received.map(message => message.text), ['all well?'])
  assert.equal((await bob.mesh.inbox({ audience: 'owner' })).messages.length, 1)
  await assertUnheard(bob, SECRET)
}

describe('a peer that writes', () => {
  for (const { name, says, bytes } of CASES) {
    it(`${name} is cut off`, async () => {
      await using actors = await scene()
      const { alice, bob, mallory, stream } = actors
      stream.write(bytes)
      assert.ok(await stream.ended())
      await assertCutOff(bob, alice, { mallory, says })
    })
  }

  it('nothing but noise is cut off', async () => {
    await using actors = await scene()
    const { alice, bob, mallory, stream } = actors
    stream.write(Buffer.concat([Uint8Array.of(1), randomBytes(2 * MAX_FRAME_BYTES)]))
    assert.ok(await stream.ended())
    await assertCutOff(bob, alice, { mallory, says: /./ })
  })

  it('half a frame and then ends the stream is cut off', async () => {
    await using actors = await scene()
    const { alice, bob, mallory, stream } = actors
    stream.write(framed(encodeMessage(wireMessage({ text: SECRET }))).subarray(0, -1))
    await stream.closeWrite()
    await stream.ended()
    await assertCutOff(bob, alice, { mallory, says: /middle of a frame/ })
  })

  it('a frame so slowly that it never ends is cut off after 30 s', async () => {
    await using actors = await scene()
    const { alice, bob, mallory, stream, clock } = actors
    const answered = stream.send({ text: 'a complete one first' })
    await stream.ackOf(answered)
    const frame = framed(encodeMessage(wireMessage({ text: SECRET })))
    for (const byte of frame.subarray(0, 20)) {
      stream.write(Uint8Array.of(byte))
      await alice.mesh.ping(bob.peerId)
      clock.advance(Math.ceil(MAX_PARTIAL_FRAME_MS / 19))
    }
    assert.ok(await stream.ended())
    await bob.mesh.removePeer(mallory.peerId)
    await assertCutOff(bob, alice, { mallory, says: /not complete after 30000 ms/ })
  })

  it('empty frames without end is cut off after 30 s', async () => {
    await using actors = await scene()
    const { alice, bob, mallory, stream, clock } = actors
    for (let index = 0; index < 4; index++) {
      stream.write(new Uint8Array(50_000))
      await alice.mesh.ping(bob.peerId)
      clock.advance(MAX_PARTIAL_FRAME_MS / 3)
    }
    assert.ok(await stream.ended())
    await assertCutOff(bob, alice, { mallory, says: /not complete/ })
  })
})

describe('a peer that was cut off', () => {
  it('is not served for a minute, without another line, and then like anybody', async () => {
    await using actors = await scene()
    const { alice, bob, mallory, stream, clock } = actors
    stream.write(nonsense())
    await stream.ended()
    for (let index = 0; index < 10; index++) {
      const again = await mallory.open(bob.address)
      again.send({ text: SECRET })
      assert.ok(await again.ended())
    }
    await assertCutOff(bob, alice, { mallory, says: /not a protobuf frame/ })
    clock.advance(PENALTY_MS + 1)
    const later = await mallory.open(bob.address)
    assert.equal((await later.ackOf(later.send({ text: SECRET }))).stage, 'held')
    assert.equal(bob.log.complaints.length, 1)
  })
})
