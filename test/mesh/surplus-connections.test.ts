import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Connection } from '@libp2p/interface'
import { SURPLUS_CHECK_MS, SURPLUS_MIN_AGE_MS, SURPLUS_TIMEOUT_MS } from '../../src/config/limits.ts'
import { SurplusConnections } from '../../src/mesh/surplus-connections.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { testConnection, type TestConnectionInit } from '../support/links.ts'
import { LogRecorder } from '../support/log-recorder.ts'
import { alice, bob } from '../support/peers.ts'
import { settled } from '../support/turns.ts'

const [smaller, larger] = [alice, bob].sort((one, other) => one.toString() < other.toString() ? -1 : 1) as [typeof alice, typeof alice]

/** Two connections to a peer, both just opened, the second of them in use. */
function twice({ ownPeerId = smaller, second = {} }: { ownPeerId?: typeof alice, second?: TestConnectionInit } = {}) {
  const clock = new FakeClock()
  const state = { isAlive: true, retired: [] as Connection[], closed: [] as Connection[] }
  const opened = (init?: TestConnectionInit): Connection => {
    const connection: Connection = Object.assign(testConnection(ownPeerId === smaller ? larger : smaller, init), {
      streams: [], timeline: { open: clock.now() },
      close: async () => {
        connection.status = 'closed'
        state.closed.push(connection)
      }
    })
    return connection
  }
  const [one, other] = [opened(), opened(second)]
  const surplus = new SurplusConnections({
    ownPeerId, connections: () => [one, other], inUse: () => other, isAlive: async () => state.isAlive,
    retire: (connection) => { state.retired.push(connection) }, clock, log: new LogRecorder()
  })
  const pass = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += SURPLUS_CHECK_MS) {
      clock.advance(SURPLUS_CHECK_MS)
      await settled()
    }
  }
  return { surplus, state, one, other, pass, clock }
}

describe('two direct connections to one run of a peer', () => {
  it('become one: what is not in use is retired, and closed once nothing runs over it', async () => {
    const { surplus, state, one, other, pass } = twice()
    one.streams = [{}] as Connection['streams']
    await surplus.handleSameRun(one, other)
    await surplus.handleSameRun(other, one)
    assert.deepEqual(state.retired, [one])
    await pass(2 * SURPLUS_MIN_AGE_MS)
    assert.deepEqual(state.closed, [])
    one.streams = []
    await pass(SURPLUS_CHECK_MS)
    assert.deepEqual(state.closed, [one])
  })

  it('become one in the end also where something runs over the other one without end', async () => {
    const { surplus, state, one, other, pass } = twice()
    one.streams = [{}] as Connection['streams']
    await surplus.handleSameRun(one, other)
    await pass(SURPLUS_TIMEOUT_MS)
    assert.deepEqual(state.closed, [one])
  })

  it('stay while the one to be closed is young', async () => {
    const { surplus, state, one, other, pass } = twice()
    await surplus.handleSameRun(one, other)
    await pass(SURPLUS_MIN_AGE_MS - SURPLUS_CHECK_MS)
    assert.deepEqual(state.closed, [])
    await pass(SURPLUS_CHECK_MS)
    assert.deepEqual(state.closed, [one])
  })

  it('stay where the one in use is gone meanwhile', async () => {
    const { surplus, state, one, other, pass, clock } = twice()
    await surplus.handleSameRun(one, other)
    other.status = 'closed'
    await pass(2 * SURPLUS_MIN_AGE_MS)
    assert.deepEqual([state.closed, clock.pending], [[], []])
  })

  it('stay where the one in use does not answer', async () => {
    const { surplus, state, one, other, clock } = twice()
    state.isAlive = false
    await surplus.handleSameRun(one, other)
    assert.deepEqual([state.retired, clock.pending], [[], []])
  })

  it('are for the peer with the smaller ID to close', async () => {
    const { surplus, state, one, other, clock } = twice({ ownPeerId: larger })
    await surplus.handleSameRun(one, other)
    assert.deepEqual([state.retired, clock.pending], [[], []])
  })

  it('are not meant where one of them leads through a relay', async () => {
    const { surplus, state, one, other, clock } = twice({ second: { isRelayed: true } })
    await surplus.handleSameRun(one, other)
    assert.deepEqual([state.retired, clock.pending], [[], []])
  })

  it('are left alone once the node stops', async () => {
    const { surplus, one, other, clock } = twice()
    await surplus.handleSameRun(one, other)
    surplus.stop()
    assert.deepEqual(clock.pending, [])
  })
})
