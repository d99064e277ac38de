/** One bulk stream between two hosts behind NATs, by each path in turn: TCP, punched UDP, relay. Needs root on Linux. */
import { join } from 'node:path'
import { LabProcess } from '../test/support/nat/lab-process.ts'
import { NatLab } from '../test/support/nat/nat-lab.ts'
import type { BulkNodeInit, BulkTarget } from './bulk-node.ts'
import type { Effort } from './effort.ts'

export type BulkPath = 'tcp' | 'punched' | 'relayed'

/** What a path cost in all rounds together. */
export interface BulkCost {
  bytes: number
  ms: number
  /** Processor time of both ends, in ms. */
  endsCpuMs: number
  /** Processor time of the relay, in ms. */
  relayCpuMs: number
}

export type BulkCosts = Record<BulkPath, BulkCost>

const NODE = new URL('bulk-node.ts', import.meta.url)
const RELAY = new URL('bulk-relay.ts', import.meta.url)
const PATHS = ['tcp', 'punched', 'relayed'] as const
const PORT = 20_000
const RELAY_PORT = 4_001
const SEND_LIMIT_MS = 300_000
/** One side takes what comes in, so that TCP needs no relay; the other's router is the ordinary one. */
const NATS = { a: 'a', b: 'b' } as const

/** Why it cannot be measured here, or `undefined`. */
export function whyNoBulk(): string | undefined {
  return NatLab.whyNot(['nft'])
}

/** @param folder where the nodes keep their state */
export async function measureBulk(folder: string, { rounds, bulkBytes }: Pick<Effort, 'rounds' | 'bulkBytes'>): Promise<BulkCosts> {
  await using pair = await BulkPair.open(folder)
  for (const path of PATHS) await pair.send(path, bulkBytes) // until the code is compiled and the line is known
  const costs: BulkCosts = { tcp: NOTHING, punched: NOTHING, relayed: NOTHING }
  for (let round = 0; round < rounds; round++) {
    for (const path of PATHS) costs[path] = sum(costs[path], await pair.send(path, bulkBytes))
  }
  return costs
}

const NOTHING: BulkCost = { bytes: 0, ms: 0, endsCpuMs: 0, relayCpuMs: 0 }

function sum(one: BulkCost, other: BulkCost): BulkCost {
  return {
    bytes: one.bytes + other.bytes, ms: one.ms + other.ms,
    endsCpuMs: one.endsCpuMs + other.endsCpuMs, relayCpuMs: one.relayCpuMs + other.relayCpuMs
  }
}

/** Two nodes with all three paths between them. */
class BulkPair implements AsyncDisposable {
  readonly #stack: AsyncDisposableStack
  readonly #ends: Record<'a' | 'b' | 'relay', LabProcess>

  private constructor(stack: AsyncDisposableStack, ends: Record<'a' | 'b' | 'relay', LabProcess>) {
    this.#stack = stack
    this.#ends = ends
  }

  static async open(folder: string): Promise<BulkPair> {
    await using stack = new AsyncDisposableStack()
    const lab = stack.use(await NatLab.create(NATS))
    const run = (host: string, program: URL): LabProcess => stack.use(new LabProcess(lab.exec(host, LabProcess.script(program))))
    const ends = { a: run('a', NODE), b: run('b', NODE), relay: run('relay', RELAY) }
    const [relayHost = ''] = lab.relayHosts
    const relay = await ends.relay.ask<string>('start', { dataDir: join(folder, 'bulk-relay'), listenAddr: `/ip4/${relayHost}/tcp/${RELAY_PORT}` })
    const init = (name: string): BulkNodeInit => ({ stateDir: join(folder, `bulk-${name}`), port: PORT, relay })
    const [, peerId] = await Promise.all([ends.a.ask<string>('start', init('a')), ends.b.ask<string>('start', init('b'))])
    const target: BulkTarget = { peerId, relayed: `${relay}/p2p-circuit/p2p/${peerId}`, tcp: `/ip4/${lab.publicAddress('b')}/tcp/${PORT}/p2p/${peerId}` }
    await ends.a.ask('connect', target)
    return new BulkPair(stack.move(), ends)
  }

  async send(path: BulkPath, bytes: number): Promise<BulkCost> {
    const before = await this.#cpuMs()
    const ms = await this.#ends.a.ask<number>('send', { path, bytes }, SEND_LIMIT_MS)
    const after = await this.#cpuMs()
    return { bytes, ms, endsCpuMs: after.ends - before.ends, relayCpuMs: after.relay - before.relay }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync()
  }

  async #cpuMs(): Promise<{ ends: number, relay: number }> {
    const { a, b, relay } = this.#ends
    const [ofA, ofB, ofRelay] = await Promise.all([a, b, relay].map(async end => await end.ask<number>('cpuMs')))
    return { ends: (ofA ?? NaN) + (ofB ?? NaN), relay: ofRelay ?? NaN }
  }
}
