/** What the cells of the laboratory gave, as a table to read. */

/** One meeting of two meshes. */
export interface CellRun {
  /** The connection in the end, e.g. `direct udp`. */
  path: string
  /** From the dial to the acknowledgement of the first message. */
  firstMs: number
  /** From the dial until both sides were on the direct path, or one knew why there is none. */
  pathMs: number
  /** Sent by both sides meanwhile, each of which arrived once. */
  messages: number
}

export interface CellRow {
  name: string
  /** What the cell is meant to reach, as it reads in the table. */
  expected: string
  /** Those that reached it. */
  runs: CellRun[]
}

/** Cells with their times in ms: medians, and the slowest. */
export function cellTable(rows: CellRow[]): string {
  const lines = rows.map(({ name, expected, runs }) => {
    const paths = runs.map(({ pathMs }) => pathMs)
    const messages = runs.reduce((sum, run) => sum + run.messages, 0)
    return [name, expected, `${runs.length}`, median(runs.map(({ firstMs }) => firstMs)), median(paths), rounded(Math.max(...paths)), `${messages}`]
  })
  return render([['cell', 'path', 'reached', 'first message', 'path after', 'slowest', 'messages'], ...lines])
}

function median(values: number[]): string {
  return rounded(values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN)
}

function rounded(ms: number): string {
  return Number.isFinite(ms) ? String(Math.round(ms)) : '-'
}

function render(table: string[][]): string {
  const widths = table[0]?.map((_, column) => Math.max(...table.map(row => row[column]?.length ?? 0))) ?? []
  return table.map(row => row.map((text, column) => text.padEnd(widths[column] ?? 0)).join('  ').trimEnd()).join('\n')
}
