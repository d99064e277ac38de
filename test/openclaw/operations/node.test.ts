import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { identity, status } from '../../../src/openclaw/operations/node.ts'
import { FakeMesh, NETWORK, PEER, SELF, STATUS } from '../../support/fake-mesh.ts'
import { asAgent, asOwner } from './run.ts'

const FINDINGS = [{
  code: 'local-only', severity: 'note', message: 'This node has no public address and no relay: as far as it knows, only peers of its own network reach it.',
  action: 'Name a relay in `relayList` to be reached from elsewhere.'
}]
const REACH = { peers: NETWORK.peers, findings: FINDINGS }

describe('status', () => {
  it('tells the owner who waits for approval', async () => {
    const { details, text } = await asOwner(status)
    assert.deepEqual(details, { ok: true, ...STATUS, ...REACH })
    assert.match(text, /openclaw p2p approve ABCD-EFGH/)
  })

  it('tells an agent nothing about strangers', async () => {
    const { details, text } = await asAgent(status)
    const { pendingApprovals: _pending, ...facts } = STATUS
    assert.deepEqual(details, { ok: true, ...facts, ...REACH })
    assert.doesNotMatch(text, /ABCD-EFGH/)
  })

  it('shows the calls that are open, and how to answer one', async () => {
    const openCalls = [
      { callId: 'c1', peerId: PEER, role: 'callee', state: 'ringing' }, { callId: 'c2', peerId: PEER, role: 'caller', state: 'active' },
      { callId: 'c3', peerId: PEER, role: 'callee', state: 'ringing', waits: true }
    ] as const
    const { details, text } = await asAgent(status, {}, { mesh: new FakeMesh({ status: async () => ({ ...STATUS, openCalls: [...openCalls] }) }) })
    assert.deepEqual(details.ok && details['openCalls'], openCalls)
    assert.match(text, new RegExp(`c1 from ${PEER}: rings here, openclaw p2p answer accept\n.*c2 to ${PEER}: active\n.*c3 from ${PEER}: waits until`))
  })
})

describe('identity', () => {
  it('answers with the facts and the same as text', async () => {
    const { details, text } = await asAgent(identity)
    assert.equal(details.ok && details['peerId'], SELF)
    assert.match(text, new RegExp(SELF))
  })
})
