/**
 * Addresses as the DHT knows them: those of libp2p's peer store that all may know, and what its answers tell. What strangers tell about
 * strangers stays in here: it is bounded, reaches no peer store, and so leads to no dial but those of the DHT's own questions.
 */
import { KEEP_ALIVE, NotFoundError, type Peer, type PeerData, type PeerId, type PeerInfo, type PeerStore } from '@libp2p/interface'
import { multiaddr, type Multiaddr } from '@multiformats/multiaddr'
import { DHT_TAG_LIFE_MS, MAX_HEARD_PEERS } from '../config/dht-limits.ts'
import { MAX_ANNOUNCED_ADDRESSES } from '../config/limits.ts'
import { BoundedMap } from '../lib/bounded-map.ts'
import type { AddressScopes } from './address-scopes.ts'
import { dialForm, withoutPeerId } from './known-addresses.ts'
import { overriding } from '../lib/overriding.ts'

export class DhtAddresses {
  /** The node's peer store as the DHT may see and change it. */
  readonly peerStore: PeerStore
  readonly #peerStore: PeerStore
  readonly #scopes: AddressScopes
  readonly #heard = new BoundedMap<string, Multiaddr[]>(MAX_HEARD_PEERS)

  constructor(peerStore: PeerStore, scopes: AddressScopes) {
    this.#peerStore = peerStore
    this.#scopes = scopes
    this.peerStore = this.#overlay()
  }

  /** Of what an answer says about a peer, the addresses that may be taken. */
  taken({ id, multiaddrs }: PeerInfo): PeerInfo {
    const told = multiaddrs.filter(address => this.#scopes.isTaken(address)).map(address => multiaddr(withoutPeerId(address, id)))
    return { id, multiaddrs: told.slice(0, MAX_ANNOUNCED_ADDRESSES) }
  }

  /** Remembers what an answer says about a peer. */
  hear(peer: PeerInfo): void {
    const { id, multiaddrs } = this.taken(peer)
    if (multiaddrs.length > 0) this.#heard.set(id.toString(), multiaddrs)
  }

  /** Where the peer may be asked, each address with the peer ID. */
  async of(peerId: PeerId): Promise<Multiaddr[]> {
    const known = await this.#told(peerId)
    return known.flatMap(address => dialForm(withoutPeerId(address, peerId), peerId))
  }

  #overlay(): PeerStore {
    const store = this.#peerStore
    return overriding(store, {
      get: async peerId => await this.#get(peerId),
      getInfo: async (peerId) => {
        const { id, addresses } = await this.#get(peerId)
        return { id, multiaddrs: addresses.map(address => address.multiaddr) }
      },
      merge: async (peerId, { multiaddrs, tags }) => {
        this.hear({ id: peerId, multiaddrs: multiaddrs ?? [] })
        return tags !== undefined && await store.has(peerId) ? await store.merge(peerId, { tags: ownTags(tags) }) : heardPeer(peerId, multiaddrs ?? [])
      }
    })
  }

  /** A peer of which there is no such address counts as unknown, so that the DHT looks for it. */
  async #get(peerId: PeerId): Promise<Peer> {
    const addresses = await this.#told(peerId)
    if (addresses.length === 0) throw new NotFoundError(`no public address of ${peerId.toString()} is known`)
    const stored = await this.#stored(peerId)
    return { ...stored ?? heardPeer(peerId, []), addresses: addresses.map(address => ({ multiaddr: address, isCertified: false })) }
  }

  async #told(peerId: PeerId): Promise<Multiaddr[]> {
    const stored = (await this.#stored(peerId))?.addresses.map(address => address.multiaddr).filter(address => this.#scopes.isTold(address)) ?? []
    return stored.length > 0 ? stored : this.#heard.get(peerId.toString()) ?? []
  }

  async #stored(peerId: PeerId): Promise<Peer | undefined> {
    return await this.#peerStore.has(peerId) ? await this.#peerStore.get(peerId) : undefined
  }
}

function heardPeer(id: PeerId, multiaddrs: readonly Multiaddr[]): Peer {
  return { id, addresses: multiaddrs.map(address => ({ multiaddr: address, isCertified: false })), protocols: [], metadata: new Map(), tags: new Map() }
}

/** Whom to reconnect to is the peer keeper's business; and no tag keeps a peer for ever. */
function ownTags(tags: NonNullable<PeerData['tags']>): NonNullable<PeerData['tags']> {
  const entries = tags instanceof Map ? [...tags] : Object.entries(tags)
  const kept = entries.filter(([name]) => !name.startsWith(KEEP_ALIVE))
  return Object.fromEntries(kept.map(([name, tag]) => [name, tag === undefined ? undefined : { ...tag, ttl: DHT_TAG_LIFE_MS }]))
}
