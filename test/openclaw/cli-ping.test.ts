import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { runPing } from '../../src/openclaw/cli-ping.ts'
import type { Outcome } from '../../src/openclaw/operations/definition.ts'
import { PEER } from '../support/fake-mesh.ts'

const relayed = { peerId: PEER, path: 'relay', rttMs: 40 }
const direct = { peerId: PEER, path: 'direct', rttMs: 3 }
const answer = (facts: { path: string }): Outcome => ({ details: { ok: true, ...facts }, text: `by ${facts.path}` })
const failure = (code: 'UNREACHABLE' | 'UNKNOWN_RECIPIENT'): Outcome => ({ details: { ok: false, error: { code, message: 'no' } }, text: `${code}: no` })

/** Answers in this order, the last one for ever. */
async function ping(answers: Outcome[], count?: number) {
  const shown: string[] = []
  const params: object[] = []
  let pauses = 0
  const outcome = await runPing({
    recipient: 'anna', ...count !== undefined && { count },
    call: async (call) => {
      params.push(call.params)
      return answers[Math.min(params.length, answers.length) - 1] ?? assert.fail('no answer is left')
    },
    show: (line) => { shown.push(line) },
    pause: async () => { pauses += 1 }
  })
  return { outcome, shown, params, pauses }
}

describe('pings in a row', () => {
  it('show the path changing, and end once it is direct', async () => {
    const { outcome, shown, params, pauses } = await ping([answer(relayed), answer(relayed), answer(direct)])
    assert.deepEqual(shown, ['by relay', 'by relay', 'Path: relay -> direct', 'by direct'])
    assert.deepEqual(outcome, { details: { ok: true, ...direct, pings: [relayed, relayed, direct] }, text: '' })
    assert.deepEqual([params, pauses], [[{ to: 'anna' }, { to: 'anna' }, { to: 'anna' }], 2])
  })

  it('are one where the path is direct already', async () => {
    assert.deepEqual((await ping([answer(direct)])).shown, ['by direct'])
  })

  it('end after ten on a relay, and say where the reason is', async () => {
    const { outcome, params } = await ping([answer(relayed)])
    assert.equal(params.length, 10)
    assert.match(outcome.text, /Still through a relay; `openclaw p2p doctor`/)
    assert.equal(outcome.details.ok, true)
  })

  it('are as many as asked for, and show the path falling back', async () => {
    const { shown } = await ping([answer(direct), answer(relayed), answer(direct)], 3)
    assert.deepEqual(shown, ['by direct', 'Path: direct -> relay', 'by relay', 'Path: relay -> direct', 'by direct'])
  })

  it('go on when one is lost on the way, and fail when the last one is', async () => {
    const lost = failure('UNREACHABLE')
    const { shown, outcome } = await ping([answer(relayed), lost, answer(direct)])
    assert.deepEqual(shown, ['by relay', 'UNREACHABLE: no', 'Path: relay -> direct', 'by direct'])
    assert.deepEqual(outcome.details, { ok: true, ...direct, pings: [relayed, { error: { code: 'UNREACHABLE', message: 'no' } }, direct] })
    assert.equal((await ping([answer(relayed), lost], 2)).outcome, lost)
  })

  it('do not go on when the first one fails, or anything but the network does', async () => {
    for (const answers of [[failure('UNREACHABLE')], [answer(relayed), failure('UNKNOWN_RECIPIENT')]]) {
      const { outcome, params } = await ping(answers)
      assert.equal(outcome, answers.at(-1))
      assert.equal(params.length, answers.length)
    }
  })

  it('take no other count than a whole number', async () => {
    for (const count of [0, -1, 1.5, NaN]) {
      const { outcome, params } = await ping([answer(direct)], count)
      assert.deepEqual([!outcome.details.ok && outcome.details.error.code, params.length], ['INVALID_ARGUMENT', 0])
    }
  })
})
