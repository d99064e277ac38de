/** Messages to a peer that is not there: they wait, say why, and arrive once when it is back, or expire. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { befriend, failure, MeshNode, UNLIMITED, type MeshNodeOptions } from '../support/mesh-node.ts'
import { ShiftedClock } from '../support/shifted-clock.ts'

const STRANGER = '12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp'
const DAY_MS = 86_400_000

interface Pair extends AsyncDisposable {
  alice: MeshNode
  bob: MeshNode
}

/** Alice has been connected to Bob, who is off now; only Alice dials. */
async function aliceAndAbsentBob(options: MeshNodeOptions = {}): Promise<Pair> {
  const alice = await MeshNode.start({ name: 'alice', ...options })
  const bob = await MeshNode.start({ name: 'bob', channel: { dmPolicy: 'open' }, ...options, config: { ...UNLIMITED, ...options.config } })
  await alice.mesh.addPeer({ recipient: bob.address, alias: 'bob' })
  await bob.stop()
  await alice.waitForPeer('peer-disconnected', bob.peerId)
  return {
    alice, bob,
    [Symbol.asyncDispose]: async () => {
      await alice[Symbol.asyncDispose]()
      await bob[Symbol.asyncDispose]()
    }
  }
}

describe('a message to a peer that is off', () => {
  it('is queued with the reason, and arrives once when the peer starts', async () => {
    await using pair = await aliceAndAbsentBob()
    const { alice, bob } = pair
    const sent = await alice.mesh.sendMessage({ to: 'bob', text: 'are you there?' })
    assert.deepEqual({ state: sent.state, cause: sent.cause }, { state: 'queued', cause: 'refused' })
    assert.equal((await alice.mesh.status()).queued, 1)
    await bob.start()
    await alice.waitForState(sent.messageId, 'received')
    await alice.waitForState((await alice.mesh.sendMessage({ to: 'bob', text: 'welcome back' })).messageId, 'received')
    assert.deepEqual(bob.received.map(message => message.text), ['are you there?', 'welcome back'])
    assert.equal((await alice.mesh.status()).queued, 0)
  })

  it('survives a restart of the sender, which finds the peer by the address it remembers', async () => {
    await using pair = await aliceAndAbsentBob()
    const { alice, bob } = pair
    const { messageId } = await alice.mesh.sendMessage({ to: 'bob', text: 'from before the restart' })
    await alice.stop()
    await alice.start()
    assert.equal((await alice.mesh.messageStatus(messageId)).state, 'queued')
    await bob.start()
    await alice.waitForState(messageId, 'received')
    assert.deepEqual(bob.received.map(message => message.text), ['from before the restart'])
  })

  it('is queued with "no-address" when nobody knows where the peer is', async () => {
    await using alice = await MeshNode.start({ name: 'alice' })
    await alice.mesh.approvePeer(STRANGER)
    const sent = await alice.mesh.sendMessage({ to: STRANGER, text: 'where are you?' })
    assert.deepEqual({ state: sent.state, cause: sent.cause }, { state: 'queued', cause: 'no-address' })
  })

  it('is queued soon, not after the whole wait, when the peer goes away while it is on its way', async () => {
    await using alice = await MeshNode.start({ name: 'alice', config: { deliveryAckTimeoutMs: 600_000 } })
    await using bob = await MeshNode.start({ name: 'bob', config: UNLIMITED })
    await befriend(alice, bob)
    const sends = Array.from({ length: 500 }, (_, index) => alice.send(bob, `message ${index}`))
    await bob.waitForText('message 0')
    await bob.stop()
    const results = await Promise.all(sends)
    const queued = results.filter(result => result.state === 'queued')
    await bob.start()
    for (const { messageId } of queued) await alice.waitForState(messageId, 'received')
    assert.deepEqual((await bob.mesh.inbox({ audience: 'owner', limit: 1000 })).messages.map(message => message.text).sort(),
      results.map((_, index) => `message ${index}`).sort())
  })

  it('is refused when too many wait, and all that wait arrive in their order', async () => {
    await using pair = await aliceAndAbsentBob()
    const { alice, bob } = pair
    const texts = Array.from({ length: 2_000 }, (_, index) => `message ${index}`)
    const sent = await Promise.all(texts.map(text => alice.send(bob, text)))
    assert.deepEqual(new Set(sent.map(result => result.state)), new Set(['queued']))
    assert.equal((await failure(alice.send(bob, 'one too many'), 'QUEUE_FULL')).queued, undefined)
    await bob.start()
    await alice.waitForState(sent.at(-1)?.messageId ?? '', 'received')
    assert.deepEqual(bob.received.map(message => message.text), texts)
    assert.equal((await alice.mesh.status()).queued, 0)
  })

  it('may be as long as a message can be, and many may wait', async () => {
    await using pair = await aliceAndAbsentBob()
    const { alice, bob } = pair
    const texts = Array.from({ length: 300 }, (_, index) => String(index).padEnd(65_536, '.'))
    const sent = await Promise.all(texts.map(text => alice.send(bob, text)))
    await bob.start()
    for (const { messageId } of sent) await alice.waitForState(messageId, 'received')
    assert.deepEqual(bob.received.map(message => message.text), texts)
    assert.deepEqual([...alice.log.complaints, ...bob.log.complaints], [])
  })
})

describe('a message whose time ran out', () => {
  it('is expired, says so, and is not delivered any more', async () => {
    const clock = new ShiftedClock()
    await using pair = await aliceAndAbsentBob({ clock, config: { messageTtlMs: DAY_MS } })
    const { alice, bob } = pair
    const { messageId } = await alice.send(bob, 'milk is running out')
    clock.advance(DAY_MS - 120_000)
    const later = await alice.send(bob, 'and bread')
    clock.advance(180_000)
    await alice.waitForState(messageId, 'expired')
    const status = await alice.mesh.messageStatus(messageId)
    assert.equal(status.error?.code, 'EXPIRED')
    assert.deepEqual(status.history.map(entry => entry.state), ['queued', 'expired'])
    await bob.start()
    await alice.waitForState(later.messageId, 'received')
    assert.deepEqual(bob.received.map(message => message.text), ['and bread'])
  })

  it('while the sender was off is expired too', async () => {
    const clock = new ShiftedClock()
    await using pair = await aliceAndAbsentBob({ clock, config: { messageTtlMs: DAY_MS } })
    const { alice, bob } = pair
    const { messageId } = await alice.send(bob, 'meet me at noon')
    await alice.stop()
    await bob.start()
    clock.advance(2 * DAY_MS)
    await alice.start()
    const marker = await alice.mesh.sendMessage({ to: bob.address, text: 'two days later' })
    assert.equal(marker.state, 'received')
    clock.advance(60_000)
    await alice.waitForState(messageId, 'expired')
    assert.deepEqual(bob.received.map(message => message.text), ['two days later'])
  })
})
