/** How the laboratory is run: each cell once or five times, and how many at a time. */

import { availableParallelism } from 'node:os'

/** Whether each cell is run five times. */
export function isFull(): boolean {
  return process.argv.includes('--full')
}

/** One after the other where times are to be compared; otherwise as many as there are cores, since a cell waits most of its time. */
export function cellsAtATime(): number {
  return isFull() ? 1 : availableParallelism()
}
