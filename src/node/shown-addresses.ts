/**
 * What libp2p's own protocols tell any peer about addresses, and take from it: public ones only. Private addresses are told in
 * announces, to approved peers.
 */
import { NotFoundError, type Address, type Peer, type PeerStore } from '@libp2p/interface'
import type { AddressManager } from '@libp2p/interface-internal'
import type { Multiaddr } from '@multiformats/multiaddr'
import { MAX_ANNOUNCED_ADDRESSES } from '../config/limits.ts'
import { scopeOf } from '../lib/reachable-address.ts'
import { overriding } from '../lib/overriding.ts'

/** The parts of libp2p that hold addresses. */
interface Holders {
  addressManager: AddressManager
  peerStore: PeerStore
}

/** Libp2p as identify may see it: it tells public addresses, and stores those that a peer tells in place of what it told before. */
export function forIdentify<T extends Holders>(components: T): T {
  const { addressManager, peerStore } = components
  return overriding<Holders>(components, { addressManager: tellingPublic(addressManager), peerStore: takingPublic(peerStore) }) as T
}

/** Libp2p as the DHT may see it: it knows public addresses only, and hands out no other. */
export function forDht<T extends Holders>(components: T): T {
  const { addressManager, peerStore } = components
  return overriding<Holders>(components, { addressManager: tellingPublic(addressManager), peerStore: showingPublic(peerStore) }) as T
}

function tellingPublic(addressManager: AddressManager): AddressManager {
  return overriding(addressManager, {
    getAddresses: () => addressManager.getAddresses().filter(address => isTold(address))
  })
}

/** Names are told, for they are the owner's choice, but not taken: they could lead into our own network. */
function isTold(address: Multiaddr): boolean {
  const scope = scopeOf(address)
  return scope === 'public' || scope === 'name'
}

/** What a peer told before is marked as certified, which nothing else here is. */
function takingPublic(peerStore: PeerStore): PeerStore {
  return overriding(peerStore, {
    patch: async (peerId, { addresses, peerRecordEnvelope: _record, ...rest }, options) => {
      if (addresses === undefined) return await peerStore.patch(peerId, rest, options)
      const known = await peerStore.has(peerId, options) ? (await peerStore.get(peerId, options)).addresses : []
      const told = addresses.filter(({ multiaddr }) => scopeOf(multiaddr) === 'public').slice(0, MAX_ANNOUNCED_ADDRESSES)
      return await peerStore.patch(peerId, { ...rest, addresses: [...known.filter(address => !address.isCertified), ...told.map(certified)] }, options)
    }
  })
}

function certified({ multiaddr }: Address): Address {
  return { multiaddr, isCertified: true }
}

/** A peer of which no public address is known counts as unknown, so that the DHT looks for it. */
function showingPublic(peerStore: PeerStore): PeerStore {
  return overriding(peerStore, {
    get: async (peerId, options) => shown(await peerStore.get(peerId, options)),
    getInfo: async (peerId, options) => {
      const { id, addresses } = shown(await peerStore.get(peerId, options))
      return { id, multiaddrs: addresses.map(address => address.multiaddr) }
    }
  })
}

function shown(peer: Peer): Peer {
  const addresses = peer.addresses.filter(({ multiaddr }) => isTold(multiaddr))
  if (addresses.length === 0) throw new NotFoundError(`no public address of ${peer.id.toString()} is known`)
  return { ...peer, addresses }
}
