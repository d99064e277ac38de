/** Peers that come to an invitation, or to a guest, with something else than the protocol has in mind. */

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import type { PeerId, Stream } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { MAX_INVITE_FRAME_BYTES, MAX_JOIN_ATTEMPTS } from '../../src/config/invite-limits.ts'
import { InviteChannel, type InviteAnswer, type InviteHello } from '../../src/protocols/invite-frames.ts'
import { INVITE_PROTOCOL } from '../../src/protocols/invite-protocol.ts'
import { inviteKeys, inviteProof } from '../../src/trust/invite-proof.ts'
import { formatTicket, parseTicket } from '../../src/trust/ticket.ts'
import { failure, MeshNode } from '../support/mesh-node.ts'
import { RawPeer } from '../support/raw-peer.ts'
import { Recorder } from '../support/recorder.ts'

const signal = AbortSignal.timeout(120_000)

interface Scene extends AsyncDisposable {
  alice: MeshNode
  mallory: RawPeer
  ticket: string
}

/** Alice with a ticket that is still good, and Mallory. */
async function scene(): Promise<Scene> {
  await using stack = new AsyncDisposableStack()
  const alice = stack.use(await MeshNode.start({ name: 'alice' }))
  const mallory = stack.use(await RawPeer.start())
  const { ticket } = await alice.mesh.createInvite({})
  const owned = stack.move()
  return { alice, mallory, ticket, [Symbol.asyncDispose]: async () => { await owned.disposeAsync() } }
}

async function openStream(mallory: RawPeer, alice: MeshNode): Promise<Stream> {
  return await (await mallory.connect(alice.address)).newStream(INVITE_PROTOCOL)
}

interface Attempt {
  /** Who the proof says to be. */
  joiner: PeerId
  hello: InviteHello
  key: Uint8Array
  /** In place of the inviter's. */
  challenge?: Uint8Array
}

function attemptWith(ticket: string, peer: RawPeer, more: Partial<Attempt> = {}): Attempt {
  const { id, key } = inviteKeys(parseTicket(ticket).secret)
  return { joiner: peerIdFromString(peer.peerId), hello: { invitationId: id, nonce: randomBytes(32) }, key, ...more }
}

function proofOf({ joiner, hello, key, challenge }: Attempt, alice: MeshNode, inviterNonce: Uint8Array): { mac: Uint8Array, name: string } {
  const transcript = { inviter: peerIdFromString(alice.peerId), joiner, joinerNonce: hello.nonce, inviterNonce: challenge ?? inviterNonce }
  return { mac: inviteProof(key, transcript, { role: 'joiner', name: 'mallory' }), name: 'mallory' }
}

/** Goes through the exchange; returns the answer and the nonce of the other side. */
async function come(mallory: RawPeer, alice: MeshNode, attempt: Attempt): Promise<{ answer: InviteAnswer, nonce: Uint8Array }> {
  const channel = new InviteChannel(await openStream(mallory, alice))
  await channel.write({ kind: 'hello', hello: attempt.hello }, { signal })
  const { nonce } = await channel.read(['challenge'], { signal })
  await channel.write({ kind: 'proof', proof: proofOf(attempt, alice, nonce) }, { signal })
  const answer = await channel.read(['welcome', 'refusal'], { signal })
  await channel.close({ signal })
  return { answer, nonce }
}

async function isStillGood(alice: MeshNode, ticket: string): Promise<void> {
  await using bob = await MeshNode.start({ name: 'bob' })
  await bob.mesh.joinInvite({ ticket })
  assert.deepEqual((await alice.mesh.listPeers()).filter(peer => peer.approved).map(peer => peer.peerId), [bob.peerId])
}

describe('a guest', () => {
  it('that repeats a proof of somebody else, or an old one of its own, is turned away and uses nothing up', async () => {
    await using actors = await scene()
    const { alice, mallory, ticket } = actors
    await using victim = await RawPeer.start()
    const refused = { kind: 'refusal', reason: 'forged', retryAfterMs: 0 }
    const stolen = attemptWith(ticket, mallory, { joiner: peerIdFromString(victim.peerId) })
    assert.deepEqual((await come(mallory, alice, stolen)).answer, refused)
    const { answer, nonce } = await come(mallory, alice, attemptWith(ticket, mallory, { key: randomBytes(32) }))
    assert.deepEqual(answer, refused)
    assert.deepEqual((await come(mallory, alice, attemptWith(ticket, mallory, { challenge: nonce }))).answer, refused)
    await isStillGood(alice, ticket)
  })

  it('that got no answer comes again in the same exchange, and in no other', async () => {
    await using actors = await scene()
    const { alice, mallory, ticket } = actors
    const attempt = attemptWith(ticket, mallory)
    const stream = await openStream(mallory, alice)
    const channel = new InviteChannel(stream)
    await channel.write({ kind: 'hello', hello: attempt.hello }, { signal })
    const { nonce } = await channel.read(['challenge'], { signal })
    await channel.write({ kind: 'proof', proof: proofOf(attempt, alice, nonce) }, { signal })
    await alice.events.waitFor('the guest', events => events.some(event => event.type === 'joined'))
    stream.abort(new Error('the cable was pulled'))
    assert.equal((await come(mallory, alice, attempt)).answer.kind, 'welcome')
    assert.deepEqual((await come(mallory, alice, attemptWith(ticket, mallory))).answer, { kind: 'refusal', reason: 'used', retryAfterMs: 0 })
  })

  it('that says nothing, stops in the middle or writes nonsense keeps nobody out', async () => {
    await using actors = await scene()
    const { alice, mallory, ticket } = actors
    const silent = await openStream(mallory, alice)
    const half = await openStream(mallory, alice)
    half.send(Uint8Array.of(50, 1, 2, 3))
    await using other = await RawPeer.start()
    const tooLong = Uint8Array.of(0x80 | MAX_INVITE_FRAME_BYTES + 1 & 0x7f, MAX_INVITE_FRAME_BYTES + 1 >> 7)
    for (const bytes of [new Uint8Array(64).fill(0xff), tooLong, Uint8Array.of(3, 0x12, 1, 1)]) {
      const stream = await openStream(other, alice)
      const ended = new Recorder<true>()
      stream.addEventListener('close', () => { ended.add(true) })
      stream.send(bytes)
      await ended.waitFor('the stream to be cut', ends => ends[0])
    }
    await isStillGood(alice, ticket)
    assert.deepEqual([silent.status, half.status], ['open', 'open'])
    await alice.stop()
  })
})

describe('an inviter', () => {
  /** A ticket that leads to Mallory. */
  function ticketOf(mallory: RawPeer): string {
    const addresses = [multiaddr(mallory.address.replace(/\/p2p\/.*$/, ''))]
    return formatTicket({ peerId: peerIdFromString(mallory.peerId), secret: randomBytes(16), expiresAt: Date.now() + 60_000, addresses }).text
  }

  it('that welcomes without knowing the secret is not believed', async () => {
    await using mallory = await RawPeer.start()
    await using bob = await MeshNode.start({ name: 'bob' })
    await mallory.serve(INVITE_PROTOCOL, async (stream) => {
      const channel = new InviteChannel(stream)
      await channel.read(['hello'], { signal })
      await channel.write({ kind: 'challenge', nonce: randomBytes(32) }, { signal })
      const { proof } = await channel.read(['proof'], { signal })
      await channel.write({ kind: 'welcome', proof: { mac: proof.mac, name: 'alice' } }, { signal })
    })
    assert.equal((await failure(bob.mesh.joinInvite({ ticket: ticketOf(mallory) }), 'INVALID_TICKET')).reason, 'forged')
    assert.ok((await bob.mesh.listPeers()).every(peer => !peer.approved && peer.alias === undefined))
  })

  it('that breaks off is asked again in the same exchange, a few times', async () => {
    await using mallory = await RawPeer.start()
    await using bob = await MeshNode.start({ name: 'bob' })
    const nonces: string[] = []
    await mallory.serve(INVITE_PROTOCOL, async (stream) => {
      const { hello } = await new InviteChannel(stream).read(['hello'], { signal })
      nonces.push(Buffer.from(hello.nonce).toString('hex'))
      stream.abort(new Error('enough'))
    })
    assert.equal((await failure(bob.mesh.joinInvite({ ticket: ticketOf(mallory) }), 'UNREACHABLE')).reason, 'closed')
    assert.equal(nonces.length, MAX_JOIN_ATTEMPTS)
    assert.equal(new Set(nonces).size, 1)
  })

  it('that knows no tickets is said to be of another version', async () => {
    await using mallory = await RawPeer.start()
    await using bob = await MeshNode.start({ name: 'bob' })
    assert.equal((await failure(bob.mesh.joinInvite({ ticket: ticketOf(mallory) }), 'UNREACHABLE')).reason, 'unsupported')
  })

  it('that answers with a fault, and with a time to wait, is understood', async () => {
    await using mallory = await RawPeer.start()
    await using bob = await MeshNode.start({ name: 'bob' })
    const answers: InviteAnswer[] = [{ kind: 'refusal', reason: 'fault', retryAfterMs: 0 }, { kind: 'refusal', reason: 'busy', retryAfterMs: 1_234 }]
    await mallory.serve(INVITE_PROTOCOL, async (stream) => {
      const channel = new InviteChannel(stream)
      await channel.read(['hello'], { signal })
      await channel.write(answers.shift() ?? assert.fail('asked once too often'), { signal })
    })
    assert.equal((await failure(bob.mesh.joinInvite({ ticket: ticketOf(mallory) }), 'RATE_LIMITED')).retryAfterMs, 1_234)
  })
})
