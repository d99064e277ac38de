/** What the cells of the laboratory gave, as a table to read. */

import type { ConnectAnswer } from './peer-node.ts'

export interface CellRow {
  name: string
  /** What the cell is meant to reach, as it reads in the table. */
  expected: string
  answers: ConnectAnswer[]
}

/** Cells with their median, slowest and relay times, in ms from the start of the relay dial. */
export function cellTable(rows: CellRow[]): string {
  const lines = rows.map(({ name, expected, answers }) => {
    const times = answers.map(({ totalMs }) => totalMs).toSorted((a, b) => a - b)
    const paths = [...new Set(answers.map(pathOf))].join(', ')
    const reached = answers.filter(answer => pathOf(answer) === expected).length
    const relay = median(answers.map(({ relayMs }) => relayMs).toSorted((a, b) => a - b))
    return [name, `${reached}/${answers.length}`, paths, `${median(times)}`, `${Math.round(times.at(-1) ?? 0)}`, `${relay}`]
  })
  return render([['cell', 'as meant', 'path', 'median ms', 'slowest ms', 'relay dial ms'], ...lines])
}

/** `udp`, `tcp`, or `relay (both-symmetric)`. */
export function pathOf({ path, transport, why }: ConnectAnswer): string {
  return path === 'direct' ? transport ?? 'direct' : `relay (${why ?? 'no reason'})`
}

function median(sorted: number[]): number {
  return Math.round(sorted[Math.floor(sorted.length / 2)] ?? 0)
}

function render(table: string[][]): string {
  const widths = table[0]?.map((_, column) => Math.max(...table.map(row => row[column]?.length ?? 0))) ?? []
  return table.map(row => row.map((text, column) => text.padEnd(widths[column] ?? 0)).join('  ').trimEnd()).join('\n')
}
