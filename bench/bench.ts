/** `npm run bench [-- --quick]`: what the mesh costs beside its references, all measured in one run on this machine. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { measureBulk, whyNoBulk, type BulkCosts } from './bulk.ts'
import { FULL, QUICK, WIDTH, type Effort } from './effort.ts'
import { measureFiles } from './file-copies.ts'
import { measureIdleNodes } from './idle-nodes.ts'
import { Pair } from './pair.ts'
import { report, type Findings } from './report.ts'
import { measureRound, type Round } from './round.ts'
import { timedAll } from './stopwatch.ts'

/** Below the project, because a folder for temporary files may be memory, on which a commit costs nothing. */
const CACHE = fileURLToPath(new URL('../.cache/', import.meta.url))

const effort = process.argv.includes('--quick') ? QUICK : FULL
await mkdir(CACHE, { recursive: true })
const folder = await mkdtemp(join(CACHE, 'bench-'))
const overdue = Promise.withResolvers<never>()
const watchdog = setTimeout(() => { overdue.reject(new Error(`the bench did not end within ${effort.limitMs / 1_000} s`)) }, effort.limitMs)
try {
  const findings = await Promise.race([measure(folder, effort), overdue.promise])
  console.log(report(findings))
  if (findings.stored !== findings.sent) process.exitCode = 1
} finally {
  clearTimeout(watchdog)
  await rm(folder, { recursive: true, force: true })
}

async function measure(stateDir: string, planned: Effort): Promise<Findings> {
  progress(`starting nodes alone, ${planned.starts} of each kind`)
  const idle = await measureIdleNodes(stateDir, planned)
  const bulk = await measureBulkIfPossible(stateDir, planned)
  progress('files from disk to disk')
  const files = await measureFiles(stateDir, planned)
  await using pair = await Pair.open(stateDir)
  progress('warming up')
  await timedAll({ count: planned.warmUp, width: WIDTH }, async () => { await pair.echo.echo() })
  await timedAll({ count: planned.warmUp, width: WIDTH }, async () => { await pair.send() })
  const rounds: Round[] = []
  while (rounds.length < planned.rounds) {
    progress(`round ${rounds.length + 1} of ${planned.rounds}`)
    rounds.push(await measureRound(pair, planned))
  }
  const stored = await pair.peer.call('stored', null)
  return { idle, connect: pair.connect, rounds, bulk, files, sent: pair.sent, stored, surprises: pair.surprises }
}

async function measureBulkIfPossible(stateDir: string, planned: Effort): Promise<BulkCosts | undefined> {
  const whyNot = whyNoBulk()
  progress(whyNot === undefined ? 'bulk streams between hosts behind NATs' : `no bulk streams between hosts behind NATs: ${whyNot}`)
  return whyNot === undefined ? await measureBulk(stateDir, planned) : undefined
}

function progress(what: string): void {
  console.log(`bench: ${what}`)
}
