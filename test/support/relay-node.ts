/** A relay of a test: the service on a bare node on loopback, with limits that a test can reach. */

import type { Libp2p } from '@libp2p/interface'
import { noise } from '@libp2p/noise'
import { identify } from '@libp2p/identify'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { createLibp2p } from 'libp2p'
import { CONFIG_DEFAULTS } from '../../src/config/defaults.ts'
import { RELAY_WINDOW_BYTES } from '../../src/config/relay-limits.ts'
import type { RelayLimits } from '../../src/config/resolve.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { RelayServer, type RelayServerInit } from '../../src/relay/relay-server.ts'
import type { RelayStats } from '../../src/relay/relay-stats.ts'
import { LogRecorder } from './log-recorder.ts'
import { until } from './until.ts'

const MANY = 1_000

export interface RelayNodeOptions extends Partial<Pick<RelayServerInit, 'circuits' | 'clock' | 'onHealth'>> {
  limits?: Partial<RelayLimits>
}

export class RelayNode implements AsyncDisposable {
  readonly libp2p: Libp2p
  readonly server: RelayServer

  private constructor(libp2p: Libp2p, server: RelayServer) {
    this.libp2p = libp2p
    this.server = server
  }

  static async start({ limits, ...init }: RelayNodeOptions = {}): Promise<RelayNode> {
    const made: { server?: RelayServer } = {}
    const libp2p = await createLibp2p({
      addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
      transports: [tcp()],
      connectionEncrypters: [noise()],
      streamMuxers: [yamux({ streamOptions: { maxStreamWindowSize: RELAY_WINDOW_BYTES } })],
      connectionManager: { inboundConnectionThreshold: MANY, maxIncomingPendingConnections: MANY },
      services: {
        identify: identify(),
        relay: components => made.server = new RelayServer(components, {
          limits: { ...CONFIG_DEFAULTS.relayLimits, ...limits }, clock: systemClock, log: new LogRecorder(), onHealth: () => undefined, ...init
        })
      }
    })
    if (made.server === undefined) throw new Error('the service was not made')
    return new RelayNode(libp2p, made.server)
  }

  /** Ends in `/p2p/<relay ID>`. */
  get address(): string {
    return this.libp2p.getMultiaddrs()[0]?.toString() ?? ''
  }

  async waitForStats(what: string, accept: (stats: RelayStats) => boolean): Promise<void> {
    await until(() => accept(this.server.stats), { what, timeoutMs: 120_000 })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.libp2p.stop()
  }
}
