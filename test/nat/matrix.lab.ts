/** Which path two peers reach, for each pair of NATs: a direct one where there can be one, the relay and the reason where not. */

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { cellTable, pathOf, type CellRow } from '../support/nat/cell-table.ts'
import { NatCell } from '../support/nat/nat-cell.ts'
import { NatLab, type NatLabInit } from '../support/nat/nat-lab.ts'
import type { NatKind } from '../support/nat/nat-kind.ts'

const skip = NatLab.whyNot() ?? false
const runs = process.argv.includes('--full') ? 5 : 1
/** Far above the aims (1 s, 2.5 s at 50 ms; 7 s to say that there is no path): the machine may be busy. */
const WATCHDOG_MS = 15_000

interface Cell extends Omit<NatLabInit, 'a' | 'b'> {
  pair: string
  expected: string
}

const UDP = ['aa', 'ab', 'bb', 'ff', 'ac', 'ca', 'hh', 'hc', 'nn', 'na', 'nc'].map((pair): Cell => ({ pair, expected: 'udp' }))
const SLOW = ['aa', 'ac', 'hh', 'ff'].map((pair): Cell => ({ pair, expected: 'udp', delayMs: 25 }))
const LOSSY = ['aa', 'ca'].map((pair): Cell => ({ pair, expected: 'udp', delayMs: 25, lossPercent: 1 }))
const TCP: Cell[] = [{ pair: 'ee', expected: 'tcp' }, { pair: 'ea', expected: 'tcp' }, { pair: 'ee', expected: 'tcp', delayMs: 25 }]
const RELAY: Cell[] = [
  { pair: 'cc', expected: 'relay (both-symmetric)' },
  { pair: 'cc', expected: 'relay (both-symmetric)', delayMs: 25 },
  { pair: 'mm', expected: 'relay (both-symmetric)' }
]

const rows: CellRow[] = []
after(() => { if (rows.length > 0) console.log(`\n${cellTable(rows)}\n`) })

for (const cell of [...UDP, ...SLOW, ...LOSSY, ...TCP, ...RELAY]) {
  test(`${nameOf(cell)} reaches ${cell.expected}`, { skip }, async () => {
    const row: CellRow = { name: nameOf(cell), expected: cell.expected, answers: [] }
    rows.push(row)
    await using running = await NatCell.create({ ...cell, a: cell.pair[0] as NatKind, b: cell.pair[1] as NatKind })
    for (let run = 0; run < runs; run++) {
      await running.start()
      const answer = await running.connect()
      row.answers.push(answer)
      assert.equal(pathOf(answer), cell.expected, `run ${run + 1}\nA: ${running.a.output}\nB: ${running.b.output}`)
      assert.ok(answer.totalMs < WATCHDOG_MS, `took ${Math.round(answer.totalMs)} ms`)
      if (answer.path === 'direct') await running.b.ask('awaitDirect', { peerId: running.peerId('a') })
      await running.stop()
    }
  })
}

function nameOf({ pair, delayMs = 0, lossPercent = 0 }: Cell): string {
  return [pair, ...delayMs > 0 ? [`RTT ${2 * delayMs} ms`] : [], ...lossPercent > 0 ? [`${lossPercent} % loss`] : []].join(', ')
}
