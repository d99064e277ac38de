/** What a bulk stream behind NATs cost, as rows of the report: each path beside TCP between the same two hosts. */
import type { BulkCost, BulkCosts } from './bulk.ts'
import { mbPerSecond, msPerMb } from './units.ts'

export function bulkRows({ tcp, punched, relayed }: BulkCosts): string[][] {
  return [
    speedRow('bulk stream, punched UDP', punched, tcp),
    cpuRow('  CPU of both ends', punched.endsCpuMs / punched.bytes, tcp),
    speedRow('bulk stream, relayed', relayed, tcp),
    cpuRow('  CPU of both ends', relayed.endsCpuMs / relayed.bytes, tcp),
    cpuRow('  CPU of the relay', relayed.relayCpuMs / relayed.bytes, tcp)
  ]
}

function speedRow(label: string, path: BulkCost, tcp: BulkCost): string[] {
  const [speed, reference] = [path.bytes / path.ms, tcp.bytes / tcp.ms]
  return [label, mbPerSecond(speed), mbPerSecond(reference), 'TCP between the same two', `${(speed / reference).toFixed(2)} x`, '', '']
}

function cpuRow(label: string, msPerByte: number, tcp: BulkCost): string[] {
  const reference = tcp.endsCpuMs / tcp.bytes
  return [label, msPerMb(msPerByte), msPerMb(reference), 'both ends of that TCP', `${(msPerByte / reference).toFixed(2)} x`, '', '']
}
