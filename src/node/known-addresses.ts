/** Addresses of peers in libp2p's peer store: given by the owner, found by discovery, told to libp2p, or once dialled; bounded. */
import type { Peer, PeerId, PeerStore } from '@libp2p/interface'
import { multiaddr, type Multiaddr } from '@multiformats/multiaddr'
import { MAX_KNOWN_ADDRESSES } from '../config/limits.ts'

/** Tag of peers whose addresses are kept for a time. */
const KEPT = 'libp2p-mesh-kept'

export class KnownAddresses {
  readonly #peerStore: PeerStore

  constructor(peerStore: PeerStore) {
    this.#peerStore = peerStore
  }

  /** Each once, without the peer ID. */
  async of(peerId: PeerId): Promise<string[]> {
    if (!await this.#peerStore.has(peerId)) return []
    return textsOf(await this.#peerStore.get(peerId))
  }

  /** Beyond the bound these take the place of others. @param keepMs how long the peer is not forgotten though nothing else here remembers it */
  async add(peerId: PeerId, addresses: readonly Multiaddr[], keepMs?: number): Promise<void> {
    if (addresses.length === 0) return
    const added = addresses.map(address => withoutPeerId(address, peerId))
    const known = textsOf(await this.#peerStore.merge(peerId, {
      multiaddrs: added.map(text => multiaddr(text)),
      ...keepMs !== undefined && { tags: { [KEPT]: { value: 0, ttl: keepMs } } }
    }))
    if (known.length <= MAX_KNOWN_ADDRESSES) return
    const kept = [...new Set([...added, ...known])].slice(0, MAX_KNOWN_ADDRESSES)
    await this.#peerStore.patch(peerId, { multiaddrs: kept.map(text => multiaddr(text)) })
  }

  /** Addresses that the peer had and has no longer. */
  async drop(peerId: PeerId, addresses: readonly string[]): Promise<void> {
    const known = await this.of(peerId)
    const left = known.filter(address => !addresses.includes(address))
    if (left.length < known.length) await this.#peerStore.patch(peerId, { multiaddrs: left.map(text => multiaddr(text)) })
  }

  /** Forgets peers without a tag that nothing else here remembers: the store itself keeps whatever ever had an address. */
  async forgetPeers(isRemembered: (peerId: PeerId) => boolean): Promise<void> {
    const isKept = ({ id, tags }: Peer): boolean => tags.size > 0 || isRemembered(id)
    for (const peer of await this.#peerStore.all({ filters: [candidate => !isKept(candidate)] })) {
      if (!isKept(peer)) await this.#peerStore.delete(peer.id) // it may have connected meanwhile
    }
  }
}

/** An address without the peer ID at its end. */
export function withoutPeerId(address: Multiaddr, peerId: PeerId): string {
  const text = address.toString()
  const suffix = `/p2p/${peerId.toString()}`
  return text.endsWith(suffix) ? text.slice(0, -suffix.length) : text
}

/** The address with the peer ID at its end; none where another peer's is there already. */
export function dialForm(text: string, peerId: PeerId): Multiaddr[] {
  return /\/p2p\/[^/]+$/.test(text) ? [] : [multiaddr(`${text}/p2p/${peerId.toString()}`)]
}

function textsOf({ id, addresses }: Peer): string[] {
  return [...new Set(addresses.map(address => withoutPeerId(address.multiaddr, id)))]
}
