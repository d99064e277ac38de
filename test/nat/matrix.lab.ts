/** Which path two real meshes reach for each pair of NATs: the first message at once, then a direct path, or the relay and the reason. */

import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { cellTable, type CellRow, type CellRun } from '../support/nat/cell-table.ts'
import { cellsAtATime, isFull } from '../support/nat/lab-options.ts'
import { whyNoMapping } from '../support/nat/mapping-router.ts'
import { MeshCell } from '../support/nat/mesh-cell.ts'
import type { NatKind } from '../support/nat/nat-kind.ts'
import { NatLab, type NatLabInit } from '../support/nat/nat-lab.ts'

const skip = NatLab.whyNot() ?? false
const runs = isFull() ? 5 : 1
/** Of the first message, from the dial to the acknowledgement. */
const FIRST_MESSAGE_MS = 5_000
/** Far above the aims (1 s, 2.5 s at 50 ms; 7 s to say that there is no path): the machine may be busy. */
const WATCHDOG_MS = 30_000

interface Cell extends Omit<NatLabInit, 'a' | 'b'> {
  pair: string
  /** The one connection in the end. */
  path: 'direct udp' | 'direct tcp' | 'relay tcp'
  /** Why it stays on the relay. */
  why?: string
  /** Whether B's router maps its port. */
  isMapped?: boolean
}

const UDP = ['aa', 'ab', 'bb', 'ff', 'ac', 'ca', 'hh', 'hc', 'nn', 'nc'].map((pair): Cell => ({ pair, path: 'direct udp' }))
const OTHER: Cell[] = [
  { pair: 'ee', path: 'direct tcp' },
  { pair: 'cc', path: 'relay tcp', why: 'both-symmetric' },
  { pair: 'mm', path: 'relay tcp', why: 'both-symmetric' }
]
const MAPPED = whyNoMapping() === undefined ? ['cd', 'cu'].map((pair): Cell => ({ pair, path: 'direct tcp', isMapped: true })) : []
const IP6: Cell[] = [{ pair: 'xx', path: 'direct udp' }]
const NEAR = [...UDP, ...OTHER, ...IP6, ...MAPPED]
const FAR = NEAR.map((cell): Cell => ({ ...cell, delayMs: 25 }))
const LOSSY = FAR.filter(({ pair }) => ['aa', 'ca', 'ee', 'cc'].includes(pair)).map((cell): Cell => ({ ...cell, lossPercent: 1 }))

const rows: CellRow[] = []
after(() => { if (rows.length > 0) console.log(`\n${cellTable(rows)}\n`) })

describe('two meshes', { concurrency: cellsAtATime(), skip }, () => {
  for (const cell of [...NEAR, ...FAR, ...LOSSY]) {
    test(`${nameOf(cell)} reach ${expectedOf(cell)}`, async () => {
      const row: CellRow = { name: nameOf(cell), expected: expectedOf(cell), runs: [] }
      rows.push(row)
      for (let run = 0; run < runs; run++) row.runs.push(await runOf(cell))
    })
  }
})

async function runOf({ pair, path, why, isMapped = false, ...line }: Cell): Promise<CellRun> {
  await using cell = await MeshCell.create({ ...line, a: pair[0] as NatKind, b: pair[1] as NatKind })
  if (isMapped) await cell.awaitMappedPort('b')
  const startedAt = performance.now()
  const firstMs = await cell.meet()
  const end = cell.talk()
  if (why === undefined) await cell.awaitDirect()
  else await cell.awaitReason(why)
  const pathMs = performance.now() - startedAt
  await cell.awaitPath(path)
  const messages = await end()
  assert.ok(firstMs < FIRST_MESSAGE_MS, `the first message took ${Math.round(firstMs)} ms`)
  assert.ok(pathMs < WATCHDOG_MS, `the path took ${Math.round(pathMs)} ms`)
  return { path, firstMs, pathMs, messages }
}

function nameOf({ pair, delayMs = 0, lossPercent = 0 }: Cell): string {
  return [pair, ...delayMs > 0 ? [`RTT ${2 * delayMs} ms`] : [], ...lossPercent > 0 ? [`${lossPercent} % loss`] : []].join(', ')
}

function expectedOf({ path, why }: Cell): string {
  return why === undefined ? path : `relay (${why})`
}
