/**
 * What libp2p's own protocols tell any peer about addresses, and take from it: public ones only. Private addresses are told in
 * announces, to approved peers.
 */
import type { Address, PeerStore } from '@libp2p/interface'
import type { AddressManager } from '@libp2p/interface-internal'
import { MAX_ANNOUNCED_ADDRESSES } from '../config/limits.ts'
import { overriding } from '../lib/overriding.ts'
import type { AddressScopes } from './address-scopes.ts'

/** The parts of libp2p that hold addresses. */
interface Holders {
  addressManager: AddressManager
  peerStore: PeerStore
}

/** Libp2p as identify may see it: it tells what all may know, and stores what a peer tells in place of what it told before. */
export function forIdentify<T extends Holders>(components: T, scopes: AddressScopes): T {
  const { addressManager, peerStore } = components
  return overriding<Holders>(components, { addressManager: telling(addressManager, scopes), peerStore: taking(peerStore, scopes) }) as T
}

/** An address manager that knows no addresses but those. */
export function telling(addressManager: AddressManager, { isTold }: AddressScopes): AddressManager {
  return overriding(addressManager, {
    getAddresses: () => addressManager.getAddresses().filter(address => isTold(address))
  })
}

/** What a peer told before is marked as certified, which nothing else here is. */
function taking(peerStore: PeerStore, { isTaken }: AddressScopes): PeerStore {
  return overriding(peerStore, {
    patch: async (peerId, { addresses, peerRecordEnvelope: _record, ...rest }, options) => {
      if (addresses === undefined) return await peerStore.patch(peerId, rest, options)
      const known = await peerStore.has(peerId, options) ? (await peerStore.get(peerId, options)).addresses : []
      const told = addresses.filter(({ multiaddr }) => isTaken(multiaddr)).slice(0, MAX_ANNOUNCED_ADDRESSES)
      return await peerStore.patch(peerId, { ...rest, addresses: [...known.filter(address => !address.isCertified), ...told.map(certified)] }, options)
    }
  })
}

function certified({ multiaddr }: Address): Address {
  return { multiaddr, isCertified: true }
}
