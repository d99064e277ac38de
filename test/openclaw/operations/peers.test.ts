import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { AddPeerRequest } from '../../../src/mesh-api.ts'
import { addPeer, approve, block, discover, listPeers, ping, removePeer } from '../../../src/openclaw/operations/peers.ts'
import { FakeHost } from '../../support/fake-host.ts'
import { FakeMesh, PEER, PEER_AGENT_ID, peerSummary } from '../../support/fake-mesh.ts'
import { asAgent, asOwner } from './run.ts'

const OTHER = '12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp'
const STRANGER = peerSummary({ approved: false, status: 'unknown', connected: false, presence: 'away', held: 2, code: 'ABCD-EFGH', instanceId: 'free-money@604ad9d9c103ea46' })

function meshWith(...peers: FakeMesh['peers']): FakeMesh {
  const mesh = new FakeMesh()
  mesh.peers = peers
  return mesh
}

describe('peers', () => {
  it('shows the owner approval codes and self-given names, and an agent neither', async () => {
    const mesh = meshWith(STRANGER)
    const owner = await asOwner(listPeers, {}, { mesh })
    assert.deepEqual(owner.details, { ok: true, peers: [STRANGER], count: 1 })
    assert.match(owner.text, /not approved.*2 held.*openclaw p2p approve ABCD-EFGH/)
    const agent = await asAgent(listPeers, {}, { mesh })
    assert.doesNotMatch(JSON.stringify(agent), /ABCD-EFGH|free-money/)
  })

  it('says how each is known, who may message whom, and who claims the name of another', async () => {
    const peers = [
      peerSummary({ knownBy: 'peer', introducedBy: OTHER, mayMessageUs: 'held', claimsNameOf: OTHER }),
      peerSummary({ peerId: OTHER, knownBy: 'config', knownSince: null, mayMessageUs: 'no', agentMayMessage: false })
    ]
    const [first = '', second = ''] = (await asAgent(listPeers, {}, { mesh: meshWith(...peers) })).text.split('\n')
    assert.match(first, new RegExp(`known through ${OTHER} since 2030-01-01T.*its messages wait for you, your agent may message it.*claims a name that is pinned to ${OTHER}`))
    assert.match(second, /known by configuration, may not message you, your agent may not message it/)
  })

  it('shows the owner the safety words of approved peers, and an agent none', async () => {
    const asked: string[] = []
    const mesh = new FakeMesh({
      safetyWords: async (peerId) => {
        asked.push(peerId)
        return ['apple', 'river', 'stone', 'cloud']
      }
    })
    mesh.peers = [peerSummary(), { ...STRANGER, peerId: 'stranger' }]
    const owner = await asOwner(listPeers, {}, { mesh })
    assert.deepEqual(owner.details.ok && owner.details['peers'], [{ ...peerSummary(), safetyWords: ['apple', 'river', 'stone', 'cloud'] }, { ...STRANGER, peerId: 'stranger' }])
    assert.match(owner.text, /approved, safety words apple river stone cloud/)
    assert.doesNotMatch(JSON.stringify(await asAgent(listPeers, {}, { mesh })), /apple/)
    assert.deepEqual(asked, [PEER])
  })

  it('names a hundred in its text, says how many more there are, and has all in its details', async () => {
    const peers = Array.from({ length: 1_000 }, (_, index) => peerSummary({ peerId: `peer-${String(index)}` }))
    const { details, text } = await asAgent(listPeers, {}, { mesh: meshWith(...peers) })
    assert.deepEqual([text.split('\n').length, text.split('\n').at(-1)], [101, '… and 900 more'])
    assert.equal(details.ok && details['count'], 1_000)
  })

  it('lists connected ones only when asked', async () => {
    const { details } = await asAgent(listPeers, { online: true }, { mesh: meshWith(STRANGER) })
    assert.deepEqual(details, { ok: true, peers: [], count: 0 })
  })
})

describe('add', () => {
  function recording(): { mesh: FakeMesh, requests: AddPeerRequest[] } {
    const requests: AddPeerRequest[] = []
    const mesh = new FakeMesh({
      addPeer: async (request) => {
        requests.push(request)
        return { peerId: PEER, agentId: PEER_AGENT_ID, agentMayMessage: true, reachable: false }
      }
    })
    return { mesh, requests }
  }

  it('takes any name for the recipient', async () => {
    const { mesh, requests } = recording()
    for (const name of ['to', 'peerId', 'agent_id', 'instanceId']) await asAgent(addPeer, { [name]: PEER, alias: 'bob' }, { mesh })
    assert.deepEqual(requests, Array.from({ length: 4 }, () => ({ recipient: PEER, alias: 'bob' })))
  })

  it('re-pins an alias, and lets the agent write to a peer, for the owner only', async () => {
    const { mesh, requests } = recording()
    for (const run of [asAgent, asOwner]) await run(addPeer, { to: PEER, alias: 'bob', replace: true, agentMayMessage: true }, { mesh })
    assert.deepEqual(requests.map(({ replace, agentMayMessage }) => [replace, agentMayMessage]), [[undefined, undefined], [true, true]])
  })

  it('refuses no recipient, and two that differ', async () => {
    for (const params of [{}, { to: PEER, peerId: 'bob' }]) {
      const { details } = await asAgent(addPeer, params)
      assert.equal(details.ok ? '' : details.error.code, 'INVALID_ARGUMENT')
    }
  })
})

describe('discover', () => {
  it('says how many peers were found and are known, and who was not reached', async () => {
    const asked = [{ node: PEER, reached: true }, { node: '/ip4/192.0.2.1/tcp/1/p2p/x', reached: false, cause: 'timeout' }]
    const { details, text } = await asAgent(discover, {}, { mesh: new FakeMesh({ discover: async () => ({ found: 2, known: 5, asked }) }) })
    assert.deepEqual(details, { ok: true, found: 2, known: 5, asked })
    assert.deepEqual(text.split('\n'), ['Discovery complete - 2 new peer(s) found. Known peers: 5', 'Not reached: /ip4/192.0.2.1/tcp/1/p2p/x (timeout)'])
  })
})

describe('approve', () => {
  it('limits the tools of the peer\'s turns before it releases its messages', async () => {
    const steps: string[] = []
    const host = new FakeHost()
    host.denyTools = async (peerId) => {
      steps.push(`deny ${peerId}`)
      return 'written'
    }
    const mesh = meshWith(STRANGER)
    mesh.approvePeer = async (who) => {
      steps.push(`approve ${who}`)
      return { peerId: PEER, agentId: PEER_AGENT_ID, released: 2 }
    }
    const { details, text } = await asOwner(approve, { who: 'ABCD-EFGH' }, { mesh, host })
    assert.deepEqual(steps, [`deny ${PEER}`, 'approve ABCD-EFGH'])
    assert.deepEqual(details, { ok: true, peerId: PEER, agentId: PEER_AGENT_ID, released: 2, toolPolicy: 'written' })
    assert.match(text, /2 held messages released/)
  })

  it('limits them right after it for a peer that was not known before', async () => {
    const host = new FakeHost()
    await asOwner(approve, { who: PEER }, { mesh: meshWith(), host })
    assert.ok(host.underway.has(PEER))
  })

  it('warns the owner of a peer that calls itself by a pinned name', async () => {
    const mesh = meshWith(STRANGER)
    mesh.approvePeer = async () => ({ peerId: PEER, agentId: PEER_AGENT_ID, released: 0, claimsNameOf: OTHER })
    const { details, text } = await asOwner(approve, { who: PEER }, { mesh })
    assert.equal(details.ok && details['claimsNameOf'], OTHER)
    assert.match(text, new RegExp(`name that is pinned to ${OTHER}. A peer with a new key is a new peer`))
  })

  it('approves although the configuration cannot be written, and says what to do', async () => {
    const host = new FakeHost()
    host.writeError = new Error('read-only file')
    const { details, text } = await asOwner(approve, { who: PEER }, { host })
    assert.deepEqual(details.ok && [details['toolPolicy'], details['toolPolicyError']], ['missing', 'read-only file'])
    assert.match(text, /NO agent turn.*read-only file.*tools\.toolsBySender/)
  })

  it('asks which peer is meant when two have the name', async () => {
    const mesh = meshWith(peerSummary({ instanceId: 'x@604ad9d9c103ea46' }), peerSummary({ peerId: OTHER, instanceId: 'x@604ad9d9c103ea46' }))
    const { details } = await asOwner(approve, { who: 'x@604ad9d9c103ea46' }, { mesh })
    assert.deepEqual(details.ok ? [] : [details.error.code, details.error.candidates], ['AMBIGUOUS_RECIPIENT', [PEER, OTHER]])
    assert.deepEqual(mesh.approved, [])
  })
})

describe('what an agent must not do', () => {
  it('is no tool: approving, blocking, removing', () => {
    for (const operation of [approve, block, removePeer]) assert.equal(operation.tool, undefined)
  })
})

describe('ping, block, remove', () => {
  it('answer with the peer', async () => {
    for (const operation of [ping, block, removePeer]) {
      const { details, text } = await asOwner(operation, { to: 'bob' })
      assert.equal(details.ok && details['peerId'], PEER)
      assert.match(text, new RegExp(PEER))
    }
  })
})
