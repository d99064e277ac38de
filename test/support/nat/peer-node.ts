/** A peer of the laboratory: TCP, noise, yamux, circuit relay and NAT traversal, driven by questions. */

import { circuitRelayTransport } from '@libp2p/circuit-relay-v2'
import { identify } from '@libp2p/identify'
import type { Connection, Libp2p, Stream } from '@libp2p/interface'
import { noise } from '@libp2p/noise'
import { peerIdFromString } from '@libp2p/peer-id'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { Uint8ArrayList } from 'uint8arraylist'
import { systemClock } from '../../../src/lib/clock.ts'
import { isRelayed } from '../../../src/lib/connection-path.ts'
import { NatTraversal, type MoveResult, type NatStatus, type UpgradeResult } from '../../../src/nat/nat-traversal.ts'
import type { PuncherComponents } from '../../../src/nat/puncher.ts'
import { until } from '../until.ts'
import { answerQuestions } from './answer-questions.ts'

/** What the upgrade of a fresh relayed connection gave. */
export interface ConnectAnswer extends UpgradeResult {
  /** From the start of the relay dial to the result. */
  totalMs: number
  relayMs: number
}

export interface StartParameters {
  relay: string
  /** Port of TCP and UDP. */
  port: number
  isApproving: boolean
}

type Node = Libp2p<{ nat: NatTraversal }>

const COUNT_PROTOCOL = '/lab/count/1.0.0'
const WAIT_MS = 30_000
const log = { debug: print, info: print, warn: print, error: print }
let running: Node | undefined
let counting: { timer: NodeJS.Timeout, sent: number, echoed: number[], stream: Stream } | undefined

answerQuestions({
  start: async ({ relay, port, isApproving }: StartParameters) => {
    const started = await createLibp2p({
      addresses: { listen: [`/ip4/0.0.0.0/tcp/${port}`, `${relay}/p2p-circuit`] },
      transports: [tcp(), circuitRelayTransport()],
      connectionEncrypters: [noise()],
      streamMuxers: [yamux()],
      connectionManager: { inboundConnectionThreshold: 100 },
      connectionMonitor: { abortConnectionOnPingFailure: false },
      services: {
        identify: identify(),
        nat: (components: PuncherComponents) => new NatTraversal(components, {
          allowance: () => isApproving ? 'full' : 'none', udpPort: port, stunServers: [], relays: [], log, clock: systemClock, random: Math.random
        })
      }
    })
    running = started
    await started.handle(COUNT_PROTOCOL, echo)
    const isReserved = (): boolean => started.getMultiaddrs().some(address => address.toString().includes('/p2p-circuit'))
    await until(isReserved, { what: 'a reservation', timeoutMs: WAIT_MS, intervalMs: 20 })
    return { peerId: started.peerId.toString() }
  },
  connect: async ({ address }: { address: string }): Promise<ConnectAnswer> => {
    const startedAt = performance.now()
    const relayed = await node().dial(multiaddr(address), { signal: AbortSignal.timeout(WAIT_MS) })
    const relayMs = performance.now() - startedAt
    const result = await node().services.nat.upgrade(relayed.remotePeer, { signal: AbortSignal.timeout(WAIT_MS) })
    return { ...result, relayMs, totalMs: performance.now() - startedAt }
  },
  dialRelay: async ({ address }: { address: string }) => { await node().dial(multiaddr(address), { signal: AbortSignal.timeout(WAIT_MS) }) },
  upgrade: async ({ peerId }: { peerId: string }): Promise<UpgradeResult> =>
    await node().services.nat.upgrade(peerIdFromString(peerId), { signal: AbortSignal.timeout(WAIT_MS) }),
  move: async ({ peerId }: { peerId: string }): Promise<MoveResult> =>
    await node().services.nat.moveIfBroken(peerIdFromString(peerId), { signal: AbortSignal.timeout(WAIT_MS), checkTimeoutMs: 1_000 }),
  awaitDirect: async ({ peerId }: { peerId: string }) =>
    (await until(() => directTo(peerId), { what: 'a direct connection', timeoutMs: WAIT_MS, intervalMs: 10 })).remoteAddr.toString(),
  connections: ({ peerId }: { peerId: string }) => node().getConnections(peerIdFromString(peerId)).map(({ remoteAddr, status }) => `${status} ${remoteAddr.toString()}`),
  status: (): NatStatus => node().services.nat.status(),
  startCounting: async ({ peerId }: { peerId: string }) => {
    const connection = await until(() => directTo(peerId), { what: 'a direct connection', timeoutMs: WAIT_MS })
    clearInterval(counting?.timer)
    counting = count(await connection.newStream(COUNT_PROTOCOL))
  },
  counted: async ({ atLeast }: { atLeast: number }) => {
    await until(() => (counting?.echoed.length ?? 0) >= atLeast, { what: `${atLeast} echoes`, timeoutMs: WAIT_MS })
    return { sent: counting?.sent, echoed: counting?.echoed, status: counting?.stream.status }
  },
  stop: async () => {
    clearInterval(counting?.timer)
    counting = undefined
    await running?.stop()
    running = undefined
  }
})

function echo(stream: Stream): void {
  stream.addEventListener('message', ({ data }) => { stream.send(data) })
}

/** Ten numbers a second, and what comes back of them. */
function count(stream: Stream) {
  const received = new Uint8ArrayList()
  const state = {
    stream, sent: 0, echoed: [] as number[],
    timer: setInterval(() => { if (stream.status === 'open') stream.send(Buffer.from(Uint32Array.of(state.sent++).buffer)) }, 100)
  }
  stream.addEventListener('message', ({ data }) => {
    received.append(data)
    while (received.byteLength >= 4) {
      state.echoed.push(received.getUint32(0, true))
      received.consume(4)
    }
  })
  return state
}

function directTo(peerId: string): Connection | undefined {
  return node().getConnections(peerIdFromString(peerId)).find(connection => connection.status === 'open' && !isRelayed(connection))
}

function node(): Node {
  if (running === undefined) throw new Error('the node is not running')
  return running
}

function print(message: string): void {
  process.stderr.write(`${message}\n`)
}
