/** Addresses where a peer may be reached: which ones we name, and which of a peer's we are willing to probe. */
import { BlockList } from 'node:net'
import type { NetworkInterfaceInfo } from 'node:os'
import type { PeerId } from '@libp2p/interface'
import { isPrivateIp } from '@libp2p/utils'
import { ATTESTATION_FRESH_MS, MAX_CANDIDATES, MAX_UNSIGNED_CANDIDATES } from '../config/nat-limits.ts'
import type { WireCandidate } from '../protocols/punch-signal.ts'
import { isAttested } from './attestation.ts'
import { endpointOfBytes, formatEndpoint, hostBytes, toEndpoint, type Endpoint } from './endpoint.ts'
import type { Attestation } from './stun.ts'

/** What the system says about the network interfaces (`os.networkInterfaces()`). */
export type Interfaces = NodeJS.Dict<NetworkInterfaceInfo[]>

/** A mapping of our port as a STUN server saw it. */
export interface Mapping {
  mapped: Endpoint
  attestation: Attestation | undefined
}

export interface OwnAddresses {
  interfaces: Interfaces
  /** Our port of the plane. */
  port: number
  mappings: readonly Mapping[]
  /** Whether the peer may learn addresses of our private networks. */
  withPrivate: boolean
}

/** The candidates to offer: mapped addresses first, then those of the interfaces, at most MAX_CANDIDATES. */
export function ownCandidates({ interfaces, port, mappings, withPrivate }: OwnAddresses): WireCandidate[] {
  const hosts = interfaceAddresses(interfaces).map(({ address }) => toEndpoint(address, port))
    .filter(endpoint => endpoint !== undefined)
    .filter(endpoint => !isForbidden(endpoint) && (withPrivate || isPrivateIp(endpoint.host) !== true))
  const all: Mapping[] = [...mappings, ...hosts.map(mapped => ({ mapped, attestation: undefined }))]
  const distinct = new Map(all.toReversed().map(mapping => [formatEndpoint(mapping.mapped), mapping])) // the first of several wins
  return [...distinct.values()].toReversed().slice(0, MAX_CANDIDATES)
    .map(({ mapped, attestation }) => ({ host: hostBytes(mapped), port: mapped.port, attestation }))
}

/** Addresses of this host's interfaces, loopback left out. */
export function interfaceAddresses(interfaces: Interfaces): NetworkInterfaceInfo[] {
  return Object.values(interfaces).flatMap(infos => infos ?? []).filter(info => !info.internal)
}

/** Whether this host can reach others over IPv6, as far as it knows. */
export function hasPublicIp6(interfaces: Interfaces): boolean {
  return interfaceAddresses(interfaces).map(({ address }) => toEndpoint(address, 1))
    .some(endpoint => endpoint?.family === 6 && !isForbidden(endpoint) && isPrivateIp(endpoint.host) !== true)
}

export interface RemoteAddresses {
  candidates: readonly WireCandidate[]
  interfaces: Interfaces
  /** Whether private addresses of the peer may be probed. */
  withPrivate: boolean
  /** The relay between us, whose signature counts. */
  relay: PeerId | undefined
  /** The relay's clock now, as it told us; undefined when it signs nothing for us, so it signs nothing for the peer either. */
  relayNowMs: number | undefined
}

/** What of a peer's offer may be probed. */
export interface Targets {
  /** All of it, bounded. */
  endpoints: Endpoint[]
  /** Those that the relay itself observed; only these may be sprayed or opened sockets towards. */
  attested: Endpoint[]
}

/** Drops whatever could be somebody else's address. */
export async function targetsOf(remote: RemoteAddresses): Promise<Targets> {
  const offered = remote.candidates.slice(0, MAX_CANDIDATES)
    .map(candidate => ({ candidate, endpoint: endpointOfBytes(candidate.host, candidate.port) }))
    .filter((entry): entry is { candidate: WireCandidate, endpoint: Endpoint } => entry.endpoint !== undefined && !isForbidden(entry.endpoint))
  const attested: Endpoint[] = []
  for (const { candidate, endpoint } of offered) {
    if (await isObserved(candidate, endpoint, remote)) attested.push(endpoint)
  }
  const endpoints = offered.map(({ endpoint }) => endpoint)
  const privates = endpoints.filter(endpoint => isPrivateIp(endpoint.host) === true && remote.withPrivate && isOurSubnet(endpoint, remote.interfaces))
  const publics = endpoints.filter(endpoint => isPrivateIp(endpoint.host) !== true)
  return { endpoints: [...privates, ...remote.relayNowMs === undefined ? publics.slice(0, MAX_UNSIGNED_CANDIDATES) : ofHosts(publics, attested)], attested }
}

function ofHosts(endpoints: readonly Endpoint[], attested: readonly Endpoint[]): Endpoint[] {
  return endpoints.filter(({ host }) => attested.some(observed => observed.host === host))
}

async function isObserved(candidate: WireCandidate, endpoint: Endpoint, { relay, relayNowMs }: RemoteAddresses): Promise<boolean> {
  const { attestation } = candidate
  if (attestation === undefined || relay === undefined || relayNowMs === undefined) return false
  if (Math.abs(relayNowMs - attestation.timeMs) > ATTESTATION_FRESH_MS || isPrivateIp(endpoint.host) === true) return false
  return await isAttested(attestation, endpoint, relay)
}

/** Never a peer's: this host, the link, groups, and what is translated into IPv4 behind our back. */
function isForbidden({ host, family }: Endpoint): boolean {
  return FORBIDDEN.check(host, `ipv${String(family)}` as 'ipv4' | 'ipv6')
}

const FORBIDDEN = blockList([
  ['0.0.0.0', 8], ['127.0.0.0', 8], ['169.254.0.0', 16], ['224.0.0.0', 3],
  ['::', 96], ['fe80::', 10], ['ff00::', 8], ['64:ff9b::', 96]
])

function blockList(subnets: Array<[net: string, prefix: number]>): BlockList {
  const list = new BlockList()
  for (const [net, prefix] of subnets) list.addSubnet(net, prefix, net.includes(':') ? 'ipv6' : 'ipv4')
  return list
}

function isOurSubnet({ host, family }: Endpoint, interfaces: Interfaces): boolean {
  const subnets = interfaceAddresses(interfaces).map(({ cidr }) => cidr?.split('/') ?? [])
    .map(([net, prefix]): [string, number] => [net ?? '', Number(prefix)]).filter(([net]) => net !== '')
  return blockList(subnets).check(host, `ipv${String(family)}` as 'ipv4' | 'ipv6')
}
