/** How far a mesh reaches, as its configuration says: across machines, or within this one. */
import { multiaddr } from '@multiformats/multiaddr'
import { scopeOf } from '../lib/reachable-address.ts'
import type { MeshConfig } from './resolve.ts'

/** The settings that name addresses and ways to find some. */
export type ReachConfig = Pick<MeshConfig, 'discovery' | 'listenAddrs' | 'announceAddrs'> & Partial<Pick<MeshConfig, 'bootstrapList' | 'relayList'>>

/**
 * Whether the node is part of a DHT that can reach nobody beyond this machine: it listens on loopback, all whom it is told to dial are
 * there, and nothing else leads to others. In such a mesh loopback addresses are what public ones are elsewhere.
 */
export function isOneMachine({ discovery, listenAddrs, announceAddrs, bootstrapList = [], relayList = [] }: ReachConfig): boolean {
  const named = [...listenAddrs, ...announceAddrs, ...bootstrapList, ...relayList]
  return discovery.includes('dht') && !discovery.includes('mdns') && listenAddrs.length > 0 && named.every(text => scopeOf(multiaddr(text)) === 'loopback')
}
