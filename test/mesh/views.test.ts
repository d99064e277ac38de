import assert from 'node:assert/strict'
import { it } from 'node:test'
import { comparePeers } from '../../src/mesh/views.ts'
import { peerSummary } from '../support/fake-mesh.ts'

it('peers are listed by what they are to the owner, then by who is online, then by when they were seen', () => {
  const stranger = { approved: false, status: 'unknown', knownBy: 'contact' } as const
  const inOrder = [
    peerSummary({ peerId: 'friend' }),
    peerSummary({ peerId: 'friend who is away', presence: 'away', lastSeen: 20 }),
    peerSummary({ peerId: 'friend who is away for longer', presence: 'left', lastSeen: 10 }),
    peerSummary({ peerId: 'friend who was never there', presence: 'away', lastSeen: null }),
    peerSummary({ ...stranger, peerId: 'named stranger', presence: 'away', alias: 'anna' }),
    peerSummary({ ...stranger, peerId: 'added stranger', presence: 'away', knownBy: 'added', lastSeen: 10 }),
    peerSummary({ ...stranger, peerId: 'stranger who waits for approval', presence: 'away', held: 1 }),
    peerSummary({ ...stranger, peerId: 'stranger' }),
    peerSummary({ ...stranger, peerId: 'stranger who is away', presence: 'away' }),
    peerSummary({ ...stranger, peerId: 'blocked one', status: 'blocked', alias: 'eve' })
  ]
  const names = inOrder.map(({ peerId }) => peerId)
  assert.deepEqual(inOrder.toReversed().sort(comparePeers).map(({ peerId }) => peerId), names)
})
