/** A public node: it serves others, answers strangers that nobody can dial, and says when they are too many words. */

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { failure, MeshNode, type MeshNodeOptions } from '../support/mesh-node.ts'
import { RawPeer } from '../support/raw-peer.ts'

const PUBLIC: MeshNodeOptions = { name: 'public', config: { role: 'public', enableHolePunch: false } }

/** Answers each message as an agent would, within the budgets. */
function answerTurns({ mesh }: MeshNode): void {
  mesh.subscribe((event) => {
    if (event.type !== 'message' || event.message.kind !== 'direct') return
    const { messageId, from, text } = event.message
    void mesh.claimTurn(messageId).then(async (claim) => {
      if (!claim.claimed) return
      await mesh.finishTurn(messageId, 'delivered')
      await mesh.sendMessage({ to: from, text: `re: ${text}`, inReplyTo: messageId })
    })
  })
}

it('a public node answers a stranger that cannot be dialled over the stranger\'s own connection, ten times an hour', async () => {
  await using hub = await MeshNode.start(PUBLIC)
  answerTurns(hub)
  await using guest = await MeshNode.start({ name: 'guest', config: { listenAddrs: [] } })
  await guest.mesh.addPeer({ recipient: hub.address, alias: 'hub' })
  assert.equal((await guest.mesh.discover()).asked[0]?.reached, true)
  for (let count = 1; count <= 10; count++) {
    const { state, reply } = await guest.mesh.sendMessage({ to: 'hub', text: `Hello! ${count}`, waitForReplyMs: 60_000, author: 'agent' })
    assert.deepEqual([state, reply], ['replied', `re: Hello! ${count}`])
  }
  const { retryAfterMs = 0, queued, reason } = await failure(guest.mesh.sendMessage({ to: 'hub', text: 'Hello! 11' }), 'RATE_LIMITED')
  assert.deepEqual([queued, reason], [true, 'rate-limited'])
  assert.ok(retryAfterMs > 300_000 && retryAfterMs <= 360_000, `retry after ${retryAfterMs} ms`)
  assert.equal((await hub.mesh.networkInfo()).connections.filter(({ peerId }) => peerId === guest.peerId).length, 1)
  assert.deepEqual((await guest.mesh.listPeers()).map(({ peerId, approved }) => [peerId, approved]), [[hub.peerId, false]])
})

it('a public node tells its agent who is a stranger, and who is none any more', async () => {
  await using hub = await MeshNode.start(PUBLIC)
  await using one = await MeshNode.start({ name: 'one' })
  await one.mesh.sendMessage({ to: hub.address, text: 'Hello!' })
  assert.equal((await hub.waitForText('Hello!')).isStranger, true)
  await hub.mesh.approvePeer(one.peerId)
  await one.mesh.sendMessage({ to: hub.address, text: 'Hello again!' })
  assert.equal((await hub.waitForText('Hello again!')).isStranger, undefined)
})

it('a crowd of identities of one host gets no more out of a public node than a household, and friends are served', async () => {
  await using hub = await MeshNode.start({ ...PUBLIC, config: { role: 'public', enableHolePunch: false, turnBudget: { perHour: 40 } } })
  answerTurns(hub)
  let taken = 0
  for (let identity = 0; identity < 8; identity++) {
    await using peer = await RawPeer.start()
    const stream = await peer.open(hub.address)
    for (let count = 0; count < 10; count++) if ((await stream.ackOf(stream.send({ text: 'spam' }))).stage === 'received') taken += 1
  }
  assert.equal(taken, 30)
  await using friend = await MeshNode.start({ name: 'friend' })
  await hub.mesh.approvePeer(friend.peerId)
  const { state, reply } = await friend.mesh.sendMessage({ to: hub.address, text: 'still there?', waitForReplyMs: 60_000 })
  assert.deepEqual([state, reply], ['replied', 're: still there?'])
})
