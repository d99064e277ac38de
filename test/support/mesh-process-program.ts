/** The program that `MeshProcess` runs: one mesh, asked over IPC; it ends when the test process does. */

import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { toMeshError } from '../../src/lib/errors.ts'
import { Mesh } from '../../src/mesh.ts'
import { LogRecorder } from './log-recorder.ts'
import { follow, meshOptions, type MeshNodeOptions } from './mesh-node.ts'
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
const { leftOver, missed } = follow(mesh, 0, (event) => {
  if (event.type !== 'message' || leftOver.every(({ messageId }) => messageId !== event.message.messageId)) tell({ kind: 'event', event })
})
for (const message of leftOver) tell({ kind: 'event', event: { seq: 0, type: 'message', message } })
await missed
tell({ kind: 'started', status: await mesh.status() })
