/** A call, and a file in it, between two meshes whose path changes under them: relay, direct, relay, direct. */

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { setInterval } from 'node:timers/promises'
import { test } from 'node:test'
import { agreed, callIs, rings, transcriptWith } from '../support/calls.ts'
import { fileIs, fileResumes, randomFile } from '../support/files.ts'
import type { MeshProcess } from '../support/mesh-process.ts'
import { MeshCell } from '../support/nat/mesh-cell.ts'
import { NatLab } from '../support/nat/nat-lab.ts'
import { testFolder } from '../support/test-folder.ts'
import { until } from '../support/until.ts'

/** More than goes through before the path dies, and less than the recipient is asked about. */
const BYTES = 100_000_000
const BEAT_MS = 200
const WAIT_MS = 120_000

/** Says one thing after the other until told to end; what was said. */
async function talk(mesh: MeshProcess, over: AbortSignal): Promise<string[]> {
  const said: string[] = []
  for await (const signal of setInterval(BEAT_MS, over)) {
    if (signal.aborted) break
    said.push(`${mesh.peerId} ${said.length}`)
    await mesh.call('sayInCall', { text: said.at(-1) ?? '' })
  }
  return said
}

test('a call goes on from the relay to a direct path, back to the relay and up again, and so does a file in it: nothing is lost or doubled', { skip: NatLab.whyNot() ?? false }, async (t) => {
  await using cell = await MeshCell.create({ a: 'a', b: 'a' })
  const [a, b] = [cell.mesh('a'), cell.mesh('b')]
  const { path, content } = await randomFile(testFolder(t), BYTES)
  await cell.meet()
  const { callId } = await a.call('call', { to: b.peerId, topic: 'the line', speaker: 'owner' })
  await rings(b, 'the line')
  await b.call('answerCall', { accept: true, speaker: 'owner' })
  await callIs(a, callId, ['active'])
  const over = new AbortController()
  const talking = Promise.allSettled([a, b].map(async mesh => await talk(mesh, over.signal))) // a failure of the rest is told first
  await cell.awaitPath('direct udp')

  const { transferId } = await a.call('sendFile', { path })
  await until(async () => ((await b.call('transfers', { transferId }))[0]?.moved ?? 0) > 0, { what: 'the file to move', timeoutMs: WAIT_MS, intervalMs: 5 })
  await cell.lab.blockDirect('a')
  await cell.awaitPath('relay tcp')
  await cell.lab.unblockDirect('a')
  await cell.awaitPath('direct')
  const { path: kept = '' } = await fileIs(b, transferId, 'received')
  assert.equal(createHash('sha256').update(await readFile(kept)).digest('hex'), createHash('sha256').update(content).digest('hex'))
  const { moved } = await fileResumes(a, transferId)
  assert.ok(moved > 0 && moved < BYTES, `it went on from ${moved}`)

  over.abort()
  const said = (await talking).flatMap(side => side.status === 'fulfilled' ? side.value : assert.fail(String(side.reason)))
  for (const mesh of [a, b]) await transcriptWith(async choice => await mesh.call('transcript', choice), callId, ['message', said.length])
  await b.call('endCall', {})
  await callIs(a, callId, ['ended', 'hung-up'])
  const mine = agreed(await a.call('transcript', { callId }))
  assert.deepEqual(agreed(await b.call('transcript', { callId })), mine)
  assert.deepEqual(mine.lines.filter(({ kind }) => kind === 'message').map(({ text }) => text).sort(), said.toSorted())
  assert.equal(mine.lines.filter(({ kind }) => kind === 'file').length, 1)
})
