import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { encode } from 'uqr'
import { MeshError } from '../../src/lib/errors.ts'
import type { MeshEvent } from '../../src/mesh-api.ts'
import { runInvite } from '../../src/openclaw/cli-invite.ts'
import { failureDetails, failureText } from '../../src/openclaw/details.ts'
import type { GatewayCall } from '../../src/openclaw/gateway-call.ts'
import type { Outcome } from '../../src/openclaw/operations/definition.ts'
import { INVITE, JOINED, PEER } from '../support/fake-mesh.ts'

const JOIN: MeshEvent = { seq: 7, type: 'joined', peerId: PEER, inviteId: INVITE.inviteId, alias: 'bob', safetyWords: JOINED.safetyWords }
const OTHERS: MeshEvent[] = [{ ...JOIN, seq: 5, inviteId: 'another' }, { seq: 6, type: 'peer-connected', peerId: PEER }]

interface Run {
  outcome: Outcome
  shown: string[]
  calls: GatewayCall[]
}

/** Runs the command against a gateway that tells these events, one answer of a watch after the other. */
async function run(isWatched: boolean, watches: MeshEvent[][] = [], invited: Outcome = { details: { ok: true, ...INVITE }, text: 'the ticket' }): Promise<Run> {
  const shown: string[] = []
  const calls: GatewayCall[] = []
  let cursor = 4
  const call = async (made: GatewayCall): Promise<Outcome> => {
    calls.push(made)
    if (made.operation === 'invite') return invited
    const events = calls.length === 1 ? [] : watches.shift() ?? assert.fail('watched for too long')
    cursor = events.at(-1)?.seq ?? cursor
    return { details: { ok: true, events, cursor }, text: '' }
  }
  const outcome = await runInvite({ params: { name: 'bob' }, call, show: text => shown.push(text), isWatched })
  return { outcome, shown, calls }
}

/** The dark modules of a code drawn with half blocks. */
function modulesOf(drawing: string): boolean[][] {
  return drawing.split('\n').flatMap((line) => {
    const characters = [...line]
    return [characters.map(character => '▄ '.includes(character)), characters.map(character => '▀ '.includes(character))]
  })
}

describe('runInvite', () => {
  it('shows the ticket and its code, and is done', async () => {
    const { outcome, shown, calls } = await run(false)
    assert.deepEqual(calls.map(({ operation, params }) => [operation, params]), [['invite', { name: 'bob' }]])
    assert.deepEqual(outcome, { details: { ok: true, ...INVITE }, text: '' })
    const [text = ''] = shown
    assert.ok(text.startsWith('the ticket\n\n'))
    const { data, size } = encode('LIBP2P-MESH:04ABCDEFGHJKMNPQRSTVWXYZ0123456789ABCD', { border: 2 })
    assert.deepEqual(modulesOf(text.slice('the ticket\n\n'.length)).slice(0, size), data)
  })

  it('shows in a terminal who came with this ticket', async () => {
    const { outcome, shown, calls } = await run(true, [OTHERS, [], [JOIN]])
    assert.match(shown.join('\n'), /Waiting until somebody joins/)
    assert.match(outcome.text, new RegExp(`bob \\(${PEER}\\) has joined.*apple river stone cloud`, 's'))
    assert.deepEqual(calls.map(({ operation, params }) => [operation, 'after' in params ? params.after : undefined]),
      [['watch', undefined], ['invite', undefined], ['watch', 4], ['watch', 6], ['watch', 6]])
  })

  it('ends the wait when the ticket expires', async () => {
    const { outcome } = await run(true, [], { details: { ok: true, ...INVITE, expiresAt: Date.now() - 1 }, text: 'the ticket' })
    assert.match(outcome.text, /expired/)
  })

  it('shows nothing but the failure when no ticket is made', async () => {
    const error = new MeshError('QUOTA_EXCEEDED', 'too many')
    const { outcome, shown } = await run(true, [], { details: failureDetails(error), text: failureText(error) })
    assert.match(outcome.text, /QUOTA_EXCEEDED/)
    assert.deepEqual(shown, [])
  })
})
