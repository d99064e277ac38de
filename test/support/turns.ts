/** Turns of the event loop, for what is done "in the next tick". */

import { setImmediate } from 'node:timers/promises'

/** Resolves after everything that is under way and waits for no I/O. */
export async function settled(turns = 5): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await setImmediate()
}
