/** The findings of a run as one table: each figure beside its reference, their ratio and the aim. */
import { availableParallelism, loadavg } from 'node:os'
import type { IdleJob, IdleNode } from './idle-nodes.ts'
import type { ConnectTimes } from './pair.ts'
import type { LoopDelays, Round } from './round.ts'
import { median } from './statistics.ts'
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
  const rows = [...aloneRows(findings), ...pathRows(findings.rounds), ...loopRows(findings.rounds), lossRow(findings)]
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

function pathRows(rounds: readonly Round[]): string[][] {
  const over = (pick: (round: Round) => number): number => median(rounds.map(pick))
  const p50 = ({ echo, oneRow }: Round): number => echo.p50 + 2 * oneRow.p50
  const p99 = ({ echo, oneRow }: Round): number => echo.p99 + 2 * oneRow.p99
  const p50Ratio = over(round => round.mesh.p50 / p50(round))
  const rateRatio = over(round => round.mesh.perSecond / round.echo.perSecond)
  return [
    ['sequential, p50', ms(over(round => round.mesh.p50)), ms(over(p50)), 'echo + 2 commits', times(p50Ratio), '<= 1.5 x', verdict(p50Ratio <= 1.5)],
    ['', '', ms(over(round => round.steps.p50)), 'commit, echo, commit in a row', times(over(round => round.mesh.p50 / round.steps.p50)), '', ''],
    ['sequential, p99', ms(over(round => round.mesh.p99)), ms(over(p99)), 'echo + 2 commits', times(over(round => round.mesh.p99 / p99(round))), '', ''],
    ['64 in flight', rate(over(round => round.mesh.perSecond)), rate(over(round => round.echo.perSecond)), 'echo, stores nothing', times(rateRatio), '>= 0.5 x', verdict(rateRatio >= 0.5)],
    ['  parts: echo p50, p99', '', `${ms(over(round => round.echo.p50))}, ${ms(over(round => round.echo.p99))}`, 'one raw stream', '', '', ''],
    ['  commit of 1 row p50, p99', '', `${ms(over(round => round.oneRow.p50))}, ${ms(over(round => round.oneRow.p99))}`, 'synchronous=FULL', '', '', ''],
    ['  commit of 64 rows p50, p99', '', `${ms(over(round => round.manyRows.p50))}, ${ms(over(round => round.manyRows.p99))}`, 'synchronous=FULL', '', '', '']
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
