import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { alice, bob, learning } from '../support/learning.ts'
import { testConnection } from '../support/links.ts'
import { FAR_BOOT, NEAR_BOOT, recordOf } from '../support/routes.ts'

describe('two nodes with one key', () => {
  /** Alice announces one run and then another; how that is judged. */
  async function announcedTwice({ first = testConnection(alice.peerId), second = testConnection(alice.peerId), bootId = FAR_BOOT, isAlive = true } = {}) {
    const { hear, duplicates } = learning({ isAlive: async connection => isAlive && connection.id === first.id })
    await hear(alice, await recordOf(alice, { bootId: NEAR_BOOT }), first)
    await hear(alice, await recordOf(alice, { seq: 2, bootId }), second)
    return duplicates
  }

  it('are told while the connection of the other one answers', async () => {
    assert.deepEqual(await announcedTwice(), [[alice.peerId.toString(), [NEAR_BOOT, FAR_BOOT]]])
  })

  it('are told also when the record of one of them counts as old', async () => {
    const { hear, duplicates } = learning()
    await hear(alice, await recordOf(alice, { seq: 9 }))
    await hear(alice, await recordOf(alice, { seq: 3, bootId: FAR_BOOT }))
    assert.deepEqual(duplicates.map(([peerId]) => peerId), [alice.peerId.toString()])
  })

  it('are not suspected after a restart: the old connection answers no more', async () => {
    assert.deepEqual(await announcedTwice({ isAlive: false }), [])
  })

  it('are not suspected where one run has two connections, or two runs had one', async () => {
    const connection = testConnection(alice.peerId)
    assert.deepEqual(await announcedTwice({ bootId: NEAR_BOOT }), [])
    assert.deepEqual(await announcedTwice({ first: connection, second: connection }), [])
  })

  it('are not suspected where one run announces itself over two connections: that is told, by both', async () => {
    const [one, other] = [testConnection(alice.peerId), testConnection(alice.peerId)]
    const { hear, sameRuns, duplicates } = learning()
    await hear(alice, await recordOf(alice), one)
    await hear(alice, await recordOf(alice, { seq: 2 }), one)
    assert.deepEqual(sameRuns, [])
    await hear(alice, await recordOf(alice, { seq: 3 }), other)
    assert.deepEqual([sameRuns, duplicates], [[[one, other]], []])
  })

  it('are not asked for over a connection that is closed', async () => {
    const { hear, asked, duplicates } = learning()
    await hear(alice, await recordOf(alice), testConnection(alice.peerId, { status: 'closed' }))
    await hear(alice, await recordOf(alice, { seq: 2, bootId: FAR_BOOT }))
    assert.deepEqual([asked, duplicates], [[], []])
  })

  it('are not suspected where the peer was gone in between', async () => {
    const { hear, learner, asked, duplicates } = learning()
    await hear(alice, await recordOf(alice))
    learner.handleDisconnected(alice.peerId)
    await hear(alice, await recordOf(alice, { seq: 2, bootId: FAR_BOOT }))
    assert.deepEqual([asked, duplicates], [[], []])
  })

  it('may be our own ones, as a peer says that hears both', async () => {
    const { hear, heard } = learning()
    await hear(bob, await recordOf(bob, { recipientBootIds: [NEAR_BOOT, FAR_BOOT] }))
    await hear(bob, await recordOf(bob, { seq: 2 }))
    assert.deepEqual(heard, [[bob.peerId.toString(), [NEAR_BOOT, FAR_BOOT]]])
  })

  it('are not told by a record that is forged', async () => {
    const { hear, asked } = learning()
    await hear(alice, await recordOf(alice))
    await hear(alice, await recordOf(bob, { seq: 2, bootId: FAR_BOOT }))
    assert.deepEqual(asked, [])
  })
})
