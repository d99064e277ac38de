/** Invite and join between real nodes: who is let in by a ticket, who is not, and what each side knows afterwards. */

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { multiaddr } from '@multiformats/multiaddr'
import { peerIdFromString } from '@libp2p/peer-id'
import { INVITE_TRIES_PER_PEER } from '../../src/config/invite-limits.ts'
import { formatTicket, parseTicket, type Ticket } from '../../src/trust/ticket.ts'
import { failure, MeshNode } from '../support/mesh-node.ts'
import { ShiftedClock } from '../support/shifted-clock.ts'

const MINUTE_MS = 60_000

interface Nodes extends AsyncDisposable {
  alice: MeshNode
  bob: MeshNode
  mallory: MeshNode
  /** Of all of them. */
  clock: ShiftedClock
}

async function threeNodes(): Promise<Nodes> {
  await using stack = new AsyncDisposableStack()
  const clock = new ShiftedClock()
  const start = async (name: string): Promise<MeshNode> => stack.use(await MeshNode.start({ name, clock }))
  const [alice, bob, mallory] = await Promise.all([start('alice'), start('bob'), start('mallory')])
  const owned = stack.move()
  return { alice, bob, mallory, clock, [Symbol.asyncDispose]: async () => { await owned.disposeAsync() } }
}

/** Why the ticket is no good for the node. */
async function refusal(node: MeshNode, ticket: string): Promise<string | undefined> {
  return (await failure(node.mesh.joinInvite({ ticket }), 'INVALID_TICKET')).reason
}

async function approvedBy(node: MeshNode): Promise<string[]> {
  return (await node.mesh.listPeers()).filter(peer => peer.approved).map(peer => peer.peerId)
}

async function aliasesOf(node: MeshNode): Promise<string[]> {
  return (await node.mesh.listPeers()).flatMap(({ alias }) => alias ?? [])
}

/** The ticket with something in it changed, as somebody would who can count checksums. */
function changed(ticket: string, change: Partial<Ticket>): string {
  return formatTicket({ ...parseTicket(ticket), ...change }).text
}

describe('a ticket', () => {
  it('makes two nodes approve and name each other, and shows both the same four words', async () => {
    await using nodes = await threeNodes()
    const { alice, bob } = nodes
    const { ticket, inviteId, peerId, addrs } = await alice.mesh.createInvite({ name: 'Bobby' })
    assert.deepEqual([peerId, `${addrs[0] ?? ''}/p2p/${alice.peerId}`], [alice.peerId, alice.address])
    const joined = await bob.mesh.joinInvite({ ticket })
    const { instanceId, agentId } = await alice.mesh.identity()
    assert.deepEqual(joined, { peerId: alice.peerId, agentId, alias: 'alice', instanceId, released: 0, safetyWords: joined.safetyWords })
    assert.equal(joined.safetyWords.length, 4)
    const event = await alice.events.waitFor('a guest', events => events.find(candidate => candidate.type === 'joined'))
    assert.deepEqual(event, { seq: event.seq, type: 'joined', peerId: bob.peerId, inviteId, alias: 'Bobby', safetyWords: joined.safetyWords })
    assert.deepEqual(await alice.mesh.safetyWords(bob.peerId), joined.safetyWords)
    assert.deepEqual(await bob.mesh.safetyWords(alice.peerId), joined.safetyWords)
    assert.equal((await alice.mesh.sendMessage({ to: 'bobby', text: 'hello' })).state, 'received')
    assert.equal((await bob.mesh.sendMessage({ to: 'alice', text: 'hello' })).state, 'received')
  })

  it('works as a link, under a name of the joiner\'s choice, and brings what either side was holding', async () => {
    await using nodes = await threeNodes()
    const { alice, bob } = nodes
    await bob.mesh.addPeer({ recipient: alice.address })
    const held = await Promise.all([bob.send(alice, 'from bob'), alice.send(bob, 'from alice')])
    assert.deepEqual(held.map(({ state }) => state), ['held', 'held'])
    const { uri } = await alice.mesh.createInvite({})
    const joined = await bob.mesh.joinInvite({ ticket: uri, name: 'Büro' })
    assert.deepEqual([joined.alias, joined.released], ['Büro', 1])
    assert.deepEqual(await aliasesOf(alice), ['bob'])
    await alice.waitForText('from bob')
    await bob.waitForText('from alice')
  })

  it('stays good over a restart, and what it led to too', async () => {
    await using nodes = await threeNodes()
    const { alice, bob, mallory } = nodes
    const { ticket } = await alice.mesh.createInvite({ name: 'Bobby' })
    await alice.stop()
    await alice.start()
    const { safetyWords } = await bob.mesh.joinInvite({ ticket })
    await alice.stop()
    await alice.start()
    assert.deepEqual(await approvedBy(alice), [bob.peerId])
    assert.deepEqual(await alice.mesh.safetyWords(bob.peerId), safetyWords)
    assert.equal(await refusal(mallory, ticket), 'used')
  })

  it('keeps an alias where another peer has the name, on either side', async () => {
    await using nodes = await threeNodes()
    const { alice, bob, mallory } = nodes
    for (const node of [alice, bob]) await node.mesh.addPeer({ recipient: mallory.peerId, alias: node === alice ? 'Bob' : 'ALICE' })
    const joined = await bob.mesh.joinInvite({ ticket: (await alice.mesh.createInvite({})).ticket })
    assert.equal(joined.alias, undefined)
    assert.deepEqual([await aliasesOf(alice), await aliasesOf(bob)], [['Bob'], ['ALICE']])
    assert.deepEqual((await alice.mesh.listPeers()).find(peer => peer.alias === 'Bob')?.peerId, mallory.peerId)
    assert.deepEqual([await approvedBy(alice), await approvedBy(bob)], [[bob.peerId], [alice.peerId]])
  })

  it('is not made, and not used up, for a name that another peer has', async () => {
    await using nodes = await threeNodes()
    const { alice, bob, mallory } = nodes
    for (const node of [alice, bob]) await node.mesh.addPeer({ recipient: mallory.peerId, alias: 'office' })
    await failure(alice.mesh.createInvite({ name: 'Office' }), 'PIN_MISMATCH')
    await failure(alice.mesh.createInvite({ name: '\u001b[2J' }), 'INVALID_ARGUMENT')
    const { ticket } = await alice.mesh.createInvite({})
    await failure(bob.mesh.joinInvite({ ticket, name: 'office' }), 'PIN_MISMATCH')
    await bob.mesh.joinInvite({ ticket, name: 'home' })
  })

  it('is good for a time between a second and a week', async () => {
    await using alice = await MeshNode.start({ name: 'alice' })
    for (const expiresInMs of [0, 999, 7 * 24 * 60 * MINUTE_MS + 1, NaN]) await failure(alice.mesh.createInvite({ expiresInMs }), 'INVALID_ARGUMENT')
    const { expiresAt } = await alice.mesh.createInvite({})
    assert.ok(expiresAt > Date.now() + 14 * MINUTE_MS && expiresAt <= Date.now() + 15 * MINUTE_MS + 1_000)
  })
})

describe('a ticket that is no good', () => {
  it('because it was used: by another peer, or by the same once before', async () => {
    await using nodes = await threeNodes()
    const { alice, bob, mallory } = nodes
    const { ticket } = await alice.mesh.createInvite({})
    await bob.mesh.joinInvite({ ticket })
    assert.equal(await refusal(mallory, ticket), 'used')
    assert.equal(await refusal(bob, ticket), 'used')
    assert.deepEqual([await approvedBy(alice), await approvedBy(mallory)], [[bob.peerId], []])
  })

  it('because somebody was faster by a moment: one of many is let in', async () => {
    await using nodes = await threeNodes()
    const { alice, bob, mallory } = nodes
    const { ticket } = await alice.mesh.createInvite({})
    const results = await Promise.allSettled([bob, mallory, bob, mallory].map(async node => node.mesh.joinInvite({ ticket })))
    assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1)
    assert.equal((await approvedBy(alice)).length, 1)
  })

  it('because its time is over, also where it says otherwise', async () => {
    await using nodes = await threeNodes()
    const { alice, bob, clock } = nodes
    const { ticket, expiresAt } = await alice.mesh.createInvite({ expiresInMs: 2 * MINUTE_MS })
    clock.advance(3 * MINUTE_MS)
    assert.equal(await refusal(bob, ticket), 'expired')
    assert.equal(await refusal(bob, changed(ticket, { expiresAt: expiresAt + 60 * MINUTE_MS })), 'expired')
    await alice.stop()
    assert.equal(await refusal(bob, ticket), 'expired')
    assert.deepEqual(await approvedBy(bob), [])
  })

  it('because it was made up: without the secret, without an invitation, or by the joiner itself', async () => {
    await using nodes = await threeNodes()
    const { alice, bob } = nodes
    const { ticket } = await alice.mesh.createInvite({})
    assert.equal(await refusal(bob, changed(ticket, { secret: randomBytes(16) })), 'forged')
    assert.equal(await refusal(bob, changed(ticket, { expiresAt: 0, secret: randomBytes(16) })), 'expired')
    assert.equal(await refusal(bob, (await bob.mesh.createInvite({})).ticket), 'own')
    assert.equal(await refusal(bob, ticket.slice(0, -1)), 'mistyped')
    assert.deepEqual([await approvedBy(alice), await approvedBy(bob)], [[], []])
    await bob.mesh.joinInvite({ ticket })
  })

  it('at a wrong peer, which learns nothing that would make it good', async () => {
    await using nodes = await threeNodes()
    const { alice, bob, mallory } = nodes
    const { ticket } = await alice.mesh.createInvite({})
    const astray = changed(ticket, { addresses: [multiaddr(mallory.address.replace(/\/p2p\/.*$/, ''))] })
    assert.equal((await failure(bob.mesh.joinInvite({ ticket: astray }), 'UNREACHABLE')).reason, 'wrong-key')
    const rewritten = changed(ticket, { peerId: peerIdFromString(mallory.peerId), addresses: [multiaddr(mallory.address)] })
    assert.equal(await refusal(bob, rewritten), 'forged')
    assert.deepEqual([await approvedBy(bob), await approvedBy(mallory)], [[], []])
    await bob.mesh.joinInvite({ ticket })
  })

  it('where either side has blocked the other; it is not used up by that', async () => {
    await using nodes = await threeNodes()
    const { alice, bob, mallory } = nodes
    const { ticket } = await alice.mesh.createInvite({})
    await alice.mesh.blockPeer(mallory.peerId)
    await failure(mallory.mesh.joinInvite({ ticket }), 'BLOCKED')
    await bob.mesh.blockPeer(alice.peerId)
    await failure(bob.mesh.joinInvite({ ticket }), 'BLOCKED')
    await bob.mesh.approvePeer(alice.peerId)
    await bob.mesh.joinInvite({ ticket })
    assert.deepEqual(await approvedBy(alice), [bob.peerId])
  })

  it('while nobody is there, and good again later', async () => {
    await using nodes = await threeNodes()
    const { alice, bob } = nodes
    const { ticket } = await alice.mesh.createInvite({})
    await alice.stop()
    assert.equal((await failure(bob.mesh.joinInvite({ ticket }), 'UNREACHABLE')).reason, 'refused')
    await alice.start()
    await bob.mesh.joinInvite({ ticket })
  })
})

describe('guessing', () => {
  it('is cut short, with the true time to wait, and does not bar others from joining', async () => {
    await using nodes = await threeNodes()
    const { alice, bob, mallory, clock } = nodes
    const { ticket } = await alice.mesh.createInvite({ expiresInMs: 60 * MINUTE_MS })
    for (let guess = 0; guess < INVITE_TRIES_PER_PEER; guess++) assert.equal(await refusal(mallory, changed(ticket, { secret: randomBytes(16) })), 'forged')
    const { retryAfterMs = 0 } = await failure(mallory.mesh.joinInvite({ ticket }), 'RATE_LIMITED')
    assert.ok(retryAfterMs > 0 && retryAfterMs <= 6 * MINUTE_MS, String(retryAfterMs))
    assert.deepEqual(await approvedBy(alice), [])
    await bob.mesh.joinInvite({ ticket })
    clock.advance(retryAfterMs)
    assert.equal(await refusal(mallory, ticket), 'used')
  })
})
