/** The thread that works out SHA-256 of files: it reads them itself, so that neither reading nor hashing keeps the gateway's event loop busy. */
import { createHash, type Hash } from 'node:crypto'
import { closeSync, openSync, readSync } from 'node:fs'
import { parentPort } from 'node:worker_threads'
import type { HashAnswer, HashOrder } from './file-hasher.ts'

interface Job {
  file: number
  offset: number
  hash: Hash
}

const BUFFER_BYTES = 1_048_576

const jobs = new Map<number, Job>()
const buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES)

parentPort?.on('message', (order: HashOrder) => {
  const answer = carryOut(order)
  if (answer !== undefined) parentPort?.postMessage(answer)
})

function carryOut({ id, kind, path, to }: HashOrder): HashAnswer | undefined {
  try {
    if (kind === 'drop') {
      end(id)
      return undefined
    }
    const job = jobs.get(id) ?? begin(id, path)
    read(job, to)
    if (kind === 'advance') return undefined
    end(id)
    return { id, sha256: job.hash.digest('hex') }
  } catch (error) {
    end(id)
    return { id, error: String(error) }
  }
}

function begin(id: number, path: string): Job {
  const job = { file: openSync(path, 'r'), offset: 0, hash: createHash('sha256') }
  jobs.set(id, job)
  return job
}

function read(job: Job, to: number): void {
  while (job.offset < to) {
    const bytes = readSync(job.file, buffer, 0, Math.min(BUFFER_BYTES, to - job.offset), job.offset)
    if (bytes === 0) throw new Error('the file ends before it should')
    job.hash.update(buffer.subarray(0, bytes))
    job.offset += bytes
  }
}

function end(id: number): void {
  const job = jobs.get(id)
  jobs.delete(id)
  if (job !== undefined) closeSync(job.file)
}
