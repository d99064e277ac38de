/** Lays rows of cells out in columns for a terminal. */

export function formatTable(header: readonly string[], rows: ReadonlyArray<readonly string[]>): string[] {
  const all = [header, ...rows]
  const widths = header.map((_, column) => Math.max(...all.map(row => row[column]?.length ?? 0)))
  const lines = all.map(row => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ').trimEnd())
  return [lines[0] ?? '', '-'.repeat(Math.max(...lines.map(line => line.length))), ...lines.slice(1)]
}
