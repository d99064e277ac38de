/** An end of a bulk transfer on a host of its own: the mesh's node with NAT traversal, asked over standard input. */
import type { Connection, PeerId, Stream } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { resolveConfig } from '../src/config/resolve.ts'
import { systemClock } from '../src/lib/clock.ts'
import { isRelayed, transportOf } from '../src/lib/connection-path.ts'
import { warnings as log } from './bulk-log.ts'
import { NatTraversal } from '../src/nat/nat-traversal.ts'
import { RelaySupervisor } from '../src/nat/relay-supervisor.ts'
import { createNode, type MeshNode } from '../src/node/create-node.ts'
import type { NodeComponents } from '../src/node/options.ts'
import { answerQuestions } from '../test/support/nat/answer-questions.ts'
import { countBulk, sendBulk } from './bulk-stream.ts'
import type { BulkPath } from './bulk.ts'
import { cpuMs } from './cpu.ts'

const BULK_PROTOCOL = '/libp2p-mesh-bench/bulk/1.0.0'
const CONNECT_LIMIT_MS = 60_000

export interface BulkNodeInit {
  stateDir: string
  port: number
  /** Ends in `/p2p/<peer ID>`; a reservation is kept on it. */
  relay: string
}

/** Where the other end is found by each path. */
export interface BulkTarget {
  peerId: string
  relayed: string
  tcp: string
}

interface Parts {
  libp2p: MeshNode
  nat: NatTraversal
}

const paths = new Map<BulkPath, Connection>()
const started = Promise.withResolvers<Parts>()

answerQuestions({
  start: async (init: BulkNodeInit): Promise<string> => {
    const parts = await start(init)
    started.resolve(parts)
    return parts.libp2p.peerId.toString()
  },
  connect: async (target: BulkTarget): Promise<string[]> => {
    await connect(await started.promise, target)
    return [...paths].map(([path, connection]) => `${path}: ${connection.remoteAddr.toString()}`)
  },
  send: async ({ path, bytes }: { path: BulkPath, bytes: number }) => await send(path, bytes),
  cpuMs
})

async function start({ stateDir, port, relay }: BulkNodeInit): Promise<Parts> {
  const config = resolveConfig({
    listenAddrs: [`/ip4/0.0.0.0/tcp/${port}`], discovery: [], enableUPnP: false, enableAutoNAT: false, enableDCUtR: false
  }, undefined, { hostname: 'bench' })
  const late: { components?: NodeComponents, nat?: NatTraversal } = {}
  const { libp2p, start: startNode } = await createNode({
    stateDir, config, version: 'bench', log, now: systemClock.now, onSelfDiscovered: () => undefined,
    services: {
      nat: (components) => {
        late.components = components
        return late.nat = new NatTraversal(components, {
          allowance: () => 'full', udpPort: port, stunServers: [], relays: [], log, clock: systemClock, random: Math.random
        })
      }
    }
  })
  const { components, nat } = late
  if (components === undefined || nat === undefined) throw new Error('the services were not made')
  await libp2p.handle(BULK_PROTOCOL, count, { runOnLimitedConnection: true })
  await startNode()
  const { promise, resolve } = Promise.withResolvers<undefined>()
  new RelaySupervisor({ connectionManager: components.connectionManager, transportManager: components.transportManager, events: libp2p }, {
    relays: [relay], onReserved: () => { resolve(undefined) }, log, clock: systemClock, random: Math.random
  }).start()
  await promise
  return { libp2p, nat }
}

/** All three paths to the same peer, open at the same time. */
async function connect({ libp2p, nat }: Parts, target: BulkTarget): Promise<void> {
  const signal = AbortSignal.timeout(CONNECT_LIMIT_MS)
  const peerId = peerIdFromString(target.peerId)
  keep('relayed', await libp2p.dial(multiaddr(target.relayed), { signal }), 'tcp')
  const { why } = await nat.upgrade(peerId, { signal })
  if (why !== undefined) throw new Error(`there is no punched path: ${why}`)
  keep('punched', directTo(libp2p, peerId), 'udp')
  keep('tcp', await libp2p.dial(multiaddr(target.tcp), { signal, force: true }), 'tcp')
}

function keep(path: BulkPath, connection: Connection | undefined, transport: string): void {
  if (connection === undefined || isRelayed(connection) !== (path === 'relayed') || transportOf(connection) !== transport) {
    throw new Error(`the connection for "${path}" is ${connection?.remoteAddr.toString() ?? 'not there'}`)
  }
  paths.set(path, connection)
}

function directTo(libp2p: MeshNode, peerId: PeerId): Connection | undefined {
  return libp2p.getConnections(peerId).find(connection => !isRelayed(connection))
}

/** How long it took until the other side had it all, in ms. */
async function send(path: BulkPath, bytes: number): Promise<number> {
  const connection = paths.get(path)
  if (connection === undefined) throw new Error('not connected yet')
  return await sendBulk(await connection.newStream(BULK_PROTOCOL, { runOnLimitedConnection: true }), bytes)
}

function count(stream: Stream): void {
  countBulk(stream, (error) => { log.warn(`the stream was not closed: ${String(error)}`) })
}
