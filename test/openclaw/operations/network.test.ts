import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { NetworkInfo } from '../../../src/mesh-api.ts'
import { doctor, network } from '../../../src/openclaw/operations/network.ts'
import { FakeMesh, NETWORK, STATUS } from '../../support/fake-mesh.ts'
import { networkFacts, peerReach, relaySummary } from '../../support/network-facts.ts'
import { asAgent, asOwner } from './run.ts'

const RELAYED = networkFacts({ peers: [peerReach({ path: 'relay', whyNotDirect: 'both-symmetric' })] })
const LOST = networkFacts({}, { relays: [], relayList: [relaySummary({ state: 'waiting', why: 'unreachable' })] })

/** A mesh with this network; `checks` tells whether it was looked at anew. */
function meshIn(info: NetworkInfo) {
  const checks: unknown[] = []
  const mesh = new FakeMesh({
    networkInfo: async (query) => {
      checks.push(query?.check)
      return info
    }
  })
  return { mesh, checks }
}

describe('network', () => {
  it('answers with what is known, the findings, and the same as text', async () => {
    const { mesh, checks } = meshIn(RELAYED)
    const { details, text } = await asAgent(network, {}, { mesh })
    assert.deepEqual(checks, [false])
    assert.deepEqual(details.ok && [details['connections'], details['peers']], [RELAYED.connections, RELAYED.peers])
    assert.match(JSON.stringify(details), /"code":"peer-relayed".*"cause":"both-symmetric"/)
    assert.match(text, /not direct: the routers of both sides/)
  })
})

describe('doctor', () => {
  it('looks anew and is content with a healthy node', async () => {
    const { mesh, checks } = meshIn(RELAYED)
    const { details } = await asOwner(doctor, {}, { mesh })
    assert.deepEqual([checks, details.ok && details['healthy']], [[true], true])
  })

  it('is not content when nobody reaches the node', async () => {
    const { details, text } = await asOwner(doctor, {}, meshIn(LOST))
    assert.equal(details.ok && details['healthy'], false)
    assert.match(text, /error relay-unreachable/)
  })

  it('knows of keys that are used twice', async () => {
    const mesh = new FakeMesh({ networkInfo: async () => NETWORK, status: async () => ({ ...STATUS, duplicateKeys: [STATUS.peerId] }) })
    const { details } = await asOwner(doctor, {}, { mesh })
    assert.equal(details.ok && details['healthy'], false)
  })

  it('is no tool: an agent has the network with its findings', () => {
    assert.equal(doctor.tool, undefined)
  })
})
