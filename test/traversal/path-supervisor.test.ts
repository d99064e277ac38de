import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Connection } from '@libp2p/interface'
import {
  DEGRADED_PAUSE_MS, MAX_UPGRADES, UPGRADE_FOLLOW_DELAY_MS, UPGRADE_RETRY_FIRST_MS, UPGRADE_RETRY_MAX_MS
} from '../../src/config/nat-limits.ts'
import { FakePaths } from '../support/nat/fake-paths.ts'
import { alice, bob, testPeerId } from '../support/peers.ts'

/** A peer behind a relay whose first attempt ended in vain. */
async function behindRelay(): Promise<FakePaths & { relayed: Connection }> {
  const paths = new FakePaths()
  const relayed = await paths.open('relayed')
  await paths.attempts[0]?.end('timeout')
  return Object.assign(paths, { relayed })
}

describe('PathSupervisor: attempts at a direct path', () => {
  it('begin at once on the side that dialled', async () => {
    const paths = new FakePaths()
    await paths.open('relayed')
    assert.deepEqual([paths.attempts.length, paths.path()], [1, 'relay'])
  })

  it('begin a little later on the side that was dialled, if it is still needed', async () => {
    const paths = new FakePaths()
    await paths.open('relayed', 'inbound')
    await paths.advance(UPGRADE_FOLLOW_DELAY_MS - 1)
    assert.equal(paths.attempts.length, 0)
    await paths.advance(1)
    assert.equal(paths.attempts.length, 1)
    const lucky = new FakePaths()
    await lucky.open('relayed', 'inbound')
    await lucky.open('direct', 'inbound')
    await lucky.advance(UPGRADE_FOLLOW_DELAY_MS)
    assert.equal(lucky.attempts.length, 0)
  })

  it('are made with approved peers only, and at once when a peer is approved', async () => {
    const paths = new FakePaths()
    await paths.open('relayed', 'outbound', bob)
    assert.deepEqual([paths.attempts.length, paths.path(bob)], [0, 'relay (not-approved)'])
    paths.approved.add(bob.toString())
    paths.supervisor.handleApproved(bob)
    assert.equal(paths.attempts.length, 1)
  })

  it('are repeated less and less often, and say why there is no direct path', async () => {
    const paths = await behindRelay()
    const pauses: number[] = []
    for (let attempt = 1; attempt < 8; attempt++) {
      assert.equal(paths.path(), 'relay (timeout)')
      const [pause = assert.fail('it gave up')] = paths.clock.pending
      pauses.push(pause)
      await paths.advance(pause)
      await paths.attempts[attempt]?.end('timeout')
    }
    assert.deepEqual(pauses, [1, 2, 4, 8, 16, 32, 64].map(steps => Math.min(steps * UPGRADE_RETRY_FIRST_MS, UPGRADE_RETRY_MAX_MS)))
  })

  it('are repeated at once when the network changed, and soon when the direct path died', async () => {
    const paths = await behindRelay()
    paths.supervisor.handleNetworkChange()
    assert.equal(paths.attempts.length, 2)
    const direct = await paths.open('direct')
    await paths.attempts[1]?.end(undefined)
    assert.equal(paths.path(), 'direct')
    await paths.lose(direct)
    assert.equal(paths.path(), 'relay')
    await paths.advance(UPGRADE_RETRY_FIRST_MS)
    assert.equal(paths.attempts.length, 3)
  })

  it('are repeated when the relayed path becomes slow, but not all the time', async () => {
    const paths = await behindRelay()
    for (let attempt = 1; attempt < 5; attempt++) {
      await paths.advance(paths.clock.pending[0] ?? 0)
      await paths.attempts[attempt]?.end('timeout')
    }
    paths.supervisor.handleRoundTrip(paths.relayed, 150)
    await paths.advance(DEGRADED_PAUSE_MS)
    paths.supervisor.handleRoundTrip(paths.relayed, 400)
    assert.equal(paths.attempts.length, 5)
    paths.supervisor.handleRoundTrip(paths.relayed, 500)
    assert.equal(paths.attempts.length, 6)
    await paths.attempts[5]?.end('timeout')
    paths.supervisor.handleRoundTrip(paths.relayed, 500)
    assert.equal(paths.attempts.length, 6)
  })

  it('are one at a time with a peer, and a few in total', async () => {
    const paths = new FakePaths()
    for (let count = 0; count < MAX_UPGRADES + 2; count++) {
      const peerId = await testPeerId(100 + count)
      paths.approved.add(peerId.toString())
      await paths.open('relayed', 'outbound', peerId)
      await paths.open('relayed', 'outbound', peerId)
    }
    assert.equal(paths.attempts.length, MAX_UPGRADES)
    await paths.attempts[0]?.end('timeout')
    assert.equal(paths.attempts.length, MAX_UPGRADES + 1)
    assert.equal(new Set(paths.attempts.map(({ peerId }) => peerId)).size, MAX_UPGRADES + 1)
  })

  it('end with the last connection, and with the supervisor', async () => {
    const paths = await behindRelay()
    await paths.lose(paths.relayed)
    assert.deepEqual([paths.path(), paths.clock.pending], [undefined, []])
    const stopped = await behindRelay()
    stopped.supervisor.stop()
    assert.deepEqual(stopped.clock.pending, [])
  })
})

describe('PathSupervisor: a direct connection beside a relayed one', () => {
  it('counts once a ping came back, takes along what runs, and then ends the relayed one', async () => {
    const paths = new FakePaths()
    const relayed = await paths.open('relayed')
    Object.assign(relayed, { streams: ['a message stream'] })
    const direct = await paths.open('direct')
    assert.deepEqual([paths.path(), paths.followed], ['direct', [direct.id]])
    assert.equal(paths.log.matching(/^Path to .*: direct over udp$/).length, 1)
    await paths.age()
    assert.deepEqual(paths.closed, [])
    Object.assign(relayed, { streams: [] })
    await paths.age()
    assert.deepEqual([paths.closed, paths.clock.pending, paths.path()], [[relayed.id], [], 'direct'])
  })

  it('changes nothing while no ping comes back over it', async () => {
    const paths = await behindRelay()
    paths.rttMs = undefined
    const direct = await paths.open('direct')
    await paths.age()
    assert.deepEqual([paths.path(), paths.followed, paths.closed], ['relay (timeout)', [], []])
    await paths.lose(direct)
    assert.ok(paths.clock.pending.length > 0)
  })

  it('leaves a relayed connection alone that was opened just now', async () => {
    const paths = new FakePaths()
    await paths.open('direct')
    const relayed = await paths.open('relayed')
    await paths.advance(1_000)
    assert.deepEqual(paths.closed, [])
    await paths.age()
    assert.deepEqual(paths.closed, [relayed.id])
  })

  it('is followed again when that failed', async () => {
    const paths = new FakePaths()
    await paths.open('relayed')
    paths.onFollow = async () => { throw new Error('not now') }
    await paths.open('direct')
    paths.onFollow = async () => undefined
    await paths.age()
    assert.ok(paths.followed.length >= 2)
    assert.equal(paths.closed.length, 1)
  })

  it('is how a peer is reached from the start where there was no relay', async () => {
    const paths = new FakePaths()
    await paths.open('direct')
    assert.deepEqual([paths.path(), paths.attempts, paths.path(bob)], ['direct', [], undefined])
    assert.equal(paths.supervisor.of(alice.toString())?.since, paths.clock.now())
  })
})
