/** Which addresses of a peer are worth telling and dialling: nobody makes us scan our own machine or somebody else's LAN. */
import { BlockList, isIP } from 'node:net'
import { networkInterfaces } from 'node:os'
import type { Connection } from '@libp2p/interface'
import { isPrivate } from '@libp2p/utils'
import type { Multiaddr } from '@multiformats/multiaddr'
import { isRelayed } from './connection-path.ts'

/** How far an address reaches; a name may lead anywhere. */
export type AddressScope = 'public' | 'name' | 'private' | 'loopback' | 'unusable'

const LOOPBACK = blockList([['127.0.0.0', 8, 'ipv4'], ['::1', 128, 'ipv6']])

/** Nobody's address, and IPv6 addresses that stand for an IPv4 one (NAT64, 6to4, Teredo): that could be a private one. */
const UNUSABLE = blockList([
  ['0.0.0.0', 8, 'ipv4'], ['169.254.0.0', 16, 'ipv4'], ['224.0.0.0', 4, 'ipv4'], ['240.0.0.0', 4, 'ipv4'],
  ['::', 96, 'ipv6'], ['fe80::', 10, 'ipv6'], ['fec0::', 10, 'ipv6'], ['ff00::', 8, 'ipv6'],
  ['64:ff9b::', 96, 'ipv6'], ['64:ff9b:1::', 48, 'ipv6'], ['2002::', 16, 'ipv6'], ['2001::', 32, 'ipv6']
])

/** The scope of a multiaddr by its host: that of a relayed address is its relay's. */
export function scopeOf(address: Multiaddr): AddressScope {
  const [host] = address.getComponents()
  if (host?.value === undefined) return 'unusable'
  if (host.name.startsWith('dns')) return 'name'
  if (isIP(host.value) === 0) return 'unusable'
  if (isListed(LOOPBACK, host.value)) return 'loopback'
  if (isListed(UNUSABLE, host.value)) return 'unusable'
  return isPrivate(address) ? 'private' : 'public'
}

/** Whether the other end of the connection is on this machine. */
export function isFromThisMachine(connection: Pick<Connection, 'remoteAddr'>): boolean {
  return scopeOf(connection.remoteAddr) === 'loopback' && !isRelayed(connection)
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
