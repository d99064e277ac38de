/**
 * The one slot that holds the running mesh: the host loads this plugin several times in one process (channel, tools,
 * gateway methods), and all of them must reach the same node.
 */
import { MeshError } from '../lib/errors.ts'
import type { MeshApi } from '../mesh-api.ts'
import type { Host } from './host.ts'
import type { RunningTurns } from './turns.ts'

/** A started mesh with what belongs to it. */
export interface LiveMesh {
  mesh: MeshApi
  host: Host
  turns: RunningTurns
}

interface Slot {
  live: LiveMesh | undefined
  /** Why the last start failed. */
  failure: string | undefined
  waiting: Set<(live: LiveMesh) => void>
}

const SLOT = Symbol.for('libp2p-mesh.runtime')

function slot(): Slot {
  const found: unknown = Reflect.get(globalThis, SLOT)
  if (isSlot(found)) return found
  const created: Slot = { live: undefined, failure: undefined, waiting: new Set() }
  Reflect.set(globalThis, SLOT, created)
  return created
}

function isSlot(value: unknown): value is Slot {
  return typeof value === 'object' && value !== null && 'waiting' in value
}

/** Makes `live` the mesh of this process. */
export function publishMesh(live: LiveMesh): void {
  const { waiting } = slot()
  slot().live = live
  slot().failure = undefined
  for (const resolve of waiting) resolve(live)
  waiting.clear()
}

/** Takes `live` out of the slot, unless another one took its place meanwhile. */
export function retractMesh(live: LiveMesh): void {
  if (slot().live === live) slot().live = undefined
}

/** Remembers why there is no mesh, for whoever asks for it. */
export function noteStartFailure(message: string): void {
  slot().failure = message
}

/** The running mesh, or undefined in a process without one (every `openclaw` command but the gateway). */
export function findMesh(): LiveMesh | undefined {
  return slot().live
}

/**
 * The running mesh.
 *
 * @throws MeshError `NOT_RUNNING` with what to do
 */
export function requireMesh(): LiveMesh {
  const { live, failure } = slot()
  if (live !== undefined) return live
  const why = failure === undefined ? 'start the gateway (`openclaw gateway run`) and see its log' : `it did not start: ${failure}`
  throw new MeshError('NOT_RUNNING', `The mesh node is not running; ${why}`)
}

/**
 * The running mesh, waited for while the channel restarts.
 *
 * @throws MeshError `NOT_RUNNING` after `timeoutMs`
 */
export async function waitForMesh(timeoutMs: number): Promise<LiveMesh> {
  const { live, waiting } = slot()
  if (live !== undefined) return live
  const { promise, resolve, reject } = Promise.withResolvers<LiveMesh>()
  waiting.add(resolve)
  const timer = setTimeout(() => { reject(new MeshError('NOT_RUNNING', 'The mesh node did not come back in time')) }, timeoutMs)
  try {
    return await promise
  } finally {
    clearTimeout(timer)
    waiting.delete(resolve)
  }
}
