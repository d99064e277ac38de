/** `npm run bench [-- --quick]`: what the mesh costs beside its references, all measured in one run on loopback. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { join } from 'node:path'
import { FULL, QUICK, WIDTH, type Effort } from './effort.ts'
import { measureIdleNodes } from './idle-nodes.ts'
import { Pair } from './pair.ts'
import { report, type Findings } from './report.ts'
import { measureRound, type Round } from './round.ts'
import { timedAll } from './stopwatch.ts'

/** Below the project, because a folder for temporary files may be memory, on which a commit costs nothing. */
const CACHE = fileURLToPath(new URL('../.cache/', import.meta.url))

const isQuick = process.argv.includes('--quick')
const effort = isQuick ? QUICK : FULL
await mkdir(CACHE, { recursive: true })
const folder = await mkdtemp(join(CACHE, 'bench-'))
const watchdog = setTimeout(() => { throw new Error(`the bench did not end within ${String(effort.limitMs / 1_000)} s`) }, effort.limitMs)
try {
  console.log(report(await measure(folder, effort)))
} finally {
  clearTimeout(watchdog)
  await rm(folder, { recursive: true, force: true })
}

async function measure(stateDir: string, { starts, ...rest }: Effort): Promise<Findings> {
  progress(`starting ${String(starts)} nodes alone`)
  const idle = await measureIdleNodes(stateDir, { starts, ...rest })
  await using pair = await Pair.open(stateDir)
  progress('warming up')
  for (const once of [pair.echo.echo.bind(pair.echo), pair.send.bind(pair)]) await timedAll({ count: rest.warmUp, width: WIDTH }, once)
  const rounds: Round[] = []
  while (rounds.length < rest.rounds) {
    progress(`round ${String(rounds.length + 1)} of ${String(rest.rounds)}`)
    rounds.push(await measureRound(pair, { starts, ...rest }))
  }
  const stored = await pair.peer.call('stored', null)
  return { idle, connect: pair.connect, rounds, received: pair.received, stored, failures: pair.failures }
}

function progress(what: string): void {
  console.log(`bench: ${what}`)
}
