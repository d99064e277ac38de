/** Which addresses of a peer are worth telling and dialling: nobody makes us scan our own machine or somebody else's LAN. */
import { BlockList, isIP } from 'node:net'
import { networkInterfaces } from 'node:os'
import { isPrivate } from '@libp2p/utils'
import type { Multiaddr } from '@multiformats/multiaddr'

/** How far an address reaches. */
export type AddressScope = 'public' | 'private' | 'loopback' | 'unusable'

const LOOPBACK = blockList([['127.0.0.0', 8, 'ipv4'], ['::1', 128, 'ipv6']])
const UNUSABLE = blockList([
  ['0.0.0.0', 8, 'ipv4'], ['169.254.0.0', 16, 'ipv4'], ['224.0.0.0', 4, 'ipv4'], ['240.0.0.0', 4, 'ipv4'],
  ['::', 128, 'ipv6'], ['fe80::', 10, 'ipv6'], ['ff00::', 8, 'ipv6']
])

/** The scope of a multiaddr by its host; names and relayed addresses are public. */
export function scopeOf(address: Multiaddr): AddressScope {
  const [host] = address.getComponents()
  if (host?.value === undefined) return 'unusable'
  if (host.name.startsWith('dns')) return 'public'
  if (isIP(host.value) === 0) return 'unusable'
  if (isListed(LOOPBACK, host.value)) return 'loopback'
  if (isListed(UNUSABLE, host.value)) return 'unusable'
  return isPrivate(address) ? 'private' : 'public'
}

/** Whether the host of the address lies in a subnet of one of our interfaces. */
export function isOnOwnSubnet(address: Multiaddr, interfaces = networkInterfaces()): boolean {
  const [host] = address.getComponents()
  if (host?.value === undefined || isIP(host.value) === 0) return false
  const subnets = new BlockList()
  for (const { cidr, internal } of Object.values(interfaces).flatMap(list => list ?? [])) {
    const [network, bits] = cidr?.split('/') ?? []
    if (network !== undefined && bits !== undefined && !internal) subnets.addSubnet(network, Number(bits), familyOf(network))
  }
  return isListed(subnets, host.value)
}

function blockList(subnets: ReadonlyArray<readonly [string, number, 'ipv4' | 'ipv6']>): BlockList {
  const list = new BlockList()
  for (const [network, bits, family] of subnets) list.addSubnet(network, bits, family)
  return list
}

function isListed(list: BlockList, host: string): boolean {
  return list.check(host, familyOf(host))
}

function familyOf(host: string): 'ipv4' | 'ipv6' {
  return host.includes(':') ? 'ipv6' : 'ipv4'
}
