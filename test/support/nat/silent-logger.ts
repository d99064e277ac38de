/** A libp2p logger that says nothing. */

import type { ComponentLogger, Logger } from '@libp2p/interface'

export function silentLogger(): ComponentLogger {
  const quiet = (): undefined => undefined
  const log: Logger = Object.assign(quiet, { error: quiet, trace: quiet, enabled: false, newScope: () => log })
  return { forComponent: () => log }
}
