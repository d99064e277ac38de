/** Which instance is which peer: the route table, pure. The newest record of a peer wins, nobody can write another's route. */
import type { AgentCard } from '../protocols/announce.ts'

/** One instance. Times in ms since the epoch. */
export interface Route {
  /** `<name>@<agent ID>`; the agent ID is derived from the peer's key, the name is its claim. */
  readonly instanceId: string
  readonly instanceName: string
  readonly agentId: string
  readonly peerId: string
  readonly multiaddrs: readonly string[]
  /** Sequence number of the record that this route comes from. */
  readonly seq: number
  readonly lastAnnouncedAt: number
  readonly lastSeenAt: number
  /** How it was learned. */
  readonly source: 'announce' | 'dht'
  readonly card?: AgentCard
}

export type LearnResult =
  /** A new instance, or another name or peer under it. */
  | { kind: 'mapped', previous: Route | undefined, dropped: Route | undefined }
  /** The same mapping with newer facts. */
  | { kind: 'refreshed' }
  /** An older or equal record: a replay, or a rollback. */
  | { kind: 'stale' }
  /** The instance ID belongs to another peer ID (two keys with one agent ID). */
  | { kind: 'taken', by: string }

export interface InstanceRoutesInit {
  maxRoutes: number
  /** Such a peer's route is never dropped to make room. */
  isProtected: (peerId: string) => boolean
}

export class InstanceRoutes {
  readonly #init: InstanceRoutesInit
  readonly #byPeer = new Map<string, Route>()
  readonly #peerOfInstance = new Map<string, string>()

  constructor(init: InstanceRoutesInit) {
    this.#init = init
  }

  get size(): number {
    return this.#byPeer.size
  }

  all(): Route[] {
    return [...this.#byPeer.values()]
  }

  ofPeer(peerId: string): Route | undefined {
    return this.#byPeer.get(peerId)
  }

  withName(instanceName: string): Route[] {
    return this.all().filter(route => route.instanceName === instanceName)
  }

  withAgentId(agentId: string): Route[] {
    return this.all().filter(route => route.agentId === agentId)
  }

  /** Takes a checked record of the peer itself. */
  learn(route: Route): LearnResult {
    const previous = this.#byPeer.get(route.peerId)
    if (previous !== undefined && route.seq <= previous.seq) return { kind: 'stale' }
    const holder = this.#peerOfInstance.get(route.instanceId)
    if (holder !== undefined && holder !== route.peerId) return { kind: 'taken', by: holder }
    this.#put(route, previous)
    if (previous?.instanceId === route.instanceId) return { kind: 'refreshed' }
    return { kind: 'mapped', previous, dropped: this.#makeRoom(route.peerId) }
  }

  /** Notes that the peer was seen at that time. */
  touch(peerId: string, at: number): void {
    const route = this.#byPeer.get(peerId)
    if (route !== undefined && at > route.lastSeenAt) this.#byPeer.set(peerId, { ...route, lastSeenAt: at })
  }

  remove(peerId: string): Route | undefined {
    const route = this.#byPeer.get(peerId)
    if (route === undefined) return undefined
    this.#byPeer.delete(peerId)
    this.#peerOfInstance.delete(route.instanceId)
    return route
  }

  /** Drops unprotected routes that were last seen before that time. */
  prune(before: number): Route[] {
    const old = this.all().filter(route => route.lastSeenAt < before && !this.#init.isProtected(route.peerId))
    for (const route of old) this.remove(route.peerId)
    return old
  }

  #put(route: Route, previous: Route | undefined): void {
    if (previous !== undefined) this.#peerOfInstance.delete(previous.instanceId)
    this.#byPeer.set(route.peerId, route)
    this.#peerOfInstance.set(route.instanceId, route.peerId)
  }

  /** Over the bound the unprotected route unseen for longest goes; where all are protected, the newcomer. */
  #makeRoom(newcomer: string): Route | undefined {
    if (this.#byPeer.size <= this.#init.maxRoutes) return undefined
    let oldest: Route | undefined
    for (const route of this.#byPeer.values()) {
      if (route.peerId === newcomer || this.#init.isProtected(route.peerId)) continue
      if (oldest === undefined || route.lastSeenAt < oldest.lastSeenAt) oldest = route
    }
    return this.remove(oldest?.peerId ?? newcomer)
  }
}
