/** Learns who is who from what peers announce about themselves: checked, bounded, and never from a third party. */
import type { Connection, PeerId } from '@libp2p/interface'
import { multiaddr, type Multiaddr } from '@multiformats/multiaddr'
import { ANNOUNCES_PER_HOUR, MAX_ANNOUNCED_ADDRESSES, MAX_TRACKED_PEERS } from '../config/limits.ts'
import { agentIdOf } from '../lib/agent-id.ts'
import { BoundedMap } from '../lib/bounded-map.ts'
import type { Logger } from '../lib/log.ts'
import { RateLimiter } from '../lib/rate-limiter.ts'
import { isFromThisMachine, scopeOf } from '../lib/reachable-address.ts'
import { oneLine } from '../lib/text.ts'
import { openAnnounce, type Announce, type SignedAnnounce } from '../protocols/announce.ts'
import type { InstanceRoutes, Route } from './instance-routes.ts'
import { usableAddresses } from './usable-addresses.ts'

export interface RouteLearnerInit {
  routes: InstanceRoutes
  /** Whether the peer is listened to. */
  isWelcome: (peerId: PeerId) => boolean
  isApproved: (peerId: PeerId) => boolean
  /** A route is new or has another name. */
  onMapped: (route: Route) => void
  /** Facts of a route changed; these are addresses that it had before and has no longer. */
  onLearned: (route: Route, dropped: readonly string[]) => void
  /** The peer said that it stops. */
  onLeft: (peerId: PeerId) => void
  /** Whether the other end of the connection still answers. */
  isAlive: (connection: Connection) => Promise<boolean>
  /** The peer announced one run of itself over both connections. */
  onSameRun: (one: Connection, other: Connection) => Promise<void>
  /** Two live nodes use one key; `bootIds` are their runs. */
  onDuplicateKey: (peerId: PeerId, bootIds: string[]) => void
  /** The peer hears these runs of our own key at the same time. */
  onOwnRunsHeard: (reporter: PeerId, bootIds: string[]) => void
  /** The peer goes on announcing after it was told nothing of that is read. */
  onFlood: (peerId: PeerId, error: Error) => void
  log: Logger
  now: () => number
}

/** The peer announced more than an honest one does in its worst hour, twice over. */
class TooManyAnnouncesError extends Error {
  override readonly name = 'TooManyAnnouncesError'
}

export class RouteLearner {
  readonly #init: RouteLearnerInit
  /** Announces that are read, and those that may come on top of them unread before the peer is cut off. */
  readonly #rate: RateLimiter
  readonly #patience: RateLimiter
  /** The run that each connected peer last announced, and on which connection. */
  readonly #boots = new BoundedMap<string, { bootId: string, connection: Connection }>(MAX_TRACKED_PEERS)

  constructor(init: RouteLearnerInit) {
    const rate = { limit: ANNOUNCES_PER_HOUR, windowMs: HOUR_MS, maxKeys: MAX_TRACKED_PEERS, now: init.now }
    this.#init = init
    this.#rate = new RateLimiter(rate)
    this.#patience = new RateLimiter(rate)
  }

  /** Reads one announce; what is not valid is dropped with a debug line. */
  async handleAnnounce(from: PeerId, record: Uint8Array, connection: Connection): Promise<void> {
    const peerId = from.toString()
    const isWelcome = this.#init.isWelcome(from)
    if (!isWelcome || this.#rate.take(peerId) > 0) {
      this.#refuse(from, isWelcome ? 'too many' : 'not approved')
      return
    }
    try {
      const announce = await openAnnounce(record, from)
      if (announce.isLeaving === true) {
        this.#learnGoodbye(from, announce)
        return
      }
      this.#learn(from, announce, connection)
      if (announce.recipientBootIds.length > 0) this.#init.onOwnRunsHeard(from, announce.recipientBootIds)
      await this.#watchBoot(from, announce.bootId, connection)
    } catch (error) {
      this.#init.log.debug(`An announce of ${peerId} was dropped: ${oneLine(error instanceof Error ? error.message : String(error), 120)}`)
    }
  }

  /** Takes what a look-up found, which its peer signed. @param isLocal whether the whole mesh is on this machine */
  handleFound({ peerId, announce }: SignedAnnounce, isLocal: boolean): void {
    if (!this.#init.isWelcome(peerId)) return
    const teller = { isApproved: this.#init.isApproved(peerId), isLocal }
    const found = toRoute(peerId, announce, { addresses: usableAddresses(announce.addrs, teller), now: this.#init.now(), source: 'dht' })
    const known = this.#init.routes.ofPeer(found.peerId)
    // what the peer told us alone is not in there
    const own = known?.multiaddrs.filter(address => scopeOf(multiaddr(address)) !== 'public' && !found.multiaddrs.includes(address)) ?? []
    const multiaddrs = [...found.multiaddrs, ...own].slice(0, MAX_ANNOUNCED_ADDRESSES)
    this.#take({ ...found, multiaddrs, ...known !== undefined && { lastSeenAt: known.lastSeenAt }, ...known?.card !== undefined && { card: known.card } })
  }

  /** The peer has no connection any more. */
  handleDisconnected(peerId: PeerId): void {
    this.#boots.delete(peerId.toString())
  }

  #refuse(from: PeerId, why: string): void {
    this.#init.log.debug(`An announce of ${from.toString()} was not read: ${why}`)
    if (this.#patience.take(from.toString()) > 0) this.#init.onFlood(from, new TooManyAnnouncesError('it announces itself without end'))
  }

  #learn(from: PeerId, announce: Announce, connection: Connection): void {
    const addresses = usableAddresses(announce.addrs, { isApproved: this.#init.isApproved(from), isLocal: isFromThisMachine(connection) })
    this.#take(toRoute(from, announce, { addresses, now: this.#init.now(), source: 'announce' }))
  }

  #take(route: Route): void {
    const { routes, log } = this.#init
    const before = routes.ofPeer(route.peerId)?.multiaddrs ?? []
    const result = routes.learn(route)
    switch (result.kind) {
      case 'stale':
        log.debug(`An old announce of ${route.peerId} was dropped (sequence ${route.seq})`)
        return
      case 'taken':
        log.warn(`Peer ${route.peerId} claims the instance ID ${route.instanceId}, which belongs to ${result.by}; its announce was dropped`)
        return
      case 'full':
        log.debug(`An announce of ${route.peerId} was dropped: the route table is full`)
        return
      case 'mapped':
        this.#init.onMapped(route)
        break
      case 'refreshed':
        break
    }
    this.#init.onLearned(route, before.filter(address => !route.multiaddrs.includes(address)))
  }

  /** Its number makes every record of before an old one, this one included: nobody can send the peer away again with it. */
  #learnGoodbye(from: PeerId, { seq }: Announce): void {
    const { routes, now, log, onLeft, onLearned } = this.#init
    const known = routes.ofPeer(from.toString())
    if (known === undefined) return
    const route = { ...known, seq, lastSeenAt: now() }
    if (routes.learn(route).kind !== 'refreshed') {
      log.debug(`An old goodbye of ${known.peerId} was dropped (sequence ${seq})`)
      return
    }
    onLeft(from)
    onLearned(route, [])
  }

  /** A restarted node announces another run too, but then its old connection is dead. */
  async #watchBoot(from: PeerId, bootId: string, connection: Connection): Promise<void> {
    const known = this.#boots.get(from.toString())
    this.#boots.set(from.toString(), { bootId, connection })
    if (known === undefined || known.connection.id === connection.id || known.connection.status !== 'open') return
    if (known.bootId === bootId) await this.#init.onSameRun(known.connection, connection)
    else if (await this.#init.isAlive(known.connection)) this.#init.onDuplicateKey(from, [known.bootId, bootId])
  }
}

const HOUR_MS = 3_600_000

function toRoute(from: PeerId, announce: Announce, learned: { addresses: Multiaddr[], now: number, source: Route['source'] }): Route {
  const agentId = agentIdOf(from)
  return {
    instanceId: `${announce.instanceName}@${agentId}`,
    instanceName: announce.instanceName,
    agentId,
    peerId: from.toString(),
    multiaddrs: learned.addresses.map(address => address.toString()),
    seq: announce.seq,
    lastAnnouncedAt: learned.now,
    lastSeenAt: learned.now,
    source: learned.source,
    ...announce.card !== undefined && { card: announce.card }
  }
}
