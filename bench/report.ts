/** The findings of a run as one table: each figure beside its reference, their ratio and the aim. */
import { availableParallelism, loadavg } from 'node:os'
import { WIDTH } from './effort.ts'
import type { IdleJob, IdleNode } from './idle-nodes.ts'
import type { ConnectTimes } from './pair.ts'
import type { InFlight, LoopDelays, Round, Sequential } from './round.ts'
import { median, type Spread } from './statistics.ts'
import { formatTable } from './table.ts'

export interface Findings {
  idle: Record<IdleJob['kind'], IdleNode>
  connect: ConnectTimes
  rounds: readonly Round[]
  /** Messages of which the sender was told `received`. */
  received: number
  /** Messages in the receiver's database. */
  stored: number
  /** What became of all other messages. */
  failures: readonly string[]
}

const HEADER = ['measure', 'mesh', 'reference', '', 'ratio', 'aim', '']

export function report(findings: Findings): string {
  const rows = [...aloneRows(findings), ...sequentialRows(findings.rounds), ...inFlightRows(findings.rounds), ...loopRows(findings.rounds), lossRow(findings)]
  const notes = findings.failures.length === 0 ? [] : ['', `not received: ${[...new Set(findings.failures)].slice(0, 5).join('; ')}`]
  const rounds = `Medians over ${findings.rounds.length} rounds; a ratio is the median of the rounds' ratios.`
  const load = `${availableParallelism()} cores, load average ${loadavg()[0]?.toFixed(1) ?? '?'}: on a busy machine only the ratios mean something.`
  return ['', ...formatTable(HEADER, rows), '', rounds, load, ...notes].join('\n')
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
  const over = (pick: (sequential: Sequential) => number): number => median(rounds.map(round => pick(round.sequential)))
  const least = ({ echo, commit }: Sequential): number => echo.p50 + 2 * commit.p50
  const ratio = over(sequential => sequential.mesh.p50 / least(sequential))
  const row = over(sequential => sequential.mesh.p50 / sequential.steps.p50)
  const tail = over(sequential => sequential.mesh.p99 / sequential.steps.p99)
  const both = (pick: (sequential: Sequential) => Spread): string => `${ms(over(found => pick(found).p50))}, ${ms(over(found => pick(found).p99))}`
  return [
    ['sequential, p50', ms(over(found => found.mesh.p50)), ms(over(least)), 'p50 of an echo + 2 x p50 of a commit', times(ratio), '<= 1.5 x', verdict(ratio <= 1.5)],
    ['', '', ms(over(found => found.steps.p50)), 'commit, echo, commit in a row', times(row), '', ''],
    ['sequential, p99', ms(over(found => found.mesh.p99)), ms(over(found => found.steps.p99)), 'commit, echo, commit in a row', times(tail), '', ''],
    ['  echo, p50 and p99', '', both(found => found.echo), 'on one raw stream', '', '', ''],
    ['  commit of 1 row, p50 and p99', '', both(found => found.commit), 'synchronous=FULL', '', '', '']
  ]
}

function inFlightRows(rounds: readonly Round[]): string[][] {
  const over = (pick: (inFlight: InFlight) => number): number => median(rounds.map(round => pick(round.inFlight)))
  const ratio = over(({ meshPerSecond, echoPerSecond }) => meshPerSecond / echoPerSecond)
  const commit = `${ms(over(found => found.commit.p50))}, ${ms(over(found => found.commit.p99))}`
  return [
    [
      `${WIDTH} in flight`, rate(over(found => found.meshPerSecond)), rate(over(found => found.echoPerSecond)), 'echo, which stores nothing',
      times(ratio), '>= 0.5 x', verdict(ratio >= 0.5)
    ],
    [`  commit of ${WIDTH} rows, p50 and p99`, '', commit, 'synchronous=FULL', '', '', '']
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

function lossRow({ received, stored, failures }: Findings): string[] {
  const sent = received + failures.length
  const lost = Math.max(0, received - stored) + failures.length
  return ['lost', `${String(lost)} of ${sent.toLocaleString('en')}`, stored.toLocaleString('en'), 'stored, counted on disk', '', '0 of 100,000', verdict(lost === 0 && stored === received)]
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

function rate(value: number): string {
  return `${Math.round(value).toLocaleString('en')}/s`
}

function times(value: number): string {
  return `${value.toFixed(2)} x`
}
