import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { HostConfig } from '../../src/openclaw/host.ts'
import { turnPolicy } from '../../src/openclaw/turn-policy.ts'
import { PEER } from '../support/fake-mesh.ts'

const CHANNEL_KEY = `channel:libp2p-mesh:${PEER}`
const subject = { peerId: PEER, agentId: 'main' }

const globally = (toolsBySender: Record<string, { allow?: string[], alsoAllow?: string[], deny?: string[] }>): HostConfig => ({ tools: { toolsBySender } })

describe('turnPolicy', () => {
  it('refuses a turn where nothing limits its tools', () => {
    assert.deepEqual(turnPolicy({}, subject), { allowed: false, reason: 'no-entry' })
    assert.deepEqual(turnPolicy(globally({ 'id:somebody': { deny: ['*'] } }), subject), { allowed: false, reason: 'no-entry' })
  })

  for (const key of [CHANNEL_KEY, `id:${PEER}`, '*', CHANNEL_KEY.toUpperCase()]) {
    it(`takes an entry for ${key}`, () => {
      assert.equal(turnPolicy(globally({ [key]: { deny: ['*'] } }), subject).allowed, true)
    })
  }

  it('takes a list of allowed tools as a limit', () => {
    assert.equal(turnPolicy(globally({ [CHANNEL_KEY]: { allow: ['p2p_status'] } }), subject).allowed, true)
  })

  it('refuses an entry that limits nothing', () => {
    for (const entry of [{}, { alsoAllow: ['exec'] }, { deny: [] }]) {
      assert.deepEqual(turnPolicy(globally({ [CHANNEL_KEY]: entry }), subject), { allowed: false, reason: 'entry-limits-nothing' })
    }
  })

  it('lets the first matching entry decide, as the host does', () => {
    assert.equal(turnPolicy(globally({ [CHANNEL_KEY]: {}, '*': { deny: ['*'] } }), subject).allowed, false)
  })

  it('puts the agent\'s own entries before the global ones', () => {
    const config: HostConfig = {
      ...globally({ [CHANNEL_KEY]: { deny: ['*'] } }),
      agents: { entries: { main: { tools: { toolsBySender: { '*': {} } } } } }
    }
    assert.equal(turnPolicy(config, subject).allowed, false)
    assert.equal(turnPolicy(config, { ...subject, agentId: 'other' }).allowed, true)
  })
})
