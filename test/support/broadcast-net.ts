/** Several meshes in one process that approve each other, connected as a test wants them. */

import type { ConfigInput } from '../../src/config/schema.ts'
import { MeshNode, UNLIMITED } from './mesh-node.ts'
import { until } from './until.ts'

/** Pairs of places that are connected; the first of each dials. */
export type Edges = ReadonlyArray<readonly [number, number]>

const pairs = (size: number, to: (from: number) => number[]): Edges =>
  Array.from({ length: size }, (_, from) => to(from).map(other => [from, other] as const)).flat()

/** How nodes may be connected, by name. */
export const TOPOLOGIES = {
  star: (size: number) => pairs(size, from => from === 0 ? [] : [0]),
  line: (size: number) => pairs(size, from => from === 0 ? [] : [from - 1]),
  ring: (size: number) => pairs(size, from => [(from + 1) % size]),
  'full mesh': (size: number) => pairs(size, from => Array.from({ length: from }, (_, other) => other))
} as const satisfies Record<string, (size: number) => Edges>

/** Nothing but broadcasts: what tries to find better paths would only cost time. */
export const PLAIN: ConfigInput = { ...UNLIMITED, enableAutoNAT: false, enableCircuitRelay: false, enableDCUtR: false, enableHolePunch: false }

const PROBE = 'is anybody there?'

export class BroadcastNet implements AsyncDisposable {
  readonly nodes: MeshNode[]

  private constructor(nodes: MeshNode[]) {
    this.nodes = nodes
  }

  /** Starts and connects them, and waits until every connection carries broadcasts both ways. */
  static async start(size: number, edges: Edges): Promise<BroadcastNet> {
    const nodes = await Promise.all(Array.from({ length: size }, async (_, index) =>
      await MeshNode.create({ name: `node-${String(index)}`, config: PLAIN })))
    const net = new BroadcastNet(nodes)
    try {
      await Promise.all(nodes.map(async (node) => { await node.start() }))
      for (const node of nodes) await Promise.all(nodes.filter(other => other !== node).map(async (other) => { await node.mesh.approvePeer(other.peerId) }))
      await net.#connect(edges)
      return net
    } catch (error) {
      await net[Symbol.asyncDispose]()
      throw error
    }
  }

  async #connect(edges: Edges): Promise<void> {
    await Promise.all(edges.map(async ([from, to]) => await this.at(from).mesh.addPeer({ recipient: this.at(to).address })))
    await Promise.all(this.nodes.map(async (node, index) => {
      await waitForRecipients(node, edges.filter(edge => edge.includes(index)).length)
    }))
  }

  at(index: number): MeshNode {
    const node = this.nodes[index]
    if (node === undefined) throw new Error(`no node ${String(index)}`)
    return node
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.nodes.map(async (node) => { await node[Symbol.asyncDispose]() }))
  }
}

/** Resolves when broadcasts of this node go to that many neighbours. */
export async function waitForRecipients(node: MeshNode, count: number): Promise<void> {
  await until(async () => (await node.mesh.broadcast({ text: PROBE })).recipients >= count, { what: `${node.peerId} to have ${String(count)} neighbours`, timeoutMs: 120_000, intervalMs: 500 })
}

/** Resolves when the node was given that many broadcasts. */
export async function waitForBroadcasts(node: MeshNode, count: number): Promise<void> {
  await node.events.waitFor(`${String(count)} broadcasts`, () => broadcastsAt(node).length >= count)
}

/** Texts of broadcasts that the node was given, each as often as it was given, without those that only looked for neighbours. */
export function broadcastsAt(node: MeshNode): string[] {
  return node.received.filter(({ kind, text }) => kind === 'broadcast' && text !== PROBE).map(({ from, text }) => `${from}: ${text}`)
}
