/** Learns who is who from what peers announce about themselves: checked, bounded, and never from a third party. */
import type { Connection, PeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { ANNOUNCES_PER_HOUR, MAX_TRACKED_PEERS } from '../config/limits.ts'
import { agentIdOf } from '../lib/agent-id.ts'
import { BoundedMap } from '../lib/bounded-map.ts'
import { isRelayed } from '../lib/connection-path.ts'
import type { Logger } from '../lib/log.ts'
import { oneLine } from '../lib/text.ts'
import { isOnOwnSubnet, scopeOf } from '../lib/reachable-address.ts'
import { openAnnounce, type Announce } from '../protocols/announce.ts'
import type { InstanceRoutes, Route } from './instance-routes.ts'

export interface RouteLearnerInit {
  routes: InstanceRoutes
  /** `false`: only approved peers are listened to. */
  isOpen: boolean
  isApproved: (peerId: PeerId) => boolean
  /** How long the sender has to wait before the next announce is read; 0: now. */
  takeRate: (peerId: string) => number
  /** A route is new or has another name. */
  onMapped: (route: Route) => void
  /** Facts of a route changed; its addresses may be dialled. */
  onLearned: (route: Route, addresses: Multiaddr[]) => void
  /** Whether the other end of the connection still answers. */
  isAlive: (connection: Connection) => Promise<boolean>
  /** Two live nodes use one key. */
  onDuplicateKey: (peerId: string) => void
  log: Logger
  now: () => number
}

export const ANNOUNCE_RATE = { limit: ANNOUNCES_PER_HOUR, windowMs: 3_600_000, maxKeys: MAX_TRACKED_PEERS } as const

export class RouteLearner {
  readonly #init: RouteLearnerInit
  /** The run that each peer last announced, and on which connection. */
  readonly #boots = new BoundedMap<string, { bootId: string, connection: Connection }>(MAX_TRACKED_PEERS)

  constructor(init: RouteLearnerInit) {
    this.#init = init
  }

  /** Reads one announce; what is not valid is dropped with a debug line. */
  async handleAnnounce(from: PeerId, record: Uint8Array, connection: Connection): Promise<void> {
    const peerId = from.toString()
    const { isOpen, isApproved, takeRate, log } = this.#init
    const isWelcome = isOpen || isApproved(from)
    if (!isWelcome || takeRate(peerId) > 0) {
      log.debug(`An announce of ${peerId} was not read: ${isWelcome ? 'too many' : 'not approved'}`)
      return
    }
    try {
      const announce = await openAnnounce(record, from)
      this.#learn(from, announce, connection)
      await this.#watchBoot(peerId, announce.bootId, connection)
    } catch (error) {
      log.debug(`An announce of ${peerId} was dropped: ${oneLine(error instanceof Error ? error.message : String(error), 120)}`)
    }
  }

  #learn(from: PeerId, announce: Announce, connection: Connection): void {
    const { routes, now, log } = this.#init
    const addresses = this.#usableAddresses(from, announce.addrs, connection)
    const route = toRoute(from, announce, { addresses, now: now() })
    const result = routes.learn(route)
    switch (result.kind) {
      case 'stale':
        log.debug(`An old announce of ${route.peerId} was dropped (sequence ${route.seq})`)
        return
      case 'taken':
        log.warn(`Peer ${route.peerId} claims the instance ID ${route.instanceId}, which belongs to ${result.by}; its announce was dropped`)
        return
      case 'mapped':
        this.#init.onMapped(route)
        break
      case 'refreshed':
        break
    }
    this.#init.onLearned(route, addresses)
  }

  /** Public addresses of anybody; private ones of approved peers on our own subnets; loopback only from this machine. */
  #usableAddresses(from: PeerId, addresses: Multiaddr[], connection: Connection): Multiaddr[] {
    const isLocal = scopeOf(connection.remoteAddr) === 'loopback' && !isRelayed(connection)
    const isApproved = this.#init.isApproved(from)
    return addresses.filter((address) => {
      const scope = scopeOf(address)
      return scope === 'public' || (scope === 'private' && isApproved && isOnOwnSubnet(address)) || (scope === 'loopback' && isLocal)
    })
  }

  /** A restarted node announces another run too, but then its old connection is dead. */
  async #watchBoot(peerId: string, bootId: string, connection: Connection): Promise<void> {
    const known = this.#boots.get(peerId)
    this.#boots.set(peerId, { bootId, connection })
    if (known === undefined || known.bootId === bootId || known.connection.id === connection.id || known.connection.status !== 'open') return
    if (await this.#init.isAlive(known.connection)) this.#init.onDuplicateKey(peerId)
  }
}

function toRoute(from: PeerId, announce: Announce, learned: { addresses: Multiaddr[], now: number }): Route {
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
    source: 'announce',
    ...announce.card !== undefined && { card: announce.card }
  }
}
