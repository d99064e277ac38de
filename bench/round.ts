/** One round of measurements. Disk, echo and mesh take turns in short blocks, so that what disturbs one disturbs all. */
import { setTimeout as delay } from 'node:timers/promises'
import type { CommitReference } from './commit-reference.ts'
import { PACE, WIDTH, type Effort } from './effort.ts'
import { LoopDelay } from './loop-delay.ts'
import { paced } from './pace.ts'
import type { Pair } from './pair.ts'
import { spreadOf, type Spread } from './statistics.ts'
import { timed, timedAll, timedEach } from './stopwatch.ts'

/** Times in ms. */
export interface Round {
  oneRow: Spread
  manyRows: Spread
  /** A commit, an echo and a commit one after the other: what a message does at the least. */
  steps: Spread
  echo: Path
  mesh: Path
  /** 99th percentiles of the event loop's delay. */
  sender: LoopDelays
  receiver: LoopDelays
}

/** An echo's or a message's way there and back: the time of one, and how many a second with 64 in flight. */
export interface Path extends Spread {
  perSecond: number
}

export interface LoopDelays {
  idle: number
  paced: number
}

type CommitTimes = Record<'oneRow' | 'manyRows' | 'steps', number[]>

interface Times {
  /** Of each commit, echo or message by itself. */
  each: number[]
  /** Of all those in flight together. */
  inFlightMs: number
}

const BLOCKS = 10
const STEPS_PER_BLOCK = 20

export async function measureRound(pair: Pair, commits: CommitReference, effort: Effort): Promise<Round> {
  const commitTimes: CommitTimes = { oneRow: [], manyRows: [], steps: [] }
  const echo: Times = { each: [], inFlightMs: 0 }
  const mesh: Times = { each: [], inFlightMs: 0 }
  for (let block = 0; block < BLOCKS; block++) {
    await addCommits(commitTimes, pair, commits)
    await addBlock(echo, effort, async () => { await pair.echo.echo() })
    await addBlock(mesh, effort, async () => { await pair.send() })
  }
  return {
    oneRow: spreadOf(commitTimes.oneRow), manyRows: spreadOf(commitTimes.manyRows), steps: spreadOf(commitTimes.steps),
    echo: toPath(echo, effort), mesh: toPath(mesh, effort),
    ...await measureLoops(pair, effort)
  }
}

/** Echoes go between the commits: one commit straight after another finds disk and caches warm, which no message does. */
async function addCommits(times: CommitTimes, { echo }: Pair, commits: CommitReference): Promise<void> {
  for (let step = 0; step < STEPS_PER_BLOCK; step++) {
    const before = commits.time(1)
    const echoMs = await timed(async () => { await echo.echo() })
    const after = commits.time(1)
    times.oneRow.push(before, after)
    times.steps.push(before + echoMs + after)
    await echo.echo()
    times.manyRows.push(commits.time(WIDTH))
    await echo.echo()
  }
}

async function addBlock(times: Times, { sequential, inFlight }: Effort, once: () => Promise<void>): Promise<void> {
  times.each.push(...await timedEach(sequential / BLOCKS, once))
  times.inFlightMs += await timedAll({ count: inFlight / BLOCKS, width: WIDTH }, once)
}

function toPath({ each, inFlightMs }: Times, { inFlight }: Effort): Path {
  return { ...spreadOf(each), perSecond: inFlight / inFlightMs * 1_000 }
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
