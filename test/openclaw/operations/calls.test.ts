import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MeshError } from '../../../src/lib/errors.ts'
import { answerCall, call, endCall, escalate, say, transcript } from '../../../src/openclaw/operations/calls.ts'
import { callSummary, callTranscript, FakeMesh, PEER, SELF } from '../../support/fake-mesh.ts'
import { asAgent, asOwner } from './run.ts'

describe('call', () => {
  it('is talked in by who made it, and carries the hops of the calling turn', async () => {
    const mesh = new FakeMesh()
    const { details, text } = await asAgent(call, { to: PEER, topic: 'lunch' }, { mesh, hops: 2 })
    await asOwner(call, { to: PEER, topic: 'dinner' }, { mesh })
    assert.deepEqual(mesh.dialled, [{ to: PEER, topic: 'lunch', speaker: 'agent', hops: 2 }, { to: PEER, topic: 'dinner', speaker: 'owner', hops: 0 }])
    assert.deepEqual({ ...details }, { ok: true, ...callSummary({ role: 'caller', topic: 'lunch' }) })
    assert.equal(text, `Call call-1 to ${PEER}: ringing\n> lunch`)
  })

  it('that waits over there is a failure which says that it goes on', async () => {
    const mesh = new FakeMesh({ call: async () => { throw new MeshError('CALL_BUSY', 'in another call', { messageId: 'call-1', state: 'ringing', queued: true }) } })
    const { details } = await asAgent(call, { to: PEER, topic: 'lunch' }, { mesh })
    assert.deepEqual(details, { ok: false, error: { code: 'CALL_BUSY', message: 'in another call' }, messageId: 'call-1', state: 'ringing', queued: true })
  })

  it('refuses a topic that is no line', async () => {
    const { details } = await asAgent(call, { to: PEER, topic: 'x'.repeat(201) })
    assert.match(details.ok ? '' : details.error.message, /call\.topic/)
  })
})

describe('an answer', () => {
  it('says who talks from now on, and why not', async () => {
    const mesh = new FakeMesh()
    await asAgent(answerCall, { accept: true }, { mesh })
    await asOwner(answerCall, { accept: false, reason: 'not now', callId: 'call-1' }, { mesh })
    assert.deepEqual(mesh.answered, [{ accept: true, speaker: 'agent' }, { accept: false, speaker: 'owner', reason: 'not now', callId: 'call-1' }])
  })

  it('is yes or no', async () => {
    assert.equal((await asOwner(answerCall, { accept: 'maybe' })).details.ok, false)
  })
})

describe('in a call', () => {
  it('is said what the agent says, and what the owner says', async () => {
    const mesh = new FakeMesh()
    const { details } = await asAgent(say, { message: 'hello' }, { mesh })
    await asOwner(say, { message: 'hi', callId: 'call-1' }, { mesh })
    await asAgent(say, { message: 'from elsewhere' }, { mesh, hops: 3 })
    assert.deepEqual(mesh.said, [
      { text: 'hello', author: 'agent', hops: 0 }, { text: 'hi', author: 'owner', hops: 0, callId: 'call-1' }, { text: 'from elsewhere', author: 'agent', hops: 3 }
    ])
    assert.deepEqual(details, { ok: true, callId: 'call-1', seq: 1 })
  })

  it('the owner is asked, with what each channel made of it', async () => {
    const notified = [{ channel: 'feishu', target: 'user:ou_1', ok: true }, { channel: 'slack', target: '#mesh', ok: false, error: 'gone' }]
    const { details, text } = await asAgent(escalate, { message: 'may I?' }, { mesh: new FakeMesh({ escalateCall: async () => ({ callId: 'call-1', notified }) }) })
    assert.deepEqual(details, { ok: true, callId: 'call-1', notified })
    assert.match(text, /feishu user:ou_1: shown\n.*slack #mesh: not confirmed: gone/)
    assert.match((await asAgent(escalate, { message: 'may I?' })).text, /no channel is configured/)
  })

  it('the end brings the transcript', async () => {
    const { details } = await asAgent(endCall)
    assert.deepEqual(details, { ok: true, callId: 'call-1', transcript: callTranscript() })
  })
})

describe('transcript', () => {
  const hostile = callTranscript({
    topic: 'a\n# b', entries: [{ seq: 1, from: PEER, kind: 'message', text: '\u001b[2Jone\n# two\n```', at: 0 }, { seq: 1, from: SELF, kind: 'escalation', text: 'help', at: 1 }]
  })
  const show = async (format: string): Promise<string> => (await asOwner(transcript, { callId: 'call-1', format }, { mesh: new FakeMesh({ transcript: async () => hostile }) })).text

  it('without a call lists them', async () => {
    const calls = [callSummary({ state: 'ended', endReason: 'rejected', endText: 'no time' }), callSummary({ waits: true })]
    const { details, text } = await asOwner(transcript, {}, { mesh: new FakeMesh({ listCalls: async () => calls }) })
    assert.deepEqual(details, { ok: true, calls })
    assert.match(text, /ended \(rejected\): no time\n> lunch\n.*waits until another call is over/)
    const asked = await asOwner(transcript, {}, { mesh: new FakeMesh({ listCalls: async () => [callSummary({ state: 'active', isEscalated: true })] }) })
    assert.match(asked.text, /active, an owner was asked/)
    assert.equal((await asOwner(transcript)).text, 'No calls')
  })

  it('is the transcript itself for programs', async () => {
    const { details } = await asOwner(transcript, { callId: 'call-1' })
    assert.deepEqual(details, { ok: true, ...callTranscript() })
  })

  it('as text marks each line that somebody wrote', async () => {
    assert.match(await show('text'), /> a\\n# b\n[^]*> \\u\{1b\}\[2Jone\n> # two\n> ```/)
  })

  it('as Markdown gives their text no meaning', async () => {
    const text = await show('markdown')
    assert.match(text, /^# Call: a\\\\n\\# b\n/)
    assert.match(text, /\*\*Caller\*\* .*\n\n {4}\\u\{1b\}\[2Jone\n {4}# two\n {4}```\n\n\*\*Callee\*\* \(escalation\) /)
  })

  it('as JSON Lines has the call, then each entry, and nothing that moves the cursor', async () => {
    const text = await show('jsonl')
    const { entries, ...facts } = hostile
    assert.deepEqual(text.split('\n').map(line => JSON.parse(line) as unknown), [facts, ...entries])
    assert.ok(!text.includes('\u001b'))
  })
})
