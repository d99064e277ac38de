/** Which connections end where there are too many: those of peers that this node keeps itself connected to never do. */
import type { Connection } from '@libp2p/interface'
import { CONNECTION_CLOSE_TIMEOUT_MS, CONNECTION_GRACE_MS, MAX_OWN_CONNECTIONS } from '../config/connection-limits.ts'
import { closeOrAbort } from '../lib/close-or-abort.ts'
import type { Logger } from '../lib/log.ts'
import { networkKeyOf } from '../lib/network-key.ts'

export interface ConnectionLimitsInit {
  connections: () => Connection[]
  /** Whether this node wants the connection whatever the number: to an approved or awaited peer, or one that it relays for. */
  isKept: (connection: Connection) => boolean
  /** Connections at a time; those of kept peers count, and are closed for no number. */
  maxConnections: number
  now: () => number
  log: Logger
}

/**
 * Stands in for the library's pruner, which closes no connection with a stream open, and ours all have some; and for its limit, which
 * refuses whoever comes last before it knows who that is.
 */
export class ConnectionLimits {
  readonly #init: ConnectionLimitsInit
  readonly #closing = new WeakSet<Connection>()

  constructor(init: ConnectionLimitsInit) {
    this.#init = init
  }

  /** Whether this node dialled as many strangers as it has a use for: nobody is dialled for being there then. */
  get hasEnough(): boolean {
    return this.#others().filter(isOurs).length >= MAX_OWN_CONNECTIONS
  }

  /** One of a stranger makes room at once: the one that was opened may be that of an approved peer. */
  handleOpened(opened: Connection): void {
    const open = new Set([...this.#open(), opened])
    const excess = open.size - this.#init.maxConnections
    if (excess > 0) this.#close(leastUseful([...open].filter(connection => !this.#init.isKept(connection)), excess))
  }

  /** Lets go of strangers that this node dialled beyond what it has a use for: for a question, for a message that is delivered now. */
  keepHouse(): void {
    const settled = this.#others().filter(isOurs)
    const old = settled.filter(({ timeline }) => this.#init.now() - timeline.open >= CONNECTION_GRACE_MS)
    this.#close(leastUseful(old, Math.min(old.length, settled.length - MAX_OWN_CONNECTIONS)))
  }

  #open(): Connection[] {
    return this.#init.connections().filter(connection => connection.status === 'open' && !this.#closing.has(connection))
  }

  #others(): Connection[] {
    return this.#open().filter(connection => !this.#init.isKept(connection))
  }

  #close(connections: Connection[]): void {
    for (const connection of connections) {
      this.#closing.add(connection)
      this.#init.log.debug(`Too many connections: that to ${connection.remotePeer.toString()} is closed`)
      void closeOrAbort(connection, CONNECTION_CLOSE_TIMEOUT_MS)
    }
  }
}

function isOurs({ direction }: Connection): boolean {
  return direction === 'outbound'
}

/** The youngest of whichever network has most: who opens many connections pays with their own, and what has proved itself stays. */
function leastUseful(connections: Connection[], count: number): Connection[] {
  const byNetwork = Map.groupBy(connections.toSorted((one, other) => one.timeline.open - other.timeline.open), ({ remoteAddr }) => networkKeyOf(remoteAddr))
  const networks = [...byNetwork.values()]
  return Array.from({ length: Math.min(Math.max(count, 0), connections.length) }, () => {
    const crowded = networks.reduce((most, network) => isMoreCrowded(network, most) ? network : most)
    return crowded.pop()
  }).filter(connection => connection !== undefined)
}

function isMoreCrowded(network: Connection[], other: Connection[]): boolean {
  return network.length > other.length || (network.length === other.length && openedAt(network.at(-1)) > openedAt(other.at(-1)))
}

function openedAt(connection: Connection | undefined): number {
  return connection?.timeline.open ?? -Infinity
}
