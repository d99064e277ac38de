/** A DHT without a network: it answers what a test gives it, and keeps what it was asked to do. */

import type { PeerId, PeerInfo } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'

/** A peer with one public address. */
export function toldPeer(id: PeerId, address = '/ip4/45.33.1.1/tcp/4001'): PeerInfo {
  return { id, multiaddrs: [multiaddr(address)] }
}

export class FakeDht {
  /** Nodes that can be asked. */
  size = 1
  /** How many nodes take what they are given. */
  holders = 1
  /** Who entered themselves, by name. */
  readonly entered = new Map<string, PeerInfo[]>()
  /** Records, by key as text. */
  readonly records = new Map<string, Uint8Array[]>()
  /** Where peers are, by peer ID. */
  readonly places = new Map<string, PeerInfo>()
  /** Names under which this node entered itself, each time. */
  readonly provided: string[] = []
  /** What this node put, each time. */
  readonly puts: Array<{ key: string, value: Uint8Array }> = []
  /** Names, keys and peers that were looked for. */
  readonly sought: string[] = []
  /** Peers that are connected for a question only. */
  readonly contacts = new Set<string>()
  readonly #listeners = new Set<() => void>()

  /** A further node can be asked. */
  meetNode(): void {
    this.size += 1
    for (const listener of [...this.#listeners]) listener()
  }

  /** How many want to know of further nodes. */
  get listening(): number {
    return this.#listeners.size
  }

  readonly onNode = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => { this.#listeners.delete(listener) }
  }

  readonly isContact = (peerId: PeerId): boolean => this.contacts.has(peerId.toString())

  readonly provide = async (name: string): Promise<number> => {
    this.provided.push(name)
    return this.holders
  }

  readonly put = async (key: Uint8Array, value: Uint8Array): Promise<number> => {
    this.puts.push({ key: new TextDecoder().decode(key), value })
    return this.holders
  }

  readonly findPeer = async (peerId: PeerId): Promise<PeerInfo | undefined> => {
    this.sought.push(peerId.toString())
    return this.places.get(peerId.toString())
  }

  async* providers(name: string): AsyncGenerator<PeerInfo> {
    this.sought.push(name)
    yield* this.entered.get(name) ?? []
  }

  async* values(key: Uint8Array): AsyncGenerator<Uint8Array> {
    const text = new TextDecoder().decode(key)
    this.sought.push(text)
    yield* this.records.get(text) ?? []
  }
}
