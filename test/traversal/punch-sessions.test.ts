import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { peerIdFromString } from '@libp2p/peer-id'
import type { PunchOutcome } from '../../src/nat/punch-session.ts'
import { PunchSessions } from '../../src/nat/punch-sessions.ts'

const LOW = peerIdFromString('12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp')
const HIGH = peerIdFromString('12D3KooWQN39TP9tWyB5ff4c1XQtoEtBHAAv8K2jYWFciTmAXX4Y')
const direct: PunchOutcome = { isDirect: true, plane: 'udp', remote: { host: '45.33.0.22', port: 1, family: 4 } }
const busy: PunchOutcome = { isDirect: false, why: 'busy' }

function attempt() {
  const result = Promise.withResolvers<PunchOutcome>()
  const started = Promise.withResolvers<AbortSignal>()
  let runs = 0
  return {
    ...result, started: started.promise,
    run: async (yielding: AbortSignal) => {
      runs++
      started.resolve(yielding)
      return await result.promise
    },
    get runs() { return runs }
  }
}

describe('PunchSessions', () => {
  it('runs one attempt with a peer; whoever asks meanwhile gets its result', async () => {
    const [sessions, one] = [new PunchSessions(LOW, 1), attempt()]
    const asked = [sessions.lead(HIGH, one.run), sessions.lead(HIGH, one.run)]
    one.resolve(direct)
    assert.deepEqual(await Promise.all(asked), [direct, direct])
    assert.equal(one.runs, 1)
  })

  it('leads on with the lower peer ID when both sides began', async () => {
    const [sessions, own] = [new PunchSessions(LOW, 1), attempt()]
    const led = sessions.lead(HIGH, own.run)
    assert.equal(sessions.leadsInstead(HIGH), true)
    own.resolve(direct)
    assert.deepEqual(await led, direct)
    assert.equal(sessions.leadsInstead(HIGH), false)
  })

  it('gives way with the higher peer ID, and ends as the other side\'s attempt does', async () => {
    const [sessions, own, other] = [new PunchSessions(HIGH, 1), attempt(), attempt()]
    const led = sessions.lead(LOW, own.run)
    const yielding = await own.started
    assert.equal(sessions.leadsInstead(LOW), false)
    const followed = sessions.follow(LOW, async () => await other.promise)
    assert.equal(yielding.aborted, true)
    own.reject(new Error('called off'))
    other.resolve(direct)
    assert.deepEqual(await Promise.all([led, followed]), [direct, direct])
  })

  it('waits for the other side\'s attempt when that refused ours as busy', async () => {
    const [sessions, own, other] = [new PunchSessions(HIGH, 60_000), attempt(), attempt()]
    const led = sessions.lead(LOW, own.run)
    own.resolve(busy)
    await own.promise
    void sessions.follow(LOW, async () => await other.promise)
    other.resolve(direct)
    assert.deepEqual(await led, direct)
  })

  it('does not wait for ever for an attempt that does not come', async () => {
    const [sessions, own] = [new PunchSessions(HIGH, 10), attempt()]
    const keepAlive = setInterval(() => { assert.ok(true) }, 1_000)
    own.resolve(busy)
    assert.deepEqual(await sessions.lead(LOW, own.run), busy)
    clearInterval(keepAlive)
  })

  it('takes a second attempt of a peer only after the first', async () => {
    const [sessions, one] = [new PunchSessions(HIGH, 1), attempt()]
    const followed = sessions.follow(LOW, async () => await one.promise)
    assert.equal(sessions.leadsInstead(LOW), true)
    one.resolve(direct)
    await followed
    assert.equal(sessions.leadsInstead(LOW), false)
    await sessions.idle()
  })

  it('passes on what an attempt throws, and forgets it', async () => {
    const sessions = new PunchSessions(LOW, 1)
    await assert.rejects(sessions.lead(HIGH, async () => { throw new Error('broken') }), /broken/)
    assert.equal(sessions.leadsInstead(HIGH), false)
  })
})
