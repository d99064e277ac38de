/** The `libp2p-mesh` command as a user runs it, in a process of its own. */

import { fileURLToPath } from 'node:url'
import { Child, type Command } from './child.ts'
import { LineLog } from './line-log.ts'

const PROGRAM = fileURLToPath(new URL('../../src/bin.ts', import.meta.url))
/** Only ends what hangs. */
const START_TIMEOUT_MS = 120_000
const STRIP = ['--experimental-transform-types', '--disable-warning=ExperimentalWarning']

/** The command with these words after its name. */
export function relayCommand(...args: string[]): Command {
  return { command: process.execPath, args: [...STRIP, PROGRAM, ...args] }
}

/** Standard output alone is in `out`; the child's own log has both streams. */
export function runCommand(...args: string[]): { child: Child, out: LineLog } {
  const child = new Child(relayCommand(...args))
  const out = new LineLog()
  child.onStdout((chunk) => { out.append(chunk) })
  return { child, out }
}

/** A loopback address that hardly any other process uses, so that the ports beside a chosen one are free, too. */
export function ownLoopback(): string {
  const byte = (): number => 1 + Math.floor(Math.random() * 250)
  return `127.${byte()}.${byte()}.${byte()}`
}

/** A relay in a process of its own, ended with the scope. */
export interface RunningRelay extends AsyncDisposable {
  child: Child
  out: LineLog
  /** What it prints to hand out. */
  address: string
}

/** Starts `libp2p-mesh relay` on port 4001 of `host`, with these options on top. */
export async function startRelay(host: string, dataDir: string, ...options: string[]): Promise<RunningRelay> {
  const { child, out } = runCommand('relay', '--listen', `/ip4/${host}/tcp/4001`, '--data-dir', dataDir, ...options)
  const [, address = ''] = await out.waitFor(/^Relay address: (\S+)$/m, { timeoutMs: START_TIMEOUT_MS })
  return { child, out, address, [Symbol.asyncDispose]: async () => { await child.stop() } }
}
