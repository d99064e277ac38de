/** Two peers that dial each other at the same moment have two direct connections: one of the peers closes the one not in use. */
import type { Connection, PeerId } from '@libp2p/interface'
import { SURPLUS_CHECK_MS, SURPLUS_MIN_AGE_MS, SURPLUS_TIMEOUT_MS } from '../config/limits.ts'
import type { Clock, Timer } from '../lib/clock.ts'
import { closeOrAbort } from '../lib/close-or-abort.ts'
import { isRelayed } from '../lib/connection-path.ts'
import type { Logger } from '../lib/log.ts'

export interface SurplusConnectionsInit {
  ownPeerId: PeerId
  connections: (peerId: PeerId) => Connection[]
  /** The connection that messages to the peer are written to. */
  inUse: (peerId: PeerId) => Connection | undefined
  isAlive: (connection: Connection) => Promise<boolean>
  /** Ends the streams of messages over the connection once nothing is under way on them. */
  retire: (connection: Connection) => void
  clock: Clock
  log: Logger
}

/**
 * Only connections that lead to one and the same run of a peer are surplus: the two that lead to a machine and to its copy are not.
 * The peer with the smaller ID closes, so that the two sides need not agree.
 */
export class SurplusConnections {
  readonly #init: SurplusConnectionsInit
  readonly #closing = new Map<Connection, Timer>()
  #isStopped = false

  constructor(init: SurplusConnectionsInit) {
    this.#init = init
  }

  stop(): void {
    this.#isStopped = true
    for (const timer of this.#closing.values()) timer.cancel()
    this.#closing.clear()
  }

  /** The peer announced one run of itself over both connections. */
  async handleSameRun(one: Connection, other: Connection): Promise<void> {
    const { ownPeerId, inUse, isAlive, retire } = this.#init
    const kept = inUse(one.remotePeer)
    const surplus = kept?.id === one.id ? other : one
    const isForUs = ownPeerId.toString() < one.remotePeer.toString() && kept !== undefined && (kept.id === one.id || kept.id === other.id)
    if (!isForUs || isRelayed(one) || isRelayed(other) || this.#closing.has(surplus)) return
    if (!await isAlive(kept) || this.#isStopped || this.#closing.has(surplus) || this.#closing.has(kept)) return
    retire(surplus)
    this.#lookSoon(surplus, this.#init.clock.now() + SURPLUS_TIMEOUT_MS)
  }

  /** @param deadline when it is closed, whatever still runs over it */
  #lookSoon(connection: Connection, deadline: number): void {
    this.#closing.set(connection, this.#init.clock.after(SURPLUS_CHECK_MS, () => { this.#look(connection, deadline) }))
  }

  #look(connection: Connection, deadline: number): void {
    if (connection.status !== 'open' || !this.#hasOther(connection)) {
      this.#closing.delete(connection)
    } else if (this.#isIdle(connection) || this.#init.clock.now() >= deadline) {
      this.#closing.delete(connection)
      this.#init.log.debug(`A second connection to ${connection.remotePeer.toString()} is closed: ${connection.remoteAddr.toString()}`)
      void closeOrAbort(connection, SURPLUS_CHECK_MS)
    } else this.#lookSoon(connection, deadline)
  }

  /** A young one may just have been opened for something. */
  #isIdle({ streams, timeline }: Connection): boolean {
    return streams.length === 0 && this.#init.clock.now() - timeline.open >= SURPLUS_MIN_AGE_MS
  }

  #hasOther({ id, remotePeer }: Connection): boolean {
    return this.#init.connections(remotePeer).some(other => other.id !== id && other.status === 'open' && !isRelayed(other))
  }
}
