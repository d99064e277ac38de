import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { RELAY_ATTEMPT_TIMEOUT_MS, RELAY_RETRY_FIRST_MS, RELAY_RETRY_MAX_MS } from '../../src/config/nat-limits.ts'
import { FakeRelays } from '../support/nat/fake-relays.ts'
import { alice, bob } from '../support/peers.ts'
import { settled } from '../support/turns.ts'

const ONE = `/ip4/45.33.0.9/tcp/4001/p2p/${alice.toString()}`
const TWO = `/dns4/relay.example.org/tcp/443/wss/p2p/${bob.toString()}`

async function started(...relays: string[]): Promise<FakeRelays> {
  const fake = new FakeRelays(...relays)
  fake.supervisor.start()
  await settled()
  return fake
}

describe('RelaySupervisor', () => {
  it('makes a reservation on every relay of the list', async () => {
    const fake = await started(ONE, TWO)
    assert.deepEqual([fake.states, fake.reserved, fake.clock.pending], [['reserved', 'reserved'], 2, []])
    assert.deepEqual(fake.supervisor.status().map(({ peerId, address }) => [peerId, address]), [[alice.toString(), ONE], [bob.toString(), TWO]])
  })

  it('does without relays', async () => {
    assert.deepEqual((await started()).states, [])
  })

  it('makes a lost reservation again, with the listener that it has', async () => {
    const fake = await started(ONE)
    await fake.lose(ONE)
    assert.deepEqual(fake.states, ['waiting lost'])
    assert.equal(fake.log.matching(/^Relay reservation lost/, 'warn').length, 1)
    await fake.advance(RELAY_RETRY_FIRST_MS)
    assert.deepEqual(fake.states, ['waiting unreachable'])
    fake.moods.set(ONE, 'reserves')
    await fake.advance(2 * RELAY_RETRY_FIRST_MS)
    assert.deepEqual([fake.states, fake.listeners.length, fake.reserved], [['reserved'], 1, 2])
  })

  it('has it back within a minute of the return of a relay, however long that was away', async () => {
    const fake = new FakeRelays(ONE)
    fake.moods.set(ONE, 'is down')
    fake.supervisor.start()
    for (let minute = 0; minute < 60; minute++) {
      await settled()
      const [next = assert.fail('it gave up')] = fake.clock.pending
      assert.ok(next + RELAY_ATTEMPT_TIMEOUT_MS <= 60_000)
      await fake.advance(next)
    }
    assert.equal(fake.clock.pending[0], RELAY_RETRY_MAX_MS)
    fake.moods.set(ONE, 'reserves')
    await fake.advance(RELAY_RETRY_MAX_MS)
    assert.deepEqual([fake.states, fake.listeners.length], [['reserved'], 1])
  })

  it('says what is wrong with a relay, and leaves no listener behind for each try', async () => {
    const fake = new FakeRelays(ONE, TWO)
    fake.moods.set(ONE, 'is full')
    fake.moods.set(TWO, 'serves nobody')
    fake.supervisor.start()
    for (let round = 0; round < 5; round++) {
      await settled()
      assert.deepEqual(fake.states, ['waiting full', 'waiting not-a-relay'])
      fake.clock.advance(RELAY_RETRY_MAX_MS)
    }
    assert.equal(fake.listeners.length, 1)
  })

  it('leaves a connection alone that refused one stream', async () => {
    const fake = new FakeRelays(ONE)
    fake.moods.set(ONE, 'resets streams')
    fake.supervisor.start()
    await settled()
    assert.deepEqual([fake.states, fake.cut], [['waiting unreachable'], 0])
  })

  it('tries at once when the relay connects, and when the network changed', async () => {
    const fake = await started(ONE)
    await fake.lose(ONE)
    fake.supervisor.handleConnected(bob)
    await settled()
    assert.equal(fake.dials.length, 1)
    fake.supervisor.nudge()
    await settled()
    assert.equal(fake.dials.length, 2)
    fake.moods.set(ONE, 'reserves')
    fake.supervisor.handleConnected(alice)
    await settled()
    assert.deepEqual([fake.states, fake.dials.length, fake.clock.pending], [['reserved'], 3, []])
    fake.supervisor.nudge()
    await settled()
    assert.equal(fake.dials.length, 3)
  })

  it('tries nothing any more after stop', async () => {
    const fake = await started(ONE)
    await fake.lose(ONE)
    fake.supervisor.stop()
    await fake.advance(RELAY_RETRY_MAX_MS)
    assert.deepEqual([fake.dials.length, fake.clock.pending], [1, []])
  })
})
