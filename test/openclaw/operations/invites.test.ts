import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MeshError } from '../../../src/lib/errors.ts'
import type { InviteRequest, JoinRequest } from '../../../src/mesh-api.ts'
import { invite, join } from '../../../src/openclaw/operations/invites.ts'
import { FakeHost } from '../../support/fake-host.ts'
import { FakeMesh, INVITE, JOINED, PEER } from '../../support/fake-mesh.ts'
import { asOwner } from './run.ts'

describe('invite', () => {
  function recording(): { mesh: FakeMesh, requests: InviteRequest[] } {
    const requests: InviteRequest[] = []
    const mesh = new FakeMesh({
      createInvite: async (request) => {
        requests.push(request)
        return INVITE
      }
    })
    return { mesh, requests }
  }

  it('makes a ticket for the time and under the name that the owner says', async () => {
    const { mesh, requests } = recording()
    for (const expires of ['90s', '15m', '2h', '7d']) await asOwner(invite, { expires }, { mesh })
    await asOwner(invite, { name: 'anna' }, { mesh })
    assert.deepEqual(requests, [{ expiresInMs: 90_000 }, { expiresInMs: 900_000 }, { expiresInMs: 7_200_000 }, { expiresInMs: 604_800_000 }, { name: 'anna' }])
  })

  it('takes no other form of a duration', async () => {
    const { mesh, requests } = recording()
    for (const expires of ['15', 'm', '1.5h', '-5m', '15 m', '15M', '1w', 'never']) {
      const { details } = await asOwner(invite, { expires }, { mesh })
      assert.equal(details.ok ? '' : details.error.code, 'INVALID_ARGUMENT', expires)
    }
    assert.deepEqual(requests, [])
  })

  it('shows the ticket in lines to read out, and as a link', async () => {
    const { details, text } = await asOwner(invite)
    assert.deepEqual(details, { ok: true, ...INVITE })
    const lines = text.split('\n').map(line => line.trim())
    assert.ok(lines.includes('04AB-CDEF-GHJK-MNPQ-RSTV-WXYZ-0123-4567'))
    assert.ok(lines.includes('89AB-CD'))
    assert.ok(lines.includes(INVITE.uri))
    assert.match(text, /good until 2030-01-01T00:15:00.000Z/)
  })

  it('says so when the ticket leads nowhere', async () => {
    const mesh = new FakeMesh({ createInvite: async () => ({ ...INVITE, addrs: [] }) })
    assert.match((await asOwner(invite, {}, { mesh })).text, /no address/)
  })
})

describe('join', () => {
  it('joins, then takes the tools from the turns of whoever invited', async () => {
    const requests: JoinRequest[] = []
    const host = new FakeHost()
    const mesh = new FakeMesh({
      joinInvite: async (request) => {
        assert.equal(host.underway.size, 0)
        requests.push(request)
        return { ...JOINED, released: 2 }
      }
    })
    const { details, text } = await asOwner(join, { ticket: '04AB', name: 'bob' }, { mesh, host })
    assert.deepEqual(requests, [{ ticket: '04AB', name: 'bob' }])
    assert.deepEqual(details, { ok: true, ...JOINED, released: 2, toolPolicy: 'written' })
    assert.deepEqual([...host.underway], [PEER])
    assert.match(text, new RegExp(`Joined bob \\(${PEER}\\).*2 held messages.*apple river stone cloud.*openclaw p2p block.*without tools`, 's'))
  })

  it('leaves the configuration alone when the ticket is no good, and shows why', async () => {
    const host = new FakeHost()
    const mesh = new FakeMesh({ joinInvite: async () => { throw new MeshError('INVALID_TICKET', 'it was used', { reason: 'used' }) } })
    const { details, text } = await asOwner(join, { ticket: '04AB' }, { mesh, host })
    assert.deepEqual(details.ok ? {} : details.error, { code: 'INVALID_TICKET', message: 'it was used', cause: 'used' })
    assert.match(text, /INVALID_TICKET \(used\): it was used/)
    assert.equal(host.underway.size, 0)
  })

  it('never shows a ticket in an error', async () => {
    const { text } = await asOwner(join, { ticket: 'SECRET'.repeat(2_000), name: 'x'.repeat(100) })
    assert.match(text, /INVALID_ARGUMENT/)
    assert.doesNotMatch(text, /SECRET/)
  })
})

describe('what an agent must not do', () => {
  it('is no tool: inviting, joining', () => {
    for (const operation of [invite, join]) assert.equal(operation.tool, undefined)
  })
})
