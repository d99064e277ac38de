import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MAX_TEXT_BYTES } from '../../src/config/limits.ts'
import { utf8Bytes } from '../../src/lib/text.ts'
import type { InboundMessage, MeshApi } from '../../src/mesh-api.ts'
import { senderIdOf, STRANGER } from '../../src/openclaw/host.ts'
import { InboundTurns, pieces, type AgentRunner, type TurnAnswer } from '../../src/openclaw/inbound.ts'
import { Notices } from '../../src/openclaw/notices.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { FakeHost, goLive, type FakeLiveMesh } from '../support/fake-host.ts'
import { FakeMesh, inboundMessage, PEER } from '../support/fake-mesh.ts'

const SESSION = 'agent:main:libp2p-mesh:direct:peer'

interface Stage extends Disposable {
  live: FakeLiveMesh
  clock: FakeClock
  inbound: InboundTurns
  /** Messages that became turns. */
  ran: InboundMessage[]
}

function stage(answer: (message: InboundMessage) => Promise<TurnAnswer>, over: Partial<MeshApi> = {}, { takesBroadcasts = false } = {}): Stage {
  const live = goLive(new FakeMesh(over), new FakeHost())
  live.host.limitTools(PEER)
  const clock = new FakeClock()
  const ran: InboundMessage[] = []
  const runner: AgentRunner = {
    route: () => ({ agentId: 'main', sessionKey: SESSION }),
    run: async (message) => {
      ran.push(message)
      return answer(message)
    }
  }
  const notices = new Notices({ host: live.host, clock, targets: [] })
  const inbound = new InboundTurns({ host: live.host, runner, notices, turns: live.turns, clock, takesBroadcasts })
  return { live, clock, inbound, ran, [Symbol.dispose]: () => { live[Symbol.dispose]() } }
}

/** Lets a message come in, stored as the mesh has it. */
async function receive({ live, inbound }: Stage, ...messages: InboundMessage[]): Promise<void> {
  live.mesh.stored.push(...messages)
  for (const message of messages) inbound.handle(message)
  await inbound.idle()
}

const echo = async ({ text }: InboundMessage): Promise<TurnAnswer> => ({ text: `re: ${text}` })

describe('InboundTurns', () => {
  it('sends the agent\'s answer back as a reply that passed through one agent more', async () => {
    using play = stage(echo)
    await receive(play, inboundMessage({ hops: 1 }))
    assert.deepEqual(play.live.mesh.sent, [{ to: PEER, text: 're: hello', inReplyTo: 'm1', hops: 2 }])
    assert.deepEqual(play.live.mesh.finished, [{ messageId: 'm1', outcome: 'delivered' }])
  })

  it('starts no turn for a reply', async () => {
    using play = stage(echo)
    await receive(play, inboundMessage({ kind: 'reply', inReplyTo: 'out-1' }))
    assert.deepEqual(play.ran, [])
    assert.deepEqual(play.live.mesh.finished, [])
  })

  it('starts a turn for a broadcast only where the owner wants that', async () => {
    for (const takesBroadcasts of [false, true]) {
      using play = stage(echo, {}, { takesBroadcasts })
      await receive(play, inboundMessage({ kind: 'broadcast', topic: 'openclaw-mesh' }))
      assert.equal(play.ran.length, takesBroadcasts ? 1 : 0)
    }
  })

  it('starts no turn and takes nothing where no configuration limits its tools; the owner is told once', async () => {
    using play = stage(echo)
    play.live.host.current = {}
    await receive(play, inboundMessage(), inboundMessage({ messageId: 'm2' }))
    assert.deepEqual(play.ran, [])
    assert.equal(play.live.host.log.matching(/start no agent turn/, 'warn').length, 1)
  })

  it('of strangers all run under the one entry that limits strangers, and under none without it', async () => {
    using play = stage(echo)
    await receive(play, inboundMessage({ isStranger: true }))
    assert.deepEqual(play.ran, [])
    play.live.host.limitTools(STRANGER)
    await receive(play, inboundMessage({ messageId: 'm2', isStranger: true }))
    assert.deepEqual(play.ran.map(senderIdOf), [STRANGER])
    assert.deepEqual(play.live.mesh.sent.map(({ to, inReplyTo }) => [to, inReplyTo]), [[PEER, 'm2']])
  })

  it('runs a turn as the sender whose tools were looked at, also when the owner approves it meanwhile', async () => {
    using play = stage(echo)
    play.live.host.limitTools(STRANGER)
    play.live.mesh.stored.push(inboundMessage())
    play.inbound.handle(inboundMessage({ isStranger: true }))
    await play.inbound.idle()
    assert.deepEqual(play.ran.map(senderIdOf), [STRANGER])
  })

  it('waits for an entry that was written a moment ago', async () => {
    using play = stage(echo)
    play.live.host.current = {}
    play.live.host.underway.add(PEER)
    play.live.mesh.stored.push(inboundMessage())
    play.inbound.handle(inboundMessage())
    while (play.clock.pending.length === 0) await Promise.resolve()
    play.live.host.limitTools(PEER)
    play.clock.advance(250)
    await play.inbound.idle()
    assert.equal(play.ran.length, 1)
  })

  it('tells the owner when a budget is used up, and runs nothing', async () => {
    using play = stage(echo, { claimTurn: async () => ({ claimed: false, reason: 'peer-budget' }) })
    await receive(play, inboundMessage())
    assert.deepEqual(play.ran, [])
    assert.equal(play.live.host.log.matching(/budget/, 'warn').length, 1)
  })

  it('runs one turn of a peer at a time, in order', async () => {
    let running = 0
    using play = stage(async (message) => {
      running += 1
      assert.equal(running, 1)
      await Promise.resolve()
      running -= 1
      return echo(message)
    })
    await receive(play, ...['m1', 'm2', 'm3'].map(messageId => inboundMessage({ messageId })))
    assert.deepEqual(play.ran.map(({ messageId }) => messageId), ['m1', 'm2', 'm3'])
  })

  it('knows its session while it runs, so that what the agent sends carries the hops on', async () => {
    const hops: number[] = []
    using play = stage(async () => {
      hops.push(play.live.turns.hopsOf(SESSION))
      return { text: '' }
    })
    await receive(play, inboundMessage({ hops: 2 }))
    assert.deepEqual([...hops, play.live.turns.hopsOf(SESSION)], [3, 0])
  })

  it('does not pass a host error on as an answer, and does not claim that the agent took the message', async () => {
    using play = stage(async () => ({ text: '', failure: '⚠️ no model' }))
    await receive(play, inboundMessage())
    assert.deepEqual(play.live.mesh.sent, [])
    assert.deepEqual(play.live.mesh.finished, [{ messageId: 'm1', outcome: 'received' }])
    assert.equal(play.live.host.log.matching(/no model/, 'warn').length, 1)
  })

  it('asks a host that reloads again, and counts the attempts', async () => {
    let asked = 0
    using play = stage(async (message) => {
      asked += 1
      return asked < 3 ? { text: '', failure: 'draining', isRefused: true } : echo(message)
    })
    play.live.mesh.stored.push(inboundMessage())
    play.inbound.handle(inboundMessage())
    for (let wait = 0; wait < 2; wait += 1) {
      while (play.clock.pending.length === 0) await Promise.resolve()
      play.clock.advance(5000)
    }
    await play.inbound.idle()
    assert.equal(asked, 3)
    assert.deepEqual(play.live.mesh.finished, [{ messageId: 'm1', outcome: 'delivered' }])
    assert.deepEqual(play.live.host.log.complaints, [])
  })

  it('says that an outcome is uncertain when the turn broke off', async () => {
    using play = stage(async () => { throw new Error('gone') })
    await receive(play, inboundMessage())
    assert.deepEqual(play.live.mesh.finished, [{ messageId: 'm1', outcome: 'uncertain' }])
  })

  it('finishes through the mesh that runs by then, when the channel restarted meanwhile', async () => {
    using stack = new DisposableStack()
    const next = new FakeMesh()
    using play = stage(async (message) => {
      stack.use(goLive(next))
      return echo(message)
    })
    await receive(play, inboundMessage())
    assert.deepEqual([play.live.mesh.sent.length, next.sent.length], [0, 1])
  })

  it('settles the turn although its answer cannot be sent', async () => {
    using play = stage(echo, { sendMessage: async () => { throw new Error('queue full') } })
    await receive(play, inboundMessage())
    assert.deepEqual(play.live.mesh.finished, [{ messageId: 'm1', outcome: 'delivered' }])
    assert.equal(play.live.host.log.matching(/was not sent: queue full/, 'error').length, 1)
  })

  it('lets the sender know of the delivery before it reads the answer, and answers although that fails', async () => {
    using play = stage(echo)
    play.live.mesh.finishTurn = async () => {
      assert.deepEqual(play.live.mesh.sent, [])
      throw new Error('disk full')
    }
    await receive(play, inboundMessage())
    assert.deepEqual(play.live.mesh.sent.map(({ text }) => text), ['re: hello'])
    assert.equal(play.live.host.log.matching(/disk full/, 'error').length, 1)
  })

  it('goes on with the next message after one that could not be handled', async () => {
    let calls = 0
    using play = stage(echo, {
      claimTurn: async () => {
        calls += 1
        if (calls === 1) throw new Error('disk full')
        return { claimed: true, message: inboundMessage({ messageId: 'm2' }) }
      }
    })
    await receive(play, inboundMessage(), inboundMessage({ messageId: 'm2' }))
    assert.deepEqual(play.ran.map(({ messageId }) => messageId), ['m2'])
  })

  it('holds back what a flooding peer sends on top of a full queue', async () => {
    using play = stage(echo)
    await receive(play, ...Array.from({ length: 100 }, (_, index) => inboundMessage({ messageId: `m${index}` })))
    assert.equal(play.ran.length, 64)
  })
})

describe('pieces', () => {
  it('keeps an ordinary answer in one message', () => {
    assert.deepEqual(pieces('  hello \n'), ['hello'])
    assert.deepEqual(pieces('  '), [])
  })

  it('splits a long answer between characters, and cuts what is too long for a few messages', () => {
    const parts = pieces('€'.repeat(MAX_TEXT_BYTES * 2))
    assert.equal(parts.length, 4)
    for (const part of parts) {
      assert.ok(utf8Bytes(part) <= MAX_TEXT_BYTES)
      assert.match(part, /^€+$/)
    }
  })
})
