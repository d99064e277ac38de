/** A file from disk to disk between two meshes, hashed, checked and kept, beside a stream of as many bytes from memory to nowhere. */
import { randomFillSync } from 'node:crypto'
import { mkdir, open } from 'node:fs/promises'
import { join } from 'node:path'
import { cpuMs } from './cpu.ts'
import type { Effort } from './effort.ts'
import { Pair } from './pair.ts'
import { PeakMemory } from './peak-memory.ts'
import { timed } from './stopwatch.ts'

/** Time, and processor time of both ends. */
export interface CopyCost {
  ms: number
  cpuMs: number
}

/** Sums over all rounds, and what both ends together took at their peak, in MiB. */
export interface FileCosts {
  bytes: number
  file: CopyCost
  stream: CopyCost
  /** While files of 1 MiB went over, and while large ones did. */
  smallPeakMiB: number
  largePeakMiB: number
}

const SMALL_BYTES = 1_048_576
const CHUNK_BYTES = 1_048_576

/** @param parent where both meshes keep their state, and the files */
export async function measureFiles(parent: string, { rounds, fileBytes }: Pick<Effort, 'rounds' | 'fileBytes'>): Promise<FileCosts> {
  const folder = join(parent, 'files')
  await mkdir(folder)
  await using pair = await Pair.open(folder)
  const [small, large] = [join(folder, 'small'), join(folder, 'large')]
  await writeRandom(small, SMALL_BYTES)
  await writeRandom(large, fileBytes)
  await pair.sendFile(small) // until the code is compiled
  await pair.stream(SMALL_BYTES)
  const smallPeakMiB = await peakDuring(pair, async () => { for (let round = 0; round < rounds; round++) await pair.sendFile(small) })
  const costs: FileCosts = { bytes: 0, file: { ms: 0, cpuMs: 0 }, stream: { ms: 0, cpuMs: 0 }, smallPeakMiB, largePeakMiB: 0 }
  for (let round = 0; round < rounds; round++) {
    await addCost(costs.stream, { pair, work: async () => await pair.stream(fileBytes) })
    const peakMiB = await peakDuring(pair, async () => {
      await addCost(costs.file, { pair, work: async () => await timed(async () => { await pair.sendFile(large) }) })
    })
    costs.largePeakMiB = Math.max(costs.largePeakMiB, peakMiB)
    costs.bytes += fileBytes
  }
  return costs
}

/** Random, so that no disk and no line makes less of it. */
async function writeRandom(path: string, bytes: number): Promise<void> {
  const chunk = randomFillSync(Buffer.alloc(CHUNK_BYTES))
  await using file = await open(path, 'w')
  for (let written = 0; written < bytes; written += CHUNK_BYTES) await file.write(chunk, 0, Math.min(CHUNK_BYTES, bytes - written))
}

/** The work tells how many milliseconds it took. */
async function addCost(sum: CopyCost, { pair: { peer }, work }: { pair: Pair, work: () => Promise<number> }): Promise<void> {
  const before = cpuMs() + await peer.call('cpuMs', null)
  sum.ms += await work()
  sum.cpuMs += cpuMs() + await peer.call('cpuMs', null) - before
}

async function peakDuring({ peer }: Pair, work: () => Promise<void>): Promise<number> {
  await peer.call('watchMemory', null)
  const here = new PeakMemory()
  try {
    await work()
  } finally {
    here.end()
  }
  return here.end() + await peer.call('peakMemory', null)
}
