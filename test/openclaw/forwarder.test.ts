import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { FORWARD_DEADLINE_MS, FORWARD_STOP_MS } from '../../src/config/limits.ts'
import type { DeliveryTarget, ForwardOutcome, MeshApi } from '../../src/mesh-api.ts'
import { Forwarder } from '../../src/openclaw/forwarder.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { goLive, type FakeLiveMesh } from '../support/fake-host.ts'
import { FakeMesh, inboundMessage, PEER } from '../support/fake-mesh.ts'
import { settled } from '../support/turns.ts'

const FEISHU: DeliveryTarget = { channel: 'feishu', target: 'user:ou_1', accountId: 'main' }
const SENT: ForwardOutcome = { kind: 'sent', platformIds: ['om_1'] }

interface Stage extends Disposable {
  live: FakeLiveMesh
  clock: FakeClock
  forwarder: Forwarder
  /** How the forwards ended, in order. */
  outcomes: () => ForwardOutcome[]
}

function stage(over: Partial<MeshApi> = {}): Stage {
  const mesh = new FakeMesh({ beginForward: async messageId => ({ begun: true, message: inboundMessage({ messageId }) }), ...over })
  const live = goLive(mesh)
  const clock = new FakeClock()
  const forwarder = new Forwarder({ mesh, host: live.host, clock })
  return { live, clock, forwarder, outcomes: () => mesh.forwarded.map(({ outcome }) => outcome), [Symbol.dispose]: () => { live[Symbol.dispose]() } }
}

/** A channel that answers when the test wants it to. */
function slowChannel({ live }: Stage): (outcome: ForwardOutcome) => Promise<void> {
  const { promise, resolve } = Promise.withResolvers<ForwardOutcome>()
  live.host.channelAnswer = async () => promise
  return async (outcome) => {
    resolve(outcome)
    await settled()
  }
}

describe('Forwarder', () => {
  it('shows a due message in its channel and tells the mesh under which ID', async () => {
    using play = stage()
    play.forwarder.handle({ messageId: 'm1', target: FEISHU })
    await settled()
    assert.deepEqual(play.live.mesh.forwarded, [{ messageId: 'm1', target: FEISHU, outcome: SENT }])
    const [shown] = play.live.host.shown.items
    assert.deepEqual(shown?.target, FEISHU)
    assert.match(shown.text, /^> hello$/m)
    assert.deepEqual([play.live.host.log.complaints, play.clock.pending], [[], []])
  })

  it('shows nothing that the mesh does not give away', async () => {
    using play = stage({ beginForward: async () => ({ begun: false }) })
    play.forwarder.handle({ messageId: 'm1', target: FEISHU })
    await settled()
    assert.deepEqual([play.live.host.shown.items, play.outcomes()], [[], []])
  })

  it('passes on what the channel said, and logs what went wrong on one line', async () => {
    using play = stage()
    const outcomes: ForwardOutcome[] = [{ kind: 'failed', error: 'no such\nchat' }, { kind: 'retry', error: 'later', retryAfterMs: 1_000 }, { kind: 'uncertain', error: 'reset' }]
    for (const outcome of outcomes) {
      play.live.host.channelAnswer = async () => outcome
      play.forwarder.handle({ messageId: 'm1', target: FEISHU })
      await settled()
    }
    assert.deepEqual(play.outcomes(), outcomes)
    assert.deepEqual(play.live.host.log.complaints, ['was not shown: no such\\nchat', 'was not shown and is tried again: later', 'may have been shown or not, and is not repeated: reset']
      .map(what => `Message m1 of ${PEER} to feishu user:ou_1 ${what}`))
    play.live.host.log.assertClean()
  })

  it('calls it uncertain when the channel does not answer in time, and corrects that when it answers later', async () => {
    using play = stage()
    const answer = slowChannel(play)
    play.forwarder.handle({ messageId: 'm1', target: FEISHU })
    await settled()
    play.clock.advance(FORWARD_DEADLINE_MS - 1)
    await settled()
    assert.deepEqual(play.outcomes(), [])
    play.clock.advance(1)
    await settled()
    assert.deepEqual(play.outcomes(), [{ kind: 'uncertain', error: 'no answer within 45 s' }])
    await answer(SENT)
    assert.deepEqual(play.outcomes()[1], SENT)
  })

  it('tells the mesh that runs by then, when the channel restarted meanwhile', async () => {
    using play = stage()
    const answer = slowChannel(play)
    play.forwarder.handle({ messageId: 'm1', target: FEISHU })
    await settled()
    using next = goLive(new FakeMesh())
    await answer(SENT)
    assert.deepEqual([play.outcomes(), next.mesh.forwarded.map(({ outcome }) => outcome)], [[], [SENT]])
  })

  it('waits for what is in hand when it stops, but not for ever', async () => {
    using play = stage()
    const answer = slowChannel(play)
    play.forwarder.handle({ messageId: 'm1', target: FEISHU })
    await settled()
    const patient = play.forwarder.stop()
    await answer(SENT)
    await patient
    assert.deepEqual([play.outcomes(), play.clock.pending], [[SENT], []])
    slowChannel(play)
    play.forwarder.handle({ messageId: 'm2', target: FEISHU })
    await settled()
    const impatient = play.forwarder.stop()
    play.clock.advance(FORWARD_STOP_MS)
    await impatient
    assert.deepEqual(play.outcomes(), [SENT])
  })

  it('says so when the mesh cannot note a message, and goes on with the next', async () => {
    let calls = 0
    using play = stage({
      beginForward: async (messageId) => {
        calls += 1
        if (calls === 1) throw new Error('disk full')
        return { begun: true, message: inboundMessage({ messageId }) }
      }
    })
    play.forwarder.handle({ messageId: 'm1', target: FEISHU })
    play.forwarder.handle({ messageId: 'm2', target: FEISHU })
    await settled()
    assert.deepEqual(play.live.mesh.forwarded.map(({ messageId }) => messageId), ['m2'])
    assert.equal(play.live.host.log.matching(/message m1 to feishu user:ou_1 broke off: disk full/, 'error').length, 1)
  })
})
