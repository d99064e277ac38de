/**
 * What of the library's DHT has no door: its routing table, the clock of its refreshes, and whom its answers tell of. The version is
 * pinned, and a part that is gone is said at once.
 */
import type { PeerId, PeerInfo, Startable } from '@libp2p/interface'
import type { KadDHT } from '@libp2p/kad-dht'
import { CID } from 'multiformats/cid'
import * as raw from 'multiformats/codecs/raw'
import { sha256 } from 'multiformats/hashes/sha2'
import { MeshError } from '../lib/errors.ts'

interface RoutingTable extends EventTarget {
  size: number
  find: (peerId: PeerId) => Promise<PeerId | undefined>
  remove: (peerId: PeerId) => Promise<void>
  queueRoutingTableUpdate: (peerId: PeerId) => void
}

interface Parts extends KadDHT, Startable {
  routingTable: RoutingTable
  network: EventTarget
  routingTableRefresh: { refreshInterval: number }
}

/** The longest timer that there is: 25 days. */
export const NEVER_MS = 2 ** 31 - 1

export class KadParts {
  readonly dht: KadDHT
  readonly #parts: Parts

  /** @throws MeshError `INTERNAL` when the library is made differently */
  constructor(dht: KadDHT) {
    if (!isComplete(dht)) throw new MeshError('INTERNAL', 'this version of @libp2p/kad-dht is made differently from the one that the mesh was written for')
    this.dht = dht
    this.#parts = dht
  }

  async start(): Promise<void> {
    await this.#parts.start()
  }

  async stop(): Promise<void> {
    await this.#parts.stop()
  }

  /** Nodes that can be asked. */
  get size(): number {
    return this.#parts.routingTable.size
  }

  /** Leaves it at the refresh of the start: the library's own clock cannot be set otherwise. */
  refreshOnce(): void {
    this.#parts.routingTableRefresh.refreshInterval = NEVER_MS
  }

  /** Takes a connected node up, also one without an address that could be told to others. */
  meet(peerId: PeerId): void {
    this.#parts.routingTable.queueRoutingTableUpdate(peerId)
  }

  async knows(peerId: PeerId): Promise<boolean> {
    return await this.#parts.routingTable.find(peerId) !== undefined
  }

  async drop(peerId: PeerId): Promise<void> {
    await this.#parts.routingTable.remove(peerId)
  }

  /** Calls back for each node that is taken up; returns the way to stop. */
  onNode(listener: () => void): () => void {
    const { routingTable } = this.#parts
    routingTable.addEventListener('peer:add', listener)
    return () => { routingTable.removeEventListener('peer:add', listener) }
  }

  /** Calls back for each peer that an answer tells of. */
  onHeard(listener: (peer: PeerInfo) => void): void {
    this.#parts.network.addEventListener('peer', (event) => { if (event instanceof CustomEvent) listener(event.detail as PeerInfo) })
  }
}

function isComplete(dht: KadDHT): dht is Parts {
  const { routingTable, network, routingTableRefresh } = dht as Partial<Parts>
  return typeof routingTable?.queueRoutingTableUpdate === 'function' && typeof routingTable.remove === 'function' && typeof routingTable.find === 'function' &&
    network instanceof EventTarget && typeof routingTableRefresh?.refreshInterval === 'number' && 'start' in dht && 'stop' in dht
}

/** The key of a name under which nodes enter themselves. */
export async function cidOf(name: string): Promise<CID> {
  return CID.createV1(raw.code, await sha256.digest(new TextEncoder().encode(name)))
}
