import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Transfer } from '../../src/mesh-api.ts'
import { runSendFile } from '../../src/openclaw/cli-files.ts'
import type { GatewayCall } from '../../src/openclaw/gateway-call.ts'
import type { Outcome } from '../../src/openclaw/operations/definition.ts'
import { TRANSFER } from '../support/fake-mesh.ts'

/** Runs the command while the gateway tells these states, one at each call. */
async function send(states: Array<Partial<Transfer>>): Promise<{ outcome: Outcome, calls: GatewayCall[], lines: string[], pauses: number }> {
  const calls: GatewayCall[] = []
  const lines: string[] = []
  let pauses = 0
  const outcome = await runSendFile({
    params: { path: '/x/plan.pdf', to: 'bob' },
    call: async (call) => {
      calls.push(call)
      const transfer: Transfer = { ...TRANSFER, direction: 'out', ...states[calls.length - 1] }
      return { details: { ok: true, ...calls.length === 1 ? transfer : { files: [transfer] } }, text: '' }
    },
    showProgress: (line) => { lines.push(line) },
    pause: async () => { pauses += 1 }
  })
  return { outcome, calls, lines, pauses }
}

describe('openclaw p2p sendfile', () => {
  it('shows a bar until the file is there', async () => {
    const { outcome, calls, lines, pauses } = await send([
      { state: 'queued', moved: 0 }, { state: 'moving', moved: 1_000_000, bytesPerSecond: 1_000_000 }, { state: 'received' }
    ])
    assert.equal(outcome.details.ok, true)
    assert.deepEqual(calls.map(({ operation }) => operation), ['sendFile', 'files', 'files'])
    assert.deepEqual(calls[0]?.params, { path: '/x/plan.pdf', to: 'bob', waitMs: 0 })
    assert.deepEqual([lines.length, pauses], [3, 2])
    assert.match(lines[1] ?? '', /50 % {2}1\.0 MB of 2\.0 MB {2}1\.0 MB\/s {2}1 s left/)
  })

  it('leaves a file that waits to the gateway, and says so', async () => {
    const { outcome, calls } = await send([{ state: 'queued', moved: 0, error: { code: 'UNREACHABLE', message: 'refused' } }])
    assert.deepEqual([outcome.details.ok, calls.length], [true, 1])
    assert.match(outcome.text, /queued: nothing moves now, it goes on by itself\n {2}UNREACHABLE: refused/)
    assert.equal((await send([{ state: 'asking', moved: 0 }])).outcome.details.ok, true)
  })

  it('fails with the reason when the file did not get there', async () => {
    const { outcome } = await send([{ state: 'moving', moved: 0 }, { state: 'failed', error: { code: 'DISK_FULL', message: 'no room' } }])
    assert.deepEqual(outcome.details.ok ? undefined : outcome.details.error, { code: 'DISK_FULL', message: 'no room' })
    const rejected = await send([{ state: 'rejected' }])
    assert.equal(rejected.outcome.details.ok, false)
  })
})
