import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { GossipSubEvents } from '@libp2p/gossipsub'
import { RPC } from '@libp2p/gossipsub/message'
import { TypedEventEmitter } from '@libp2p/interface'
import { GOSSIP_HISTORY, MAX_BROADCASTS_PER_ANSWER, MAX_BROADCASTS_TOLD } from '../../src/config/broadcast-limits.ts'
import { LateNeighbours } from '../../src/protocols/late-neighbours.ts'

const TOPIC = 'topic'
const ALICE = 'alice'
const BOB = 'bob'

/** Late neighbours of a gossipsub whose events a test sets off, and what each of them is told, frame by frame. */
function watched() {
  const gossip = new TypedEventEmitter<GossipSubEvents>()
  const told: Array<[peerId: string, ids: string[]]> = []
  const late = new LateNeighbours({ topic: TOPIC, send: (peerId, frame) => { told.push([peerId, idsIn(frame)]) } })
  late.watch(gossip)
  return {
    late,
    told,
    pass: (id: string) => { gossip.safeDispatchEvent('gossipsub:message', { detail: { msgId: Buffer.from(id).toString('base64') } }) },
    graft: (peerId: string) => { gossip.safeDispatchEvent('gossipsub:graft', { detail: { peerId, topic: TOPIC, direction: 'inbound' } }) },
    prune: (peerId: string) => { gossip.safeDispatchEvent('gossipsub:prune', { detail: { peerId, topic: TOPIC, direction: 'outbound' } }) },
    beat: () => { gossip.safeDispatchEvent('gossipsub:heartbeat') }
  }
}

function idsIn(frame: Uint8Array): string[] {
  const ihave = RPC.decode(frame).control?.ihave ?? []
  assert.deepEqual(ihave.map(({ topicID }) => topicID), [TOPIC])
  return ihave.flatMap(({ messageIDs }) => messageIDs.map(id => Buffer.from(id).toString()))
}

describe('LateNeighbours', () => {
  it('tells whoever enters the mesh, and whoever has a new stream, with the next heartbeat and once', () => {
    const { late, told, pass, graft, beat } = watched()
    pass('before')
    beat()
    graft(ALICE)
    late.add(BOB)
    pass('since')
    assert.deepEqual(told, [])
    beat()
    beat()
    assert.deepEqual(told, [[ALICE, ['before', 'since']], [BOB, ['before', 'since']]])
  })

  it('says nothing where nothing passed by', () => {
    const { told, graft, beat } = watched()
    graft(ALICE)
    beat()
    assert.deepEqual(told, [])
  })

  it('leaves to gossipsub whoever does not stay in the mesh', () => {
    const { told, pass, graft, prune, beat } = watched()
    pass('one')
    graft(ALICE)
    prune(ALICE)
    beat()
    assert.deepEqual(told, [])
  })

  it('tells of as many heartbeats as gossipsub does', () => {
    const { told, pass, graft, beat } = watched()
    for (let round = 0; round <= GOSSIP_HISTORY.mcacheGossip; round++) {
      if (round > 0) beat()
      pass(`round ${String(round)}`)
    }
    graft(ALICE)
    beat()
    assert.deepEqual(told, [[ALICE, ['round 1', 'round 2', 'round 3']]])
  })

  it('tells of the newest in frames whose answers fit into one', () => {
    const { told, pass, graft, beat } = watched()
    const surplus = 3
    for (let index = 0; index < MAX_BROADCASTS_TOLD + surplus; index++) pass(String(index))
    graft(ALICE)
    beat()
    assert.deepEqual([...new Set(told.map(([, ids]) => ids.length))], [MAX_BROADCASTS_PER_ANSWER])
    assert.deepEqual(told.flatMap(([, ids]) => ids), Array.from({ length: MAX_BROADCASTS_TOLD }, (_, index) => String(index + surplus)))
  })
})
