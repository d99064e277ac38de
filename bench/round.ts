/** One round of measurements. Disk, echo and mesh take turns in short blocks, so that what disturbs one disturbs all. */
import { setTimeout as delay } from 'node:timers/promises'
import { PACE, WIDTH, type Effort } from './effort.ts'
import { LoopDelay } from './loop-delay.ts'
import { paced } from './pace.ts'
import type { Pair } from './pair.ts'
import { timedAll, timedEach } from './stopwatch.ts'

/** What was measured, unsummarized; times in ms. */
export interface Round {
  sequential: Sequential
  inFlight: InFlight
  /** 99th percentiles of the event loop's delay. */
  sender: LoopDelays
  receiver: LoopDelays
}

/** The time of each, one after the other. */
export interface Sequential {
  mesh: number[]
  echo: number[]
  /** A commit of one row, here, in the rhythm of messages. */
  commit: number[]
  /** A commit here, and an echo whose other side commits too: what a message does at the least. */
  durableEcho: number[]
}

/** The time of all together, 64 at a time. */
export interface InFlight {
  count: number
  meshMs: number
  echoMs: number
  /** A commit of 64 rows, each. */
  commits: number[]
}

export interface LoopDelays {
  idle: number
  paced: number
}

const SEQUENTIAL_BLOCK = 10
const BLOCKS_IN_FLIGHT = 5
const COMMITS_PER_BLOCK = 20

export async function measureRound(pair: Pair, effort: Effort): Promise<Round> {
  return {
    sequential: await measureSequential(pair, effort.sequential / SEQUENTIAL_BLOCK),
    inFlight: await measureInFlight(pair, BLOCKS_IN_FLIGHT, effort.inFlight / BLOCKS_IN_FLIGHT),
    ...await measureLoops(pair, effort)
  }
}

async function measureSequential(pair: Pair, blocks: number): Promise<Sequential> {
  const times: Sequential = { mesh: [], echo: [], commit: [], durableEcho: [] }
  for (let block = 0; block < blocks; block++) {
    times.mesh.push(...await timedEach(SEQUENTIAL_BLOCK, async () => { await pair.send() }))
    await pair.flush() // the state of the last message is written after it was told
    times.durableEcho.push(...await timedEach(SEQUENTIAL_BLOCK, async () => {
      times.commit.push(pair.table.commit(1))
      await pair.durableEcho.echo()
    }))
    times.echo.push(...await timedEach(SEQUENTIAL_BLOCK, async () => { await pair.echo.echo() }))
  }
  return times
}

async function measureInFlight(pair: Pair, blocks: number, count: number): Promise<InFlight> {
  const sum: InFlight = { count: blocks * count, meshMs: 0, echoMs: 0, commits: [] }
  for (let block = 0; block < blocks; block++) {
    sum.meshMs += await timedAll({ count, width: WIDTH }, async () => { await pair.send() })
    await pair.flush()
    sum.echoMs += await timedAll({ count, width: WIDTH }, async () => { await pair.echo.echo() })
    sum.commits.push(...Array.from({ length: COMMITS_PER_BLOCK }, () => pair.table.commit(WIDTH)))
  }
  return sum
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
