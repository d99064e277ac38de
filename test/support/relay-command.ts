/** The `libp2p-mesh` command as a user runs it, in a process of its own. */

import { fileURLToPath } from 'node:url'
import { Child, type Command } from './child.ts'
import { LineLog } from './line-log.ts'

const PROGRAM = fileURLToPath(new URL('../../src/bin.ts', import.meta.url))
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
