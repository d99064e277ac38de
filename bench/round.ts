/** One round of measurements: the disk, the echo and the mesh shortly after one another, so that what disturbs one disturbs all. */
import { setTimeout as delay } from 'node:timers/promises'
import type { CommitReference, CommitTime } from './commit-reference.ts'
import { PACE, WIDTH, type Effort } from './effort.ts'
import { LoopDelay } from './loop-delay.ts'
import { paced } from './pace.ts'
import type { Pair } from './pair.ts'
import { percentile } from './statistics.ts'
import { ratePerSecond, timedEach } from './stopwatch.ts'

/** Times in ms, rates a second. */
export interface Round {
  oneRow: CommitTime
  manyRows: CommitTime
  echo: Path
  mesh: Path
  /** 99th percentiles of the event loop's delay. */
  sender: LoopDelays
  receiver: LoopDelays
}

/** An echo's or a message's way there and back. */
export interface Path {
  p50: number
  p99: number
  perSecond: number
}

export interface LoopDelays {
  idle: number
  paced: number
}

const COMMITS = 100

export async function measureRound(pair: Pair, commits: CommitReference, effort: Effort): Promise<Round> {
  const oneRow = commits.measure(COMMITS, 1)
  const manyRows = commits.measure(COMMITS, WIDTH)
  const echo = await measurePath(effort, async () => { await pair.echo.echo() })
  const mesh = await measurePath(effort, async () => { await pair.send() })
  const idle = await measureLoops(pair, async () => { await delay(effort.idleMs) })
  const busy = await measureLoops(pair, async () => { await sendPaced(pair, effort.pacedMs) })
  return {
    oneRow, manyRows, echo, mesh,
    sender: { idle: idle.sender, paced: busy.sender },
    receiver: { idle: idle.receiver, paced: busy.receiver }
  }
}

async function measurePath(effort: Effort, once: () => Promise<void>): Promise<Path> {
  const times = await timedEach(effort.sequential, once)
  const perSecond = await ratePerSecond({ count: effort.inFlight, width: WIDTH }, once)
  return { p50: percentile(times, 0.5), p99: percentile(times, 0.99), perSecond }
}

async function measureLoops({ peer }: Pair, action: () => Promise<void>): Promise<{ sender: number, receiver: number }> {
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
