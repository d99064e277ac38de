/** Which instance is which peer: the route table, pure. The newest record of a peer wins, nobody can write another's route. */
import { utf8Bytes } from '../lib/text.ts'
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
  /** A new instance, or another name of a known one. */
  | { kind: 'mapped' }
  /** The same mapping with newer facts. */
  | { kind: 'refreshed' }
  /** An older or equal record: a replay, or a rollback. */
  | { kind: 'stale' }
  /** The instance ID belongs to another peer ID (two keys with one agent ID). */
  | { kind: 'taken', by: string }
  /** There is no room, and everything here is protected. */
  | { kind: 'full' }

export interface InstanceRoutesInit {
  maxRoutes: number
  /** Of all routes together, as JSON. */
  maxBytes: number
  /** Such a peer's route is never dropped to make room. */
  isProtected: (peerId: string) => boolean
}

interface Entry {
  route: Route
  bytes: number
}

export class InstanceRoutes {
  readonly #init: InstanceRoutesInit
  readonly #byPeer = new Map<string, Entry>()
  readonly #peerOfInstance = new Map<string, string>()
  #bytes = 0

  constructor(init: InstanceRoutesInit) {
    this.#init = init
  }

  get size(): number {
    return this.#byPeer.size
  }

  all(): Route[] {
    return [...this.#byPeer.values()].map(entry => entry.route)
  }

  ofPeer(peerId: string): Route | undefined {
    return this.#byPeer.get(peerId)?.route
  }

  withName(instanceName: string): Route[] {
    return this.all().filter(route => route.instanceName === instanceName)
  }

  withAgentId(agentId: string): Route[] {
    return this.all().filter(route => route.agentId === agentId)
  }

  /** Takes a checked record of the peer itself. */
  learn(route: Route): LearnResult {
    const previous = this.ofPeer(route.peerId)
    if (previous !== undefined && route.seq <= previous.seq) return { kind: 'stale' }
    const holder = this.#peerOfInstance.get(route.instanceId)
    if (holder !== undefined && holder !== route.peerId) return { kind: 'taken', by: holder }
    const entry = { route, bytes: utf8Bytes(JSON.stringify(route)) }
    if (!this.#makeRoom(entry)) return { kind: 'full' }
    this.remove(route.peerId)
    this.#byPeer.set(route.peerId, entry)
    this.#peerOfInstance.set(route.instanceId, route.peerId)
    this.#bytes += entry.bytes
    return { kind: previous?.instanceId === route.instanceId ? 'refreshed' : 'mapped' }
  }

  /** Notes that the peer was seen at that time. */
  touch(peerId: string, at: number): void {
    const entry = this.#byPeer.get(peerId)
    if (entry !== undefined && at > entry.route.lastSeenAt) entry.route = { ...entry.route, lastSeenAt: at }
  }

  remove(peerId: string): Route | undefined {
    const entry = this.#byPeer.get(peerId)
    if (entry === undefined) return undefined
    this.#byPeer.delete(peerId)
    this.#peerOfInstance.delete(entry.route.instanceId)
    this.#bytes -= entry.bytes
    return entry.route
  }

  /** Drops unprotected routes that were last seen before that time. */
  prune(before: number): Route[] {
    const old = this.all().filter(route => route.lastSeenAt < before && !this.#init.isProtected(route.peerId))
    for (const route of old) this.remove(route.peerId)
    return old
  }

  /** Unprotected routes go, the ones unseen for longest first, until the newcomer fits; false when it does not. */
  #makeRoom(newcomer: Entry): boolean {
    const own = this.#byPeer.get(newcomer.route.peerId)
    const hasRoom = (): boolean => this.#byPeer.size + (own === undefined ? 1 : 0) <= this.#init.maxRoutes &&
      this.#bytes + newcomer.bytes - (own?.bytes ?? 0) <= this.#init.maxBytes
    while (!hasRoom()) {
      const oldest = this.#oldestBut(newcomer.route.peerId)
      if (oldest === undefined) return false
      this.remove(oldest.peerId)
    }
    return true
  }

  #oldestBut(peerId: string): Route | undefined {
    let oldest: Route | undefined
    for (const { route } of this.#byPeer.values()) {
      const isOlder = oldest === undefined || route.lastSeenAt < oldest.lastSeenAt
      if (isOlder && route.peerId !== peerId && !this.#init.isProtected(route.peerId)) oldest = route
    }
    return oldest
  }
}
