/** Real meshes behind NATs: the first message at once, then the direct path, and ten messages a second each way of which none is lost or doubled. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MeshCell } from '../support/nat/mesh-cell.ts'
import type { NatKind } from '../support/nat/nat-kind.ts'
import { NatLab, type NatLabInit } from '../support/nat/nat-lab.ts'

const skip = NatLab.whyNot() ?? false
/** Of the first message, from the dial to the acknowledgement. */
const FIRST_MESSAGE_MS = 5_000

interface Cell extends Omit<NatLabInit, 'a' | 'b'> {
  pair: string
  path: string
  /** Why it stays on the relay. */
  why?: string
}

const CELLS: Cell[] = [
  { pair: 'aa', path: 'direct udp' },
  { pair: 'ac', path: 'direct udp' },
  { pair: 'hc', path: 'direct udp', delayMs: 25 },
  { pair: 'ee', path: 'direct tcp' },
  { pair: 'aa', path: 'direct udp', delayMs: 25, lossPercent: 1 },
  { pair: 'cc', path: 'relay tcp', why: 'both-symmetric' }
]

for (const { pair, path, why, ...line } of CELLS) {
  const name = [pair, ...line.delayMs === undefined ? [] : [`RTT ${2 * line.delayMs} ms`], ...line.lossPercent === undefined ? [] : [`${line.lossPercent} % loss`]]
  test(`two meshes in ${name.join(', ')} reach each other by ${path}`, { skip }, async () => {
    await using cell = await MeshCell.create({ ...line, a: pair[0] as NatKind, b: pair[1] as NatKind })
    const firstMs = await cell.meet()
    const startedAt = performance.now()
    const end = cell.talk()
    if (why !== undefined) await cell.awaitReason(why)
    await cell.awaitPath(path)
    const directMs = performance.now() - startedAt
    const messages = await end()
    assert.ok(firstMs < FIRST_MESSAGE_MS, `the first message took ${Math.round(firstMs)} ms`)
    console.log(`${name.join(', ')}: first message ${Math.round(firstMs)} ms, ${why ?? path} after ${Math.round(directMs)} ms, ${messages} messages`)
  })
}

/** Has the two meet and talk all the time, once they are on the path; the function ends that, and checks every message. */
async function talking(cell: MeshCell, path: string): Promise<() => Promise<number>> {
  await cell.meet()
  const end = cell.talk()
  await cell.awaitPath(path)
  return end
}

test('a gateway that restarts with other mappings: the path is found anew, and no message is lost or doubled', { skip }, async () => {
  await using cell = await MeshCell.create({ a: 'a', b: 'a' })
  const end = await talking(cell, 'direct udp')
  const { nat } = await cell.mesh('a').call('status')
  await cell.lab.rebind('a', nat.udpPort)
  await cell.awaitEcho()
  await cell.awaitPath('direct udp')
  console.log(`rebound: ${await end()} messages`)
})

test('the relay goes away after the punch: nothing changes; when it is back, so are the reservations', { skip }, async () => {
  await using cell = await MeshCell.create({ a: 'a', b: 'a' })
  const end = await talking(cell, 'direct udp')
  await cell.relay.ask('stop')
  await cell.awaitReservations(0)
  assert.deepEqual(await cell.paths('a'), ['direct udp'])
  await cell.startRelay()
  await cell.awaitReservations(1)
  await cell.awaitPath('direct udp')
  console.log(`relay gone: ${await end()} messages`)
})

test('the relay restarts under two meshes that have no other way', { skip }, async () => {
  await using cell = await MeshCell.create({ a: 'c', b: 'c' })
  const end = await talking(cell, 'relay tcp')
  await cell.relay.ask('stop')
  await cell.awaitReservations(0)
  await cell.startRelay()
  await cell.awaitReservations(1)
  await cell.awaitEcho()
  await cell.awaitPath('relay tcp')
  console.log(`relay restarted: ${await end()} messages`)
})

test('a host whose network is away for a while comes back to a direct path', { skip }, async () => {
  await using cell = await MeshCell.create({ a: 'a', b: 'a' })
  const end = await talking(cell, 'direct udp')
  await cell.lab.unplug('a')
  await cell.awaitPaths('b', '')
  await cell.lab.replug('a')
  await cell.awaitEcho()
  await cell.awaitPath('direct udp')
  console.log(`network away: ${await end()} messages`)
})
