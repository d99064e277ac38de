import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { identity, network, status } from '../../../src/openclaw/operations/node.ts'
import { SELF, STATUS } from '../../support/fake-mesh.ts'
import { asAgent, asOwner } from './run.ts'

describe('status', () => {
  it('tells the owner who waits for approval', async () => {
    const { details, text } = await asOwner(status)
    assert.deepEqual(details, { ok: true, ...STATUS })
    assert.match(text, /openclaw p2p approve ABCD-EFGH/)
  })

  it('tells an agent nothing about strangers', async () => {
    const { details, text } = await asAgent(status)
    const { pendingApprovals: _pending, ...facts } = STATUS
    assert.deepEqual(details, { ok: true, ...facts })
    assert.doesNotMatch(text, /ABCD-EFGH/)
  })
})

describe('identity and network', () => {
  it('answer with the facts and the same as text', async () => {
    for (const operation of [identity, network]) {
      const { details, text } = await asAgent(operation)
      assert.equal(details.ok && details['peerId'], SELF)
      assert.match(text, new RegExp(SELF))
    }
  })
})
