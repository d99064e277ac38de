/** What a process of the bulk transfer has to say, on standard error: standard output holds its answers. */
import type { Logger } from '../src/lib/log.ts'

export const warnings: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: (message) => { process.stderr.write(`${message}\n`) },
  error: (message) => { process.stderr.write(`${message}\n`) }
}
