/** Undoes what a test did to the machine when its process ends before the regular clean-up ran (Ctrl-C, a crash, a time limit). */

import { constants } from 'node:os'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Calls `undo` when this process ends, by a signal too; `undo` must be synchronous and must not throw.
 * Returns the way to call it off, for when the regular clean-up has run.
 */
export function atExit(undo: () => void): () => void {
  makeRoomForListeners()
  // What was done last is undone first.
  process.prependListener('exit', undo)
  for (const signal of SIGNALS) process.on(signal, exitBySignal)
  return () => {
    process.off('exit', undo)
    for (const signal of SIGNALS) process.off(signal, exitBySignal)
  }
}

function exitBySignal(signal: NodeJS.Signals): void {
  process.exit(128 + constants.signals[signal])
}

/** A test with many children is no listener leak. */
function makeRoomForListeners(): void {
  process.setMaxListeners(Math.max(process.getMaxListeners(), process.listenerCount('exit') + 10))
}
