/** The program that `MeshProcess` runs: one mesh, asked over IPC; it ends when the test process does. */

import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { toMeshError } from '../../src/lib/errors.ts'
import { Mesh } from '../../src/mesh.ts'
import { LogRecorder } from './log-recorder.ts'
import { meshOptions, type MeshNodeOptions } from './mesh-node.ts'
import type { Answer, Question, Told } from './mesh-process.ts'

const { options } = JSON.parse(process.argv[2] ?? '{}') as { options: MeshNodeOptions & { stateDir: string } }

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

function tell(told: Told): void {
  process.send?.(told)
}

class TellingLog extends LogRecorder {
  constructor() {
    super()
    for (const level of ['debug', 'info', 'warn', 'error'] as const) this[level] = (message) => { tell({ kind: 'log', line: { level, message } }) }
  }
}

const mesh = new Mesh(meshOptions(options, new TellingLog()))

async function answer({ id, method, args }: Question): Promise<Answer> {
  try {
    if (method === 'heapBytes') return { kind: 'answer', id, value: heapBytes() }
    const callable = mesh as unknown as Record<typeof method, (...values: unknown[]) => Promise<unknown>>
    return { kind: 'answer', id, value: await callable[method](...args) }
  } catch (error) {
    const { code, message, reason, retryAfterMs, messageId, state, queued } = toMeshError(error)
    return { kind: 'answer', id, error: { code, message, reason, retryAfterMs, messageId, state, queued } }
  }
}

function heapBytes(): number {
  collectGarbage()
  const { heapUsed, external, arrayBuffers } = process.memoryUsage()
  return heapUsed + external + arrayBuffers
}

process.on('disconnect', () => { process.exit() })
process.on('message', (question: Question) => {
  void answer(question).then(tell)
})
await mesh.start()
mesh.subscribe((event) => { tell({ kind: 'event', event }) })
tell({ kind: 'started', status: await mesh.status() })
