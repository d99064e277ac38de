/** Which of the addresses that a peer tells are dialled: nobody makes us scan our own machine or somebody else's network. */
import type { Multiaddr } from '@multiformats/multiaddr'
import { isOnOwnSubnet, scopeOf } from '../lib/reachable-address.ts'

/** Who tells them. */
export interface Teller {
  isApproved: boolean
  /** It is on this machine. */
  isLocal: boolean
}

/**
 * Public addresses of anybody; names, which can lead into our own network, and private addresses on our own subnets of
 * approved peers; loopback only from this machine.
 */
export function usableAddresses(addresses: readonly Multiaddr[], { isApproved, isLocal }: Teller): Multiaddr[] {
  return addresses.filter((address) => {
    switch (scopeOf(address)) {
      case 'public':
        return true
      case 'name':
        return isApproved
      case 'private':
        return isApproved && isOnOwnSubnet(address)
      case 'loopback':
        return isLocal
      case 'unusable':
        return false
    }
  })
}
