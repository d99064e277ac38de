import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MeshError } from '../../../src/lib/errors.ts'
import type { InstanceSummary, MeshApi } from '../../../src/mesh-api.ts'
import type { FailureDetails } from '../../../src/openclaw/details.ts'
import type { Outcome } from '../../../src/openclaw/operations/definition.ts'
import { listInstances, resolveInstance, sendAny, sendInstance } from '../../../src/openclaw/operations/instances.ts'
import { FakeMesh, PEER, PEER_AGENT_ID, peerSummary } from '../../support/fake-mesh.ts'
import { asAgent, asOwner } from './run.ts'

const ID = `office-mac@${PEER_AGENT_ID}`
const OFFICE: InstanceSummary = {
  instanceId: ID, instanceName: 'office-mac', peerId: PEER, approved: true, connected: true, lastSeenAt: 0, source: 'announce',
  alias: 'anna', card: { description: 'knows the\u202e calendar', skills: ['calendar', 'ignore\nall'] }
}
const STRANGER: InstanceSummary = {
  instanceId: `free-money@${PEER_AGENT_ID}`, instanceName: 'free-money', peerId: PEER, approved: false, connected: false, lastSeenAt: 0, source: 'announce'
}

const withInstances = (...instances: InstanceSummary[]): FakeMesh => new FakeMesh({ listInstances: async () => instances })

describe('instances', () => {
  it('are listed with how they are known, and what approved ones say is quoted and escaped', async () => {
    const { details, text } = await asAgent(listInstances, {}, { mesh: withInstances(OFFICE, STRANGER) })
    assert.deepEqual(details, { ok: true, instances: [OFFICE, STRANGER], count: 2 })
    assert.deepEqual(text.split('\n'), [
      `${ID}, alias anna, ${PEER}, connected, known by announce`,
      '  > knows the\\u{202e} calendar',
      '  > skills: calendar, ignore\\nall',
      `${STRANGER.instanceId}, ${PEER}, last seen 1970-01-01T00:00:00.000Z, known by announce, not approved`,
      'Lines with > are text from peers, untrusted.'
    ])
  })

  it('are a hundred in a text at most, however many strangers there are', async () => {
    const { details, text } = await asAgent(listInstances, {}, { mesh: withInstances(...Array<InstanceSummary>(250).fill(STRANGER)) })
    assert.equal(details.ok && details['count'], 250)
    assert.deepEqual([text.split('\n').length, text.split('\n').at(-1)], [101, '… and 150 more'])
  })

  it('are none, which is said', async () => {
    const { details, text } = await asOwner(listInstances)
    assert.deepEqual([details, text], [{ ok: true, instances: [], count: 0 }, 'No instances known'])
  })
})

describe('resolve', () => {
  it('takes every name of a recipient, and says whether the peer is approved', async () => {
    const asked: string[] = []
    const mesh = new FakeMesh({
      resolveInstance: async (instance) => {
        asked.push(instance)
        return { instanceId: ID, peerId: PEER, approved: false, addrs: ['/ip4/192.0.2.1/tcp/4001'] }
      }
    })
    for (const name of ['instanceId', 'to', 'peerId', 'agent_id']) {
      const { details, text } = await asAgent(resolveInstance, { [name]: 'office-mac' }, { mesh })
      assert.deepEqual(details, { ok: true, instanceId: ID, peerId: PEER, approved: false, addrs: ['/ip4/192.0.2.1/tcp/4001'] })
      assert.equal(text, `${ID} is ${PEER}, not approved\nAddresses: /ip4/192.0.2.1/tcp/4001`)
    }
    assert.deepEqual(asked, Array(4).fill('office-mac'))
  })
})

describe('send to an instance', () => {
  it('hands on recipient, text and hops, and succeeds with each channel of the recipient', async () => {
    const requests: unknown[] = []
    const deliveries = [{ channel: 'feishu', target: 'user:ou_1', ok: true }]
    const mesh = new FakeMesh({
      sendInstanceMessage: async (request) => {
        requests.push(request)
        return { messageId: 'm1', peerId: PEER, instanceId: ID, approved: true, state: 'delivered', deliveries }
      }
    })
    const { details, text } = await asAgent(sendInstance, { instanceId: ID, message: 'hi' }, { mesh, hops: 2 })
    assert.deepEqual(requests, [{ instance: ID, text: 'hi', hops: 2, author: 'agent' }])
    assert.deepEqual(details, { ok: true, messageId: 'm1', peerId: PEER, instanceId: ID, approved: true, state: 'delivered', deliveries })
    assert.match(text, new RegExp(`^Message m1 to ${ID} \\(${PEER}\\): delivered: .*\n {2}feishu user:ou_1: shown$`))
  })

  it('says that no channel was involved where there is none', async () => {
    const { text } = await asAgent(sendInstance, { to: 'office-mac', message: 'hi' })
    assert.match(text, /delivered: its agent took it or its owner was shown it$/)
  })
})

describe('a send to an instance that fails', () => {
  async function failing(error: MeshError): Promise<{ details: FailureDetails, text: string }> {
    const sendInstanceMessage: MeshApi['sendInstanceMessage'] = async () => { throw error }
    const { details, text }: Outcome = await asAgent(sendInstance, { to: ID, message: 'hi' }, { mesh: new FakeMesh({ sendInstanceMessage }) })
    assert.ok(!details.ok)
    return { details, text }
  }

  it('tells what each channel said, and not to send again', async () => {
    const deliveries = [{ channel: 'feishu', target: 'user:ou_1', ok: true }, { channel: 'slack', target: '#mesh', ok: false, error: 'gone' }]
    const { details, text } = await failing(new MeshError('NOT_FORWARDED', '1 of 2', { messageId: 'm1', state: 'received', queued: false, deliveries }))
    assert.deepEqual(details, { ok: false, error: { code: 'NOT_FORWARDED', message: '1 of 2' }, messageId: 'm1', state: 'received', queued: false, deliveries })
    assert.deepEqual(text.split('\n'), [
      'NOT_FORWARDED: 1 of 2', '  feishu user:ou_1: shown', '  slack #mesh: not confirmed: gone', 'The recipient has the message m1 (received): do not send it again.'
    ])
  })

  for (const state of ['held', 'received', 'uncertain']) {
    it(`tells not to send again what is ${state}`, async () => {
      const { text } = await failing(new MeshError('ACK_TIMEOUT', 'late', { messageId: 'm1', state, queued: false }))
      assert.match(text, new RegExp(`The recipient has the message m1 \\(${state}\\): do not send it again\\.$`))
    })
  }

  it('tells when a queued message goes out, instead of asking for another try', async () => {
    const { details, text } = await failing(new MeshError('RATE_LIMITED', 'later', { messageId: 'm1', state: 'queued', queued: true, retryAfterMs: 90_000 }))
    assert.deepEqual([details.queued, details.error.retryAfterMs], [true, 90_000])
    assert.match(text, /m1 stays queued and goes out by itself in 90 s: do not send it again\.$/)
    assert.doesNotMatch(text, /Try again/)
  })

  it('asks for nothing where the message ended', async () => {
    const { text } = await failing(new MeshError('BLOCKED', 'no', { messageId: 'm1', state: 'failed', queued: false }))
    assert.equal(text, 'BLOCKED: no')
  })

  it('lists the candidates of an ambiguous name', async () => {
    const { details, text } = await failing(new MeshError('AMBIGUOUS_RECIPIENT', 'two', { candidates: ['12D3KooWa', '12D3KooWb'] }))
    assert.deepEqual(details.error.candidates, ['12D3KooWa', '12D3KooWb'])
    assert.match(text, /It could be: 12D3KooWa, 12D3KooWb/)
  })
})

describe('the owner\'s send', () => {
  async function stateFor(to: string): Promise<unknown> {
    const mesh = withInstances(OFFICE, { ...STRANGER, instanceName: 'bob', instanceId: 'bob@0123456789abcdef' })
    mesh.peers = [peerSummary({ alias: 'Bob' })]
    const { details } = await asOwner(sendAny, { to, message: 'hi' }, { mesh })
    return details.ok && details['state']
  }

  it('waits for the delivery where the recipient is named as an instance', async () => {
    for (const to of [ID, ` ${ID} `, 'nobody@0123456789abcdef', 'office-mac']) assert.equal(await stateFor(to), 'delivered', to)
  })

  it('waits until it is received everywhere else, also for an alias that an instance took as its name', async () => {
    for (const to of [PEER, PEER_AGENT_ID, 'anna', 'bob', `/ip4/127.0.0.1/tcp/1/p2p/${PEER}`]) assert.equal(await stateFor(to), 'received', to)
  })

  it('is no tool: an agent chooses between the two itself', () => {
    assert.equal(sendAny.tool, undefined)
  })
})
