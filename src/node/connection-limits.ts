/** Which connections end where there are too many: those of peers that this node keeps itself connected to never do. */
import type { Connection } from '@libp2p/interface'
import { CONNECTION_CLOSE_TIMEOUT_MS, CONNECTION_GRACE_MS, MAX_NEWCOMERS, MAX_OWN_CONNECTIONS, NEWCOMER_MS } from '../config/connection-limits.ts'
import { closeOrAbort } from '../lib/close-or-abort.ts'
import type { Logger } from '../lib/log.ts'
import { networkKeyOf } from '../lib/network-key.ts'

export interface ConnectionLimitsInit {
  connections: () => Connection[]
  /** Whether this node wants the connection whatever the number: to an approved or awaited peer, or one that it relays for. */
  isKept: (connection: Connection) => boolean
  /** Connections at a time, and a few newcomers beyond it; those of kept peers count, and are closed for no number. */
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
  /** Since when each connection is there. */
  readonly #since = new WeakMap<Connection, number>()

  constructor(init: ConnectionLimitsInit) {
    this.#init = init
  }

  /** Whether this node dialled as many strangers as it has a use for: nobody is dialled for being there then. */
  get hasEnough(): boolean {
    return this.#others().filter(isOurs).length >= MAX_OWN_CONNECTIONS
  }

  /** Newcomers make room for newcomers at once, and for nobody else: what has proved itself stays, and who comes next may be a friend. */
  handleOpened(opened: Connection): void {
    this.#since.set(opened, this.#init.now())
    const open = [...new Set([...this.#open(), opened])] // the library lists it after it told of it
    if (open.length <= this.#init.maxConnections + MAX_NEWCOMERS) return
    const strangers = open.filter(connection => !this.#init.isKept(connection))
    const newcomers = strangers.filter(connection => !this.#isOlder(connection, NEWCOMER_MS))
    this.#close(newcomers.length > 0 ? hadItsTurn(newcomers) : leastUseful(strangers, 1))
  }

  /**
   * Lets go of strangers that this node dialled beyond what it has a use for (for a question, for a message that is delivered now), and
   * of those that came beyond the limit and had their moment.
   */
  keepHouse(): void {
    const ours = this.#others().filter(isOurs)
    this.#close(leastUseful(ours.filter(connection => this.#isOlder(connection, CONNECTION_GRACE_MS)), ours.length - MAX_OWN_CONNECTIONS))
    const settled = this.#open().filter(connection => this.#init.isKept(connection) || this.#isOlder(connection, NEWCOMER_MS))
    this.#close(leastUseful(settled.filter(connection => !this.#init.isKept(connection)), settled.length - this.#init.maxConnections))
  }

  #isOlder(connection: Connection, ms: number): boolean {
    return this.#init.now() - (this.#since.get(connection) ?? -Infinity) >= ms
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
function leastUseful(connections: readonly Connection[], count: number): Connection[] {
  const byNetwork = Map.groupBy(connections.toSorted(byAge), ({ remoteAddr }) => networkKeyOf(remoteAddr))
  const networks = [...byNetwork.values()]
  return Array.from({ length: Math.min(Math.max(count, 0), connections.length) }, () => {
    const crowded = networks.reduce((most, network) => isMoreCrowded(network, most) ? network : most)
    return crowded.pop()
  }).filter(connection => connection !== undefined)
}

/** The same where one network has several; otherwise the one that was here for longest: it had most of its moment. */
function hadItsTurn(newcomers: readonly Connection[]): Connection[] {
  const crowd = leastUseful(newcomers, 1).filter(youngest =>
    newcomers.some(other => other !== youngest && networkKeyOf(other.remoteAddr) === networkKeyOf(youngest.remoteAddr)))
  return crowd.length > 0 ? crowd : newcomers.toSorted(byAge).slice(0, 1)
}

function byAge(one: Connection, other: Connection): number {
  return one.timeline.open - other.timeline.open
}

function isMoreCrowded(network: Connection[], other: Connection[]): boolean {
  return network.length > other.length || (network.length === other.length && openedAt(network.at(-1)) > openedAt(other.at(-1)))
}

function openedAt(connection: Connection | undefined): number {
  return connection?.timeline.open ?? -Infinity
}
