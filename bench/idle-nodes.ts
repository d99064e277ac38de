/** Nodes that do nothing, each in a fresh process: how soon they listen and how much memory they take. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'rolldown'
import { modulePaths } from '../.dev/module-paths.mjs'
import bundle from '../.rolldown.config.mjs'
import { benchConfig } from './bench-mesh.ts'
import type { Effort } from './effort.ts'
import { median } from './statistics.ts'

/** What a fresh process is to start. */
export interface IdleJob {
  kind: 'mesh' | 'libp2p'
  /** The bundled `mesh.ts`. */
  meshModule: string
  stateDir: string
  config: object
  settleMs: number
}

/** A node in a process of its own. */
export interface IdleNode {
  /** From the call of `start` until it listens. */
  startMs: number
  /** Resident memory of the whole process. */
  rssMiB: number
}

/** Medians of a mesh and of a bare libp2p node, each started several times with a new identity. */
export async function measureIdleNodes(folder: string, effort: Pick<Effort, 'starts' | 'settleMs'>): Promise<Record<IdleJob['kind'], IdleNode>> {
  const meshModule = await bundleMesh(join(folder, 'bundle'))
  const nodes: Record<IdleJob['kind'], IdleNode[]> = { mesh: [], libp2p: [] }
  for (let start = 0; start < effort.starts; start++) {
    for (const kind of ['libp2p', 'mesh'] as const) {
      const stateDir = join(folder, `idle-${String(start)}`)
      nodes[kind].push(await startOnce({ kind, meshModule, stateDir, config: benchConfig(), settleMs: effort.settleMs }))
    }
  }
  return { mesh: middle(nodes.mesh), libp2p: middle(nodes.libp2p) }
}

/** The mesh as the plugin has it inside, but as a module of its own; returns its path. */
async function bundleMesh(dir: string): Promise<string> {
  await build({
    ...bundle, input: { mesh: fileURLToPath(new URL('../src/mesh.ts', import.meta.url)) }, plugins: [modulePaths()], output: { dir, keepNames: true }
  })
  return join(dir, 'mesh.js')
}

async function startOnce(job: IdleJob): Promise<IdleNode> {
  const child = fork(fileURLToPath(new URL('idle-node.mjs', import.meta.url)), [JSON.stringify(job)], { execArgv: [] })
  const ended = once(child, 'exit').then(([code]) => { throw new Error(`an idle node ended with ${String(code)} and told nothing`) })
  try {
    const [node] = await Promise.race([once(child, 'message'), ended]) as [IdleNode]
    return node
  } finally {
    child.kill('SIGKILL')
  }
}

function middle(nodes: readonly IdleNode[]): IdleNode {
  return { startMs: median(nodes.map(node => node.startMs)), rssMiB: median(nodes.map(node => node.rssMiB)) }
}
