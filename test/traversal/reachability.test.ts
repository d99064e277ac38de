import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Connection } from '@libp2p/interface'
import type { NodeAddress } from '@libp2p/interface-internal'
import { peerIdFromString } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { MAPPED_CHECK_MS, MAPPED_FRESH_MS, MAPPED_RETRY_MS } from '../../src/config/nat-limits.ts'
import { Reachability } from '../../src/nat/reachability.ts'
import type { DialBackResult } from '../../src/protocols/dial-back-request.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { SELF, PEER } from '../support/fake-mesh.ts'
import { LogRecorder } from '../support/log-recorder.ts'
import { until } from '../support/until.ts'

const ADDRESS = '/ip4/45.33.0.9/tcp/4001'

function createReachability(answers: Array<DialBackResult | Error>, type: NodeAddress['type'] = 'ip-mapping') {
  const [clock, log] = [new FakeClock(), new LogRecorder()]
  const told: string[] = []
  const asked: string[] = []
  const address: NodeAddress = { multiaddr: multiaddr(ADDRESS), verified: false, type, expires: 0 }
  const witness = { remotePeer: peerIdFromString(PEER) } as Connection
  const reachability = new Reachability({
    peerId: peerIdFromString(SELF),
    addressManager: {
      getAddressesWithMetadata: () => [address, { ...address, multiaddr: multiaddr('/ip4/192.168.7.23/tcp/4001'), type: 'transport' }],
      confirmObservedAddr: (confirmed) => { told.push(`confirmed ${confirmed.toString()}`) },
      removeObservedAddr: (removed) => { told.push(`removed ${removed.toString()}`) }
    }
  }, {
    witnesses: () => [witness, witness], clock, log,
    ask: async (_, { address: about }) => {
      asked.push(about.toString())
      const answer = answers.shift() ?? 'unknown'
      if (answer instanceof Error) throw answer
      return await Promise.resolve(answer)
    }
  })
  reachability.start()
  /** Lets the time pass, and a last look happen at its end. */
  const pass = async (ms: number): Promise<void> => {
    clock.advance(ms - MAPPED_CHECK_MS)
    await until(() => clock.pending.length > 0, { what: 'the last look to end', timeoutMs: 60_000, intervalMs: 5 })
    clock.advance(MAPPED_CHECK_MS)
    await until(() => clock.pending.length > 0, { what: 'the next look', timeoutMs: 60_000, intervalMs: 5 })
  }
  return { reachability, clock, log, told, asked, pass }
}

describe('Reachability', () => {
  it('confirms a mapped port that a witness dialled, and asks again only when that is old', async () => {
    const { told, asked, log, pass } = createReachability(['reached', 'reached'])
    await pass(MAPPED_CHECK_MS)
    assert.deepEqual(told, [`confirmed ${ADDRESS}`])
    assert.deepEqual(log.matching(/Mapped port/), [`Mapped port reached from outside: ${ADDRESS}`])
    await pass(MAPPED_CHECK_MS)
    assert.equal(asked.length, 1)
    await pass(MAPPED_FRESH_MS)
    assert.equal(asked.length, 2)
    assert.equal(log.matching(/Mapped port/).length, 1)
  })

  it('takes back a mapped port that nobody reaches any more', async () => {
    const { told, log, pass } = createReachability(['reached', 'unreachable'])
    await pass(MAPPED_CHECK_MS)
    await pass(MAPPED_FRESH_MS)
    assert.deepEqual(told, [`confirmed ${ADDRESS}`, `removed ${ADDRESS}`])
    assert.deepEqual(log.matching(/not reached/), [`Mapped port not reached from outside: ${ADDRESS}`])
  })

  it('asks the next witness when one does not try or does not answer', async () => {
    const { told, pass } = createReachability(['unknown', 'reached'])
    await pass(MAPPED_CHECK_MS)
    assert.deepEqual(told, [`confirmed ${ADDRESS}`])
    const other = createReachability([new Error('not known there'), 'unreachable'])
    await other.pass(MAPPED_CHECK_MS)
    assert.deepEqual(other.told, [`removed ${ADDRESS}`])
    await other.pass(MAPPED_RETRY_MS)
    assert.equal(other.asked.length, 4)
  })

  it('leaves every other address alone', async () => {
    const { asked, pass } = createReachability(['reached'], 'observed')
    await pass(MAPPED_CHECK_MS)
    assert.deepEqual(asked, [])
  })

  it('ends with stop', async () => {
    const { reachability, clock, asked, pass } = createReachability(['unknown', 'unknown'])
    await pass(MAPPED_CHECK_MS)
    reachability.stop()
    clock.advance(10 * MAPPED_CHECK_MS)
    assert.equal(asked.length, 2)
  })
})
