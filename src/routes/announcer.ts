/** Tells connected peers who this instance is: at once when a stream is there, on change, now and then, and when it goes. */
import type { Connection, PeerId, PrivateKey } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import {
  ANNOUNCES_PER_HOUR, ANNOUNCE_COALESCE_MS, ANNOUNCE_INTERVAL_MS, MAX_ANNOUNCED_ADDRESSES, MAX_TRACKED_PEERS
} from '../config/limits.ts'
import type { Clock, Timer } from '../lib/clock.ts'
import { toError } from '../lib/errors.ts'
import type { Logger } from '../lib/log.ts'
import { RateLimiter } from '../lib/rate-limiter.ts'
import { isFromThisMachine, scopeOf } from '../lib/reachable-address.ts'
import { sealAnnounce, type AgentCard } from '../protocols/announce.ts'

export interface AnnouncerInit {
  instanceName: string
  card: AgentCard | undefined
  bootId: string
  privateKey: PrivateKey
  /** Addresses that the node has now, without the peer ID. */
  addresses: () => Multiaddr[]
  /** Whether the peer is told anything. */
  isWelcome: (peerId: PeerId) => boolean
  isApproved: (peerId: PeerId) => boolean
  linkedPeers: () => Array<{ peerId: PeerId, connection: Connection }>
  /** Opens streams to connected peers that have none; whoever gets one is told then. */
  linkOthers: () => void
  send: (peerId: PeerId, record: Uint8Array) => boolean
  /** The next sequence number of this node's records, never given out twice. */
  nextSequence: () => number
  clock: Clock
  log: Logger
}

/** Whom a record is for: an approved peer learns more, and addresses of this machine are told to this machine only. */
interface Audience {
  isApproved: boolean
  isLocal: boolean
  /** Runs of its key that we hear, where there are several. */
  bootIds: string[]
  /** Until when others may tell the record, where it is for all. */
  expiresAt?: number
}

export class Announcer {
  readonly #init: AnnouncerInit
  /** A peer reads no more than this, and each record costs a signature. */
  readonly #rate: RateLimiter
  #timer: Timer | undefined
  #isStopped = false

  constructor(init: AnnouncerInit) {
    this.#init = init
    this.#rate = new RateLimiter({ limit: ANNOUNCES_PER_HOUR, windowMs: 3_600_000, maxKeys: MAX_TRACKED_PEERS, now: init.clock.now })
  }

  start(): void {
    this.#schedule(ANNOUNCE_INTERVAL_MS)
  }

  /** Tells everybody that is told anything that this instance goes, with one record for all. Nothing may be announced after it. */
  async leave(): Promise<void> {
    const { instanceName, bootId, privateKey, nextSequence, linkedPeers, isWelcome, send } = this.#init
    const told = linkedPeers().filter(({ peerId }) => isWelcome(peerId))
    if (this.#isStopped || told.length === 0) return
    this.stop()
    const record = await sealAnnounce({ instanceName, bootId, seq: nextSequence(), addrs: [], recipientBootIds: [], isLeaving: true }, privateKey)
    for (const { peerId } of told) send(peerId, record)
  }

  /** Nobody is told anything any more, and no sequence number is taken. */
  stop(): void {
    this.#isStopped = true
    this.#timer?.cancel()
    this.#timer = undefined
  }

  /** Addresses or approvals changed: everybody is told again, soon. */
  handleChange(): void {
    this.#schedule(ANNOUNCE_COALESCE_MS)
  }

  /** Tells one peer who we are, and which runs of its key we hear where there are several. */
  async announceTo(peerId: PeerId, connection: Connection, bootIds: string[] = []): Promise<void> {
    const { isWelcome, isApproved } = this.#init
    if (this.#isStopped || !isWelcome(peerId) || this.#rate.take(peerId.toString()) > 0) return
    const record = await this.#record({ isApproved: isApproved(peerId), isLocal: isFromThisMachine(connection), bootIds })
    this.#send(peerId, record)
  }

  /** A record for whoever asks, in the DHT; undefined while this node has no address to tell. */
  async recordForAll({ isLocal, expiresAt }: { isLocal: boolean, expiresAt: number }): Promise<Uint8Array | undefined> {
    const audience = { isApproved: false, isLocal, bootIds: [], expiresAt }
    return this.#isStopped || this.#addresses(audience).length === 0 ? undefined : await this.#record(audience)
  }

  #send(peerId: PeerId, record: Uint8Array): void {
    if (!this.#isStopped) this.#init.send(peerId, record)
  }

  #schedule(delayMs: number): void {
    if (this.#isStopped) return
    this.#timer?.cancel()
    this.#timer = this.#init.clock.after(delayMs, () => {
      this.#schedule(ANNOUNCE_INTERVAL_MS)
      this.#announceToAll().catch((error: unknown) => { this.#init.log.error(`Peers could not be told who we are: ${toError(error).message}`) })
    })
  }

  async #announceToAll(): Promise<void> {
    for (const { peerId, connection } of this.#init.linkedPeers()) await this.announceTo(peerId, connection)
    this.#init.linkOthers()
  }

  async #record(audience: Audience): Promise<Uint8Array> {
    const { instanceName, card, bootId, privateKey, nextSequence } = this.#init
    return await sealAnnounce({
      instanceName, bootId, seq: nextSequence(), addrs: this.#addresses(audience), recipientBootIds: audience.bootIds,
      ...audience.isApproved && card !== undefined && { card }, ...audience.expiresAt !== undefined && { expiresAt: audience.expiresAt }
    }, privateKey)
  }

  #addresses({ isApproved, isLocal }: Audience): Multiaddr[] {
    const told = this.#init.addresses().filter((address) => {
      const scope = scopeOf(address)
      return scope === 'public' || scope === 'name' || (scope === 'private' && isApproved) || (scope === 'loopback' && isLocal)
    })
    return told.slice(0, MAX_ANNOUNCED_ADDRESSES)
  }
}
