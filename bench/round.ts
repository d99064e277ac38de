/** One round of measurements. Disk, echo and mesh take turns in short blocks, so that what disturbs one disturbs all. */
import { setTimeout as delay } from 'node:timers/promises'
import { PACE, WIDTH, type Effort } from './effort.ts'
import { LoopDelay } from './loop-delay.ts'
import { paced } from './pace.ts'
import type { Pair } from './pair.ts'
import type { References } from './references.ts'
import { spreadOf, type Spread } from './statistics.ts'
import { timedAll, timedEach } from './stopwatch.ts'

/** Times in ms, rates a second. */
export interface Round {
  sequential: Sequential
  inFlight: InFlight
  /** 99th percentiles of the event loop's delay. */
  sender: LoopDelays
  receiver: LoopDelays
}

/** One at a time. */
export interface Sequential {
  mesh: Spread
  echo: Spread
  /** A commit of one row. */
  commit: Spread
  /** A commit, an echo and a commit in a row: what a message does at the least. */
  steps: Spread
}

/** 64 at a time. */
export interface InFlight {
  meshPerSecond: number
  echoPerSecond: number
  /** A commit of 64 rows. */
  commit: Spread
}

export interface LoopDelays {
  idle: number
  paced: number
}

const SEQUENTIAL_BLOCK = 10
const BLOCKS_IN_FLIGHT = 5

export async function measureRound(pair: Pair, references: References, effort: Effort): Promise<Round> {
  return {
    sequential: await measureSequential(pair, references, effort.sequential / SEQUENTIAL_BLOCK),
    inFlight: await measureInFlight(pair, references, effort.inFlight / BLOCKS_IN_FLIGHT),
    ...await measureLoops(pair, effort)
  }
}

async function measureSequential(pair: Pair, references: References, blocks: number): Promise<Sequential> {
  const times = { mesh: [] as number[], echo: [] as number[], commit: [] as number[], steps: [] as number[] }
  for (let block = 0; block < blocks; block++) {
    times.mesh.push(...await timedEach(SEQUENTIAL_BLOCK, async () => { await pair.send() }))
    await pair.flush() // the state of the last message is written after it was told
    for (let step = 0; step < SEQUENTIAL_BLOCK; step++) {
      const { commits, echoMs } = await references.timeSteps(pair.echo)
      times.commit.push(...commits)
      times.steps.push(commits[0] + echoMs + commits[1])
    }
    times.echo.push(...await timedEach(SEQUENTIAL_BLOCK, async () => { await pair.echo.echo() }))
  }
  return { mesh: spreadOf(times.mesh), echo: spreadOf(times.echo), commit: spreadOf(times.commit), steps: spreadOf(times.steps) }
}

async function measureInFlight(pair: Pair, references: References, count: number): Promise<InFlight> {
  const commits: number[] = []
  let meshMs = 0
  let echoMs = 0
  for (let block = 0; block < BLOCKS_IN_FLIGHT; block++) {
    meshMs += await timedAll({ count, width: WIDTH }, async () => { await pair.send() })
    await pair.flush()
    echoMs += await timedAll({ count, width: WIDTH }, async () => { await pair.echo.echo() })
    commits.push(references.timeCommit(WIDTH), references.timeCommit(WIDTH))
  }
  const thousands = count * BLOCKS_IN_FLIGHT * 1_000
  return { meshPerSecond: thousands / meshMs, echoPerSecond: thousands / echoMs, commit: spreadOf(commits) }
}

async function measureLoops(pair: Pair, effort: Effort): Promise<Pick<Round, 'sender' | 'receiver'>> {
  const idle = await watchLoops(pair, async () => { await delay(effort.idleMs) })
  const busy = await watchLoops(pair, async () => { await sendPaced(pair, effort.pacedMs) })
  return {
    sender: { idle: idle.sender, paced: busy.sender },
    receiver: { idle: idle.receiver, paced: busy.receiver }
  }
}

async function watchLoops({ peer }: Pair, action: () => Promise<void>): Promise<{ sender: number, receiver: number }> {
  await peer.call('watchLoop', null)
  const here = new LoopDelay()
  await action()
  return { sender: here.end(), receiver: await peer.call('loopDelay', null) }
}

async function sendPaced(pair: Pair, forMs: number): Promise<void> {
  const sent: Array<Promise<void>> = []
  await paced({ perSecond: PACE, forMs }, () => { sent.push(pair.send()) })
  await Promise.all(sent)
}
