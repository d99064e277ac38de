/** Peers with connections that come and go as a test wants, and the supervisor of the paths to them. */

import { randomUUID } from 'node:crypto'
import type { Connection, PeerId } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { RELAYED_MIN_AGE_MS } from '../../../src/config/nat-limits.ts'
import { PathSupervisor } from '../../../src/nat/path-supervisor.ts'
import type { WhyNot } from '../../../src/nat/race-plan.ts'
import { FakeClock } from '../fake-clock.ts'
import { LogRecorder } from '../log-recorder.ts'
import { alice, carol } from '../peers.ts'
import { settled } from '../turns.ts'

const DIRECT = '/ip4/45.33.0.7/udp/4001'
const RELAYED = `/ip4/45.33.0.9/tcp/4001/p2p/${carol.toString()}/p2p-circuit`

/** Ends an attempt: with the reason, or without one when there is a direct connection now. */
type EndAttempt = (why: WhyNot | undefined) => Promise<void>

export class FakePaths {
  readonly clock = new FakeClock()
  readonly log = new LogRecorder()
  /** Attempts that were begun, in order. */
  readonly attempts: Array<{ peerId: string, end: EndAttempt }> = []
  readonly followed: string[] = []
  readonly closed: string[] = []
  readonly approved = new Set<string>([alice.toString()])
  /** Round trip over a direct connection; undefined when no ping comes back. */
  rttMs: number | undefined = 12
  onFollow: (connection: Connection) => Promise<void> = async () => undefined
  readonly supervisor: PathSupervisor
  readonly #connections: Connection[] = []

  constructor() {
    this.supervisor = new PathSupervisor({
      connections: peerId => this.#connections.filter(({ remotePeer }) => remotePeer.equals(peerId)),
      isUpgradable: peerId => this.approved.has(peerId.toString()),
      upgrade: async peerId => await this.#upgrade(peerId),
      prove: async () => await Promise.resolve(this.rttMs),
      followers: [{
        follow: async (connection) => {
          this.followed.push(connection.id)
          await this.onFollow(connection)
        }
      }],
      clock: this.clock, random: () => 0.999_999, log: this.log
    })
    this.supervisor.start()
  }

  async open(kind: 'direct' | 'relayed', direction: Connection['direction'] = 'outbound', remotePeer: PeerId = alice): Promise<Connection> {
    const connection = {
      id: `${kind} ${randomUUID()}`, remotePeer, direction, status: 'open', streams: [] as unknown[], timeline: { open: this.clock.now() },
      remoteAddr: multiaddr(kind === 'direct' ? DIRECT : RELAYED),
      close: async () => { await this.lose(connection as unknown as Connection) }
    }
    this.#connections.push(connection as unknown as Connection)
    this.supervisor.handleOpened(connection as unknown as Connection)
    await settled()
    return connection as unknown as Connection
  }

  async lose(connection: Connection): Promise<void> {
    this.#connections.splice(this.#connections.indexOf(connection), 1)
    this.closed.push(connection.id)
    this.supervisor.handleClosed(connection)
    await settled()
  }

  async advance(ms: number): Promise<void> {
    this.clock.advance(ms)
    await settled()
  }

  /** Lets relayed connections grow old enough to be closed. */
  async age(): Promise<void> {
    for (let waited = 0; waited <= 2 * RELAYED_MIN_AGE_MS; waited += 100) await this.advance(100)
  }

  /** `direct`, `relay`, `relay (timeout)`; undefined for a peer that is not connected. */
  path(peerId: PeerId = alice): string | undefined {
    const path = this.supervisor.of(peerId.toString())
    return path?.whyNotDirect === undefined ? path?.path : `${path.path} (${path.whyNotDirect})`
  }

  async #upgrade(peerId: PeerId): Promise<WhyNot | undefined> {
    const { promise, resolve } = Promise.withResolvers<WhyNot | undefined>()
    this.attempts.push({
      peerId: peerId.toString(),
      end: async (why) => {
        resolve(why)
        await settled()
      }
    })
    return await promise
  }
}
