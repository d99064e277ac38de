/** Answers to messages of calls: of agents in turns, and of the owner who quotes. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { CallNote, InboundMessage, MeshApi } from '../../src/mesh-api.ts'
import { answerInCall, isOfCall, type CallReply } from '../../src/openclaw/call-answers.ts'
import { forwardText } from '../../src/openclaw/forward-text.ts'
import { frameText } from '../../src/openclaw/frame.ts'
import { InboundTurns, type TurnAnswer } from '../../src/openclaw/inbound.ts'
import { Notices } from '../../src/openclaw/notices.ts'
import { OwnerAnswers } from '../../src/openclaw/owner-answers.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { FakeHost, goLive } from '../support/fake-host.ts'
import { callSummary, FakeMesh, inboundMessage, PEER } from '../support/fake-mesh.ts'

const ACTIVE: Partial<MeshApi> = { listCalls: async () => [callSummary({ state: 'active' })] }
const RINGING: Partial<MeshApi> = { listCalls: async () => [callSummary()] }

function ofCall(act: CallNote['act'], over: Partial<InboundMessage> = {}): InboundMessage {
  return inboundMessage({ kind: 'call', call: { callId: 'call-1', topic: 'lunch', act }, ...over })
}

async function answer(mesh: FakeMesh, texts: string[], over: Partial<CallReply> = {}): Promise<string> {
  const message = ofCall('called')
  assert.ok(isOfCall(message))
  return answerInCall(mesh, message, { texts, speaker: 'agent', ...over })
}

describe('an answer to a call that rings', () => {
  const decisions: Array<[text: string, accept: boolean | undefined, rest: string]> = [
    ['ACCEPT', true, ''],
    ['accept: hello there', true, 'hello there'],
    ['**Reject** - busy today', false, 'busy today'],
    ['REJECT, later', false, 'later'],
    ['I accept', undefined, ''],
    ['acceptable', undefined, ''],
    ['', undefined, '']
  ]
  for (const [text, accept, rest] of decisions) {
    it(`"${text}" is ${accept === undefined ? 'no decision' : accept ? 'a yes' : 'a no'}`, async () => {
      const mesh = new FakeMesh(RINGING)
      const outcome = await answer(mesh, [text])
      const reason = accept === false ? { reason: rest } : {}
      assert.deepEqual(mesh.answered, accept === undefined ? [] : [{ callId: 'call-1', accept, speaker: 'agent', ...reason }])
      assert.deepEqual(mesh.said, accept === true && rest !== '' ? [{ callId: 'call-1', text: rest, hops: 1 }] : [])
      assert.equal(outcome, accept === undefined ? 'undecided' : accept ? 'accepted' : 'rejected')
    })
  }

  it('is said in the call when that was answered meanwhile, without the decision', async () => {
    const mesh = new FakeMesh(ACTIVE)
    assert.equal(await answer(mesh, ['ACCEPT Hello', 'and more']), 'said')
    assert.deepEqual([mesh.answered, mesh.said.map(({ text }) => text)], [[], ['Hello', 'and more']])
  })

  it('of the agent is not said where the owner took the call meanwhile', async () => {
    const mesh = new FakeMesh({ listCalls: async () => [callSummary({ state: 'active', speaker: 'owner' })] })
    assert.equal(await answer(mesh, ['ACCEPT Hello']), 'silent')
    assert.deepEqual(mesh.said, [])
    assert.equal(await answer(mesh, ['and more'], { speaker: 'owner' }), 'said')
  })

  it('does nothing when the call is over, or nobody knows it any more', async () => {
    for (const over of [{}, { listCalls: async () => [callSummary({ state: 'ended', endReason: 'cancelled' })] }]) {
      const mesh = new FakeMesh(over)
      assert.equal(await answer(mesh, ['accept']), 'over')
      assert.deepEqual([mesh.answered, mesh.said], [[], []])
    }
  })
})

describe('a message of a call', () => {
  async function turn(message: InboundMessage, text: string, over: Partial<MeshApi>): Promise<{ mesh: FakeMesh, ran: number, host: FakeHost }> {
    using live = goLive(new FakeMesh(over), new FakeHost())
    live.host.limitTools(PEER)
    live.mesh.stored.push(message)
    let ran = 0
    const run = async (): Promise<TurnAnswer> => {
      ran += 1
      return { text }
    }
    const { host, turns, mesh } = live
    const clock = new FakeClock()
    const runner = { route: () => ({ agentId: 'main', sessionKey: 'agent:main:peer' }), run }
    const inbound = new InboundTurns({ host, runner, notices: new Notices({ host, clock, targets: [] }), turns, clock, takesBroadcasts: false })
    inbound.handle(message)
    await inbound.idle()
    return { mesh, ran, host }
  }

  it('that was said starts a turn, whose answer is said in the call and nowhere else', async () => {
    const { mesh } = await turn(ofCall('said', { hops: 1 }), 'noodles', ACTIVE)
    assert.deepEqual(mesh.said, [{ callId: 'call-1', text: 'noodles', hops: 2 }])
    assert.deepEqual(mesh.sent, [])
    assert.deepEqual(mesh.finished, [{ messageId: 'm1', outcome: 'delivered' }])
  })

  for (const text of ['PASS', ' **Pass.** ']) {
    it(`whose turn answers "${text}" is left unanswered`, async () => {
      const { mesh } = await turn(ofCall('said'), text, ACTIVE)
      assert.deepEqual([mesh.said, mesh.finished], [[], [{ messageId: 'm1', outcome: 'delivered' }]])
    })
  }

  it('that rings is decided by the turn', async () => {
    const { mesh } = await turn(ofCall('called'), 'ACCEPT hello', RINGING)
    assert.deepEqual(mesh.answered, [{ callId: 'call-1', accept: true, speaker: 'agent' }])
  })

  it('that rings and is not decided rings on, and the log says so', async () => {
    const { mesh, host } = await turn(ofCall('called'), 'hmm', RINGING)
    assert.deepEqual(mesh.answered, [])
    assert.equal(host.log.matching(/neither accepts nor rejects/, 'warn').length, 1)
  })

  for (const act of ['escalated', 'ended', 'asks', 'over'] as const) {
    it(`that is "${act}" starts no turn`, async () => { assert.equal((await turn(ofCall(act), 'hm', ACTIVE)).ran, 0) })
  }

  it('tells the agent what it is, how to answer, and the topic inside the marks', () => {
    const wrap = (text: string): string => `<<${text}>>`
    assert.match(frameText(ofCall('called', { text: 'lunch' }), wrap), /calls you[^]*begin your answer with ACCEPT[^]*REJECT[^]*<<lunch>>$/)
    assert.match(frameText(ofCall('said'), wrap), /says something in your call[^]*said in the call \(ID call-1\)[^]*answer PASS[^]*<<\[topic of the call: lunch\]\nhello>>$/)
  })

  it('reads in the owner\'s channels as what it is', () => {
    const shown = (act: CallNote['act']): string => forwardText(ofCall(act, { alias: 'bob' }), 4000)
    assert.match(shown('called'), /^📞 Call from bob [^]*Begin your answer with accept or reject\.\n\nReply to this message/)
    assert.match(shown('said'), /^💬 bob in the call about "lunch"/)
    assert.match(shown('asks'), /^🆘 Your agent asks you in the call with bob about "lunch"/)
    for (const act of ['ended', 'over'] as const) assert.match(shown(act), /^📞 Call with bob about "lunch"/)
  })
})

describe('the owner who quotes a message of a call', () => {
  async function quote(text: string, over: Partial<MeshApi>): Promise<{ mesh: FakeMesh, told: string | undefined }> {
    const target = { channel: 'feishu', target: 'user:ou_1' }
    using live = goLive(new FakeMesh({ findForwarded: async () => [{ message: ofCall('asks', { alias: 'bob' }), target }], ...over }))
    const { host, mesh } = live
    const answers = new OwnerAnswers({ config: host.config, targets: () => [target], sendToChannel: host.sendToChannel })
    await answers.handle({
      channel: 'feishu', accountId: 'default', senderId: 'ou_1', conversationId: 'user:ou_1', messageId: 'om_9', text, quotedIds: ['om_1'], quotedText: undefined
    })
    return { mesh, told: host.shown.items[0]?.text }
  }

  it('talks in the call', async () => {
    const { mesh, told } = await quote('yes, at noon', ACTIVE)
    assert.deepEqual(mesh.said, [{ callId: 'call-1', text: 'yes, at noon', hops: 0 }])
    assert.deepEqual(mesh.sent, [])
    assert.equal(told, '✓ Said in the call with bob.')
  })

  it('may say a word that means silence of an agent', async () => {
    assert.deepEqual((await quote('pass', ACTIVE)).mesh.said, [{ callId: 'call-1', text: 'pass', hops: 0 }])
  })

  it('answers one that rings', async () => {
    const { mesh, told } = await quote('reject tomorrow', RINGING)
    assert.deepEqual(mesh.answered, [{ callId: 'call-1', accept: false, speaker: 'owner', reason: 'tomorrow' }])
    assert.equal(told, '✓ You rejected the call of bob.')
    assert.equal((await quote('who is it?', RINGING)).told, 'bob is calling: begin your answer with accept or reject.')
  })

  it('is told when it is over', async () => {
    assert.match((await quote('hello?', {})).told ?? '', /^Nothing was sent to bob: the call is over/)
  })
})
