/** `npm run bench:swarm [-- [--quick] <nodes> ...]`: what a network costs each of its nodes at rest, and how soon it finds somebody. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { availableParallelism, loadavg } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { CalledProcess } from './called-process.ts'
import { median, spreadOf } from './statistics.ts'
import type { LookUp, SwarmCalls } from './swarm-calls.ts'
import { formatTable } from './table.ts'

/** Below the project, because a folder for temporary files may be memory. */
const CACHE = fileURLToPath(new URL('../.cache/', import.meta.url))
const PROCESSES = 4
/** Clocks of the nodes run this much faster, so that what happens twice an hour is in the measurement. */
const SPEED = 3
/** Of the machine's clock: the nodes are left alone for so long, then their traffic is measured. */
const FULL = { settleMs: 120_000, restMs: 600_000 }
/** Enough to see that nothing broke. */
const QUICK = { settleMs: 10_000, restMs: 60_000 }
const LOOK_UPS = 40

interface Size {
  nodes: number
  joinMs: number[]
  lookUps: LookUp[]
  bytesPerMinute: number
  writesPerMinute: number
  memoryBytes: number
  connections: number[]
}

const { settleMs, restMs } = process.argv.includes('--quick') ? QUICK : FULL
const sizes = process.argv.slice(2).filter(argument => !argument.startsWith('-')).map(Number)
const measured: Size[] = []
for (const nodes of sizes.length > 0 ? sizes : [50, 200]) measured.push(await measure(nodes))
console.log(report(measured))

async function measure(nodes: number): Promise<Size> {
  await mkdir(CACHE, { recursive: true })
  const folder = await mkdtemp(join(CACHE, 'swarm-'))
  const processes = Array.from({ length: Math.min(PROCESSES, nodes) }, () => new CalledProcess<SwarmCalls>(new URL('swarm-node.ts', import.meta.url)))
  try {
    return await measureIn(processes, nodes, folder)
  } finally {
    for (const each of processes) await each[Symbol.asyncDispose]()
    await rm(folder, { recursive: true, force: true })
  }
}

async function measureIn(processes: ReadonlyArray<CalledProcess<SwarmCalls>>, nodes: number, folder: string): Promise<Size> {
  progress(`starting ${nodes} nodes in ${processes.length} processes`)
  await openAll(processes, nodes, folder)
  const joinMs = (await all(processes, 'joined')).flat()
  progress(`the records of ${joinMs.length} are put; looking up`)
  const lookUps = await lookUp(processes)
  progress(`${lookUps.length} look-ups; leaving the nodes alone`)
  await delay(settleMs)
  const before = total(await all(processes, 'traffic'))
  await delay(restMs)
  const after = total(await all(processes, 'traffic'))
  const minutes = restMs * SPEED / 60_000 * nodes
  const size = {
    nodes, joinMs, lookUps, bytesPerMinute: (after.bytes - before.bytes) / minutes, writesPerMinute: (after.writes - before.writes) / minutes,
    memoryBytes: sum(await all(processes, 'memory')) / nodes, connections: (await all(processes, 'connections')).flat()
  }
  await all(processes, 'close')
  return size
}

async function openAll([hub, ...others]: ReadonlyArray<CalledProcess<SwarmCalls>>, nodes: number, folder: string): Promise<void> {
  const share = Math.floor(nodes / (others.length + 1))
  const bootstrap = await hub?.call('open', { folder, first: 0, count: nodes - share * others.length, bootstrap: undefined, speed: SPEED })
  await Promise.all(others.map(async (part, index) => {
    await part.call('open', { folder, first: nodes - share * (others.length - index), count: share, bootstrap, speed: SPEED })
  }))
}

/** Each process looks for instances of the next one. */
async function lookUp(processes: ReadonlyArray<CalledProcess<SwarmCalls>>): Promise<LookUp[]> {
  const instances = await all(processes, 'instances')
  const perProcess = Math.ceil(LOOK_UPS / processes.length)
  const found = await Promise.all(processes.map(async (seeker, index) =>
    await seeker.call('find', (instances[(index + 1) % processes.length] ?? []).toReversed().slice(0, perProcess))))
  return found.flat()
}

async function all<N extends 'joined' | 'memory' | 'traffic' | 'instances' | 'connections' | 'close'>(
  processes: ReadonlyArray<CalledProcess<SwarmCalls>>, name: N
): Promise<Array<SwarmCalls[N]['answer']>> {
  return await Promise.all(processes.map(async each => await each.call(name, null)))
}

function total(parts: ReadonlyArray<{ bytes: number, writes: number }>): { bytes: number, writes: number } {
  return { bytes: sum(parts.map(({ bytes }) => bytes)), writes: sum(parts.map(({ writes }) => writes)) }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((one, other) => one + other, 0)
}

function report(found: readonly Size[]): string {
  const [smallest] = found
  const rows = found.map(size => [
    String(size.nodes), timesText(size.joinMs), lookUpText(size.lookUps), `${(size.bytesPerMinute / 1_024).toFixed(1)} KiB`,
    size.writesPerMinute.toFixed(0), `${(size.memoryBytes / 2 ** 20).toFixed(1)} MiB`, `${median(size.connections)} (${Math.max(...size.connections)})`,
    smallest === undefined || smallest === size ? '' : `${(size.bytesPerMinute / smallest.bytesPerMinute).toFixed(2)} x`
  ])
  const header = ['nodes', 'joined: p50, p99', 'found: p50, p99', 'bytes/min', 'writes/min', 'memory', 'connections (max)', 'bytes against the first']
  const how = `Each node knew one address. Bytes, writes and memory are those of one node: what all wrote to sockets at rest, shared by their number; clocks ran ${SPEED} times faster.`
  const load = `${availableParallelism()} cores, load average ${loadavg()[0]?.toFixed(1) ?? '?'}.`
  return ['', ...formatTable(header, rows), '', how, load].join('\n')
}

function lookUpText(lookUps: readonly LookUp[]): string {
  const found = lookUps.filter(each => each.found)
  return `${found.length} of ${lookUps.length}: ${timesText(found.map(({ ms }) => ms))}`
}

function timesText(times: readonly number[]): string {
  const { p50, p99 } = spreadOf(times)
  return `${Math.round(p50)} ms, ${Math.round(p99)} ms`
}

function progress(what: string): void {
  console.log(`swarm: ${what}`)
}
