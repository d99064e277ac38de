/** Which addresses libp2p's own protocols may tell any peer, and take from any. */
import type { Multiaddr } from '@multiformats/multiaddr'
import { scopeOf } from '../lib/reachable-address.ts'

export interface AddressScopes {
  isTold: (address: Multiaddr) => boolean
  isTaken: (address: Multiaddr) => boolean
}

/**
 * Public ones. Names are told, for they are the owner's choice, but not taken: they could lead into our own network.
 *
 * @param isOneMachine whether the whole mesh is on this machine, where loopback addresses are the public ones
 */
export function addressScopes(isOneMachine: boolean): AddressScopes {
  const isPublic = (address: Multiaddr): boolean => scopeOf(address) === (isOneMachine ? 'loopback' : 'public')
  return { isTold: address => isPublic(address) || scopeOf(address) === 'name', isTaken: isPublic }
}
