/** The findings of a run as one table: each figure beside its reference, their ratio and the aim. */
import { availableParallelism, loadavg } from 'node:os'
import type { BulkCosts } from './bulk.ts'
import { bulkRows } from './bulk-report.ts'
import type { FileCosts } from './file-copies.ts'
import { WIDTH } from './effort.ts'
import type { IdleJob, IdleNode } from './idle-nodes.ts'
import type { ConnectTimes } from './pair.ts'
import type { InFlight, LoopDelays, Round, Sequential } from './round.ts'
import { median, spreadOf, type Spread } from './statistics.ts'
import { formatTable } from './table.ts'
import { mbPerSecond, msPerMb } from './units.ts'

export interface Findings {
  idle: Record<IdleJob['kind'], IdleNode>
  connect: ConnectTimes
  rounds: readonly Round[]
  /** Undefined where there can be no hosts behind NATs. */
  bulk: BulkCosts | undefined
  files: FileCosts
  sent: number
  /** Messages in the receiver's database. */
  stored: number
  /** What a sender was told other than `received`. */
  surprises: readonly string[]
}

const MAX_SURPRISES = 5
const HEADER = ['measure', 'mesh', 'reference', '', 'ratio', 'aim', '']

export function report(findings: Findings): string {
  const { rounds: measured, bulk } = findings
  const rows = [
    ...aloneRows(findings), ...sequentialRows(measured), ...inFlightRows(measured), ...loopRows(measured), lossRow(findings), ...fileRows(findings.files),
    ...bulk === undefined ? [] : bulkRows(bulk)
  ]
  const surprises = [...new Set(findings.surprises)].slice(0, MAX_SURPRISES).map(surprise => `A sender was told: ${surprise}`)
  const rounds = `Mesh and references took turns in short blocks, ${measured.length} rounds; start, RSS and loop delays are medians of their runs.`
  const load = `${availableParallelism()} cores, load average ${loadavg()[0]?.toFixed(1) ?? '?'}: on a busy machine only the ratios mean something.`
  return ['', ...formatTable(HEADER, rows), '', rounds, load, ...surprises].join('\n')
}

function aloneRows({ idle, connect }: Findings): string[][] {
  const { mesh, libp2p } = idle
  return [
    ['start until listening', ms(mesh.startMs), ms(libp2p.startMs), 'bare libp2p node', times(mesh.startMs / libp2p.startMs), '<= 300 ms', verdict(mesh.startMs <= 300)],
    ['connect', ms(connect.mesh), ms(connect.libp2p), 'bare libp2p dial', times(connect.mesh / connect.libp2p), '', ''],
    ['RSS of an idle node', mib(mesh.rssMiB), mib(libp2p.rssMiB), 'bare libp2p node', times(mesh.rssMiB / libp2p.rssMiB), '<= 110 MiB', verdict(mesh.rssMiB <= 110)]
  ]
}

function sequentialRows(rounds: readonly Round[]): string[][] {
  const over = (pick: (sequential: Sequential) => number[]): Spread => spreadOf(rounds.flatMap(round => pick(round.sequential)))
  const mesh = over(sequential => sequential.mesh)
  const echo = over(sequential => sequential.echo)
  const commit = over(sequential => sequential.commit)
  const durableEcho = over(sequential => sequential.durableEcho)
  const parts = echo.p50 + 2 * commit.p50
  return [
    ['sequential, p50', ms(mesh.p50), ms(parts), 'p50 of an echo + 2 x p50 of a commit', times(mesh.p50 / parts), '<= 1.5 x', verdict(mesh.p50 <= 1.5 * parts)],
    ['', '', ms(durableEcho.p50), 'echo, both sides commit first', times(mesh.p50 / durableEcho.p50), '', ''],
    ['sequential, p99', ms(mesh.p99), ms(durableEcho.p99), 'echo, both sides commit first', times(mesh.p99 / durableEcho.p99), '', ''],
    ['  echo, p50 and p99', '', both(echo), 'on one raw stream', '', '', ''],
    ['  commit of 1 row, p50 and p99', '', both(commit), 'synchronous=FULL', '', '', '']
  ]
}

function inFlightRows(rounds: readonly Round[]): string[][] {
  const sum = (pick: (inFlight: InFlight) => number): number => rounds.reduce((total, round) => total + pick(round.inFlight), 0)
  const count = sum(inFlight => inFlight.count)
  const mesh = count / sum(inFlight => inFlight.meshMs) * 1_000
  const echo = count / sum(inFlight => inFlight.echoMs) * 1_000
  const commit = spreadOf(rounds.flatMap(round => round.inFlight.commits))
  return [
    [`${WIDTH} in flight`, rate(mesh), rate(echo), 'echo, which stores nothing', times(mesh / echo), '>= 0.5 x', verdict(mesh >= 0.5 * echo)],
    [`  commit of ${WIDTH} rows, p50 and p99`, '', both(commit), 'synchronous=FULL', '', '', '']
  ]
}

function loopRows(rounds: readonly Round[]): string[][] {
  const row = (label: string, pick: (round: Round) => LoopDelays): string[] => {
    const added = median(rounds.map(pick).map(delays => delays.paced - delays.idle))
    const idle = median(rounds.map(round => pick(round).idle))
    return [label, ms(added), ms(idle), 'idle (not added)', '', '<= 5 ms', verdict(added <= 5)]
  }
  return [
    row('added loop delay p99, sender', round => round.sender),
    row('added loop delay p99, receiver', round => round.receiver)
  ]
}

function lossRow({ sent, stored }: Findings): string[] {
  const lost = `${(sent - stored).toLocaleString('en')} of ${sent.toLocaleString('en')}`
  return ['lost', lost, stored.toLocaleString('en'), 'stored, counted on disk', '', '0 of 100,000', verdict(sent === stored)]
}

function fileRows({ bytes, file, stream, smallPeakMiB, largePeakMiB }: FileCosts): string[][] {
  const ratio = stream.ms / file.ms
  return [
    ['file, disk to disk', mbPerSecond(bytes / file.ms), mbPerSecond(bytes / stream.ms), 'plain stream, memory to nowhere', times(ratio), '>= 0.9 x', verdict(ratio >= 0.9)],
    ['  CPU of both ends', msPerMb(file.cpuMs / bytes), msPerMb(stream.cpuMs / bytes), 'both ends of that stream', times(file.cpuMs / stream.cpuMs), '', ''],
    ['  peak RSS of both ends', mib(largePeakMiB), mib(smallPeakMiB), 'with files of 1 MiB', times(largePeakMiB / smallPeakMiB), '', '']
  ]
}

function verdict(isMet: boolean): string {
  return isMet ? 'met' : 'MISSED'
}

function ms(value: number): string {
  return `${value.toFixed(2)} ms`
}

function mib(value: number): string {
  return `${value.toFixed(1)} MiB`
}

function both({ p50, p99 }: Spread): string {
  return `${ms(p50)}, ${ms(p99)}`
}

function rate(value: number): string {
  return `${Math.round(value).toLocaleString('en')}/s`
}

function times(value: number): string {
  return `${value.toFixed(2)} x`
}
