/** In which order the addresses of a peer are dialled: where it may be direct first, then through a relay, then by chance. */
import type { Address } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { isRelayed } from '../lib/connection-path.ts'
import { isOnOwnSubnet, scopeOf } from '../lib/reachable-address.ts'

/**
 * One address is dialled after the other, and each that leads nowhere costs seconds. So private addresses of networks that are not ours
 * come after the relay; the library would dial the relay before an address of our own network.
 */
export function compareForDial(one: Address, other: Address): -1 | 0 | 1 {
  const difference = rankOf(one.multiaddr) - rankOf(other.multiaddr)
  if (difference === 0) return 0
  return difference < 0 ? -1 : 1
}

/** This machine, our own networks, the internet, relays, foreign private networks. */
function rankOf(address: Multiaddr): number {
  if (isRelayed({ remoteAddr: address })) return 3
  const scope = scopeOf(address)
  if (scope === 'loopback') return 0
  if (scope === 'public' || scope === 'name') return 2
  return isOnOwnSubnet(address) ? 1 : 4
}
