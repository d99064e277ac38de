import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { AddPeerRequest } from '../../../src/mesh-api.ts'
import { addPeer, approve, block, listPeers, ping, removePeer } from '../../../src/openclaw/operations/peers.ts'
import { FakeHost } from '../../support/fake-host.ts'
import { FakeMesh, PEER, PEER_AGENT_ID, peerSummary } from '../../support/fake-mesh.ts'
import { asAgent, asOwner } from './run.ts'

const STRANGER = peerSummary({ approved: false, status: 'unknown', connected: false, held: 2, code: 'ABCD-EFGH', instanceId: 'free-money@604ad9d9c103ea46' })

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
        return { peerId: PEER, agentId: PEER_AGENT_ID, reachable: false }
      }
    })
    return { mesh, requests }
  }

  it('takes any name for the recipient', async () => {
    const { mesh, requests } = recording()
    for (const name of ['to', 'peerId', 'agent_id', 'instanceId']) await asAgent(addPeer, { [name]: PEER, alias: 'bob' }, { mesh })
    assert.deepEqual(requests, Array.from({ length: 4 }, () => ({ recipient: PEER, alias: 'bob' })))
  })

  it('re-pins an alias for the owner only', async () => {
    const { mesh, requests } = recording()
    await asAgent(addPeer, { to: PEER, alias: 'bob', replace: true }, { mesh })
    await asOwner(addPeer, { to: PEER, alias: 'bob', replace: true }, { mesh })
    assert.deepEqual(requests.map(({ replace }) => replace), [undefined, true])
  })

  it('refuses no recipient, and two that differ', async () => {
    for (const params of [{}, { to: PEER, peerId: 'bob' }]) {
      const { details } = await asAgent(addPeer, params)
      assert.equal(details.ok ? '' : details.error.code, 'INVALID_ARGUMENT')
    }
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

  it('approves although the configuration cannot be written, and says what to do', async () => {
    const host = new FakeHost()
    host.writeError = new Error('read-only file')
    const { details, text } = await asOwner(approve, { who: PEER }, { host })
    assert.deepEqual(details.ok && [details['toolPolicy'], details['toolPolicyError']], ['missing', 'read-only file'])
    assert.match(text, /NO agent turn.*read-only file.*tools\.toolsBySender/)
  })

  it('asks which peer is meant when two have the name', async () => {
    const other = '12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp'
    const mesh = meshWith(peerSummary({ instanceId: 'x@604ad9d9c103ea46' }), peerSummary({ peerId: other, instanceId: 'x@604ad9d9c103ea46' }))
    const { details } = await asOwner(approve, { who: 'x@604ad9d9c103ea46' }, { mesh })
    assert.deepEqual(details.ok ? [] : [details.error.code, details.error.candidates], ['AMBIGUOUS_RECIPIENT', [PEER, other]])
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
