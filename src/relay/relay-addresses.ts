/** The addresses of a relay that are worth telling: those that reach furthest. */
import { networkInterfaces } from 'node:os'
import { multiaddr } from '@multiformats/multiaddr'
import { scopeOf, type AddressScope } from '../lib/reachable-address.ts'

export interface RelayAddresses {
  /** Without `/p2p/<peer ID>`. */
  addresses: string[]
  scope: AddressScope
}

const SCOPES = ['public', 'private', 'loopback'] as const
const WILDCARDS: Readonly<Record<string, 'IPv4' | 'IPv6'>> = { '0.0.0.0': 'IPv4', '::': 'IPv6' }

/** What `networkInterfaces` of node:os tells, as far as it matters here. */
type Interfaces = Readonly<Record<string, ReadonlyArray<{ address: string, family: string }> | undefined>>

/** Listen addresses as others can dial them: of all interfaces where none is named, and only the public ones where there are any. */
export function relayAddresses(listenAddrs: readonly string[], interfaces: Interfaces = networkInterfaces()): RelayAddresses {
  const hosts = Object.values(interfaces).flatMap(list => list ?? [])
  const expanded = listenAddrs.flatMap((address) => {
    const host = multiaddr(address).getComponents()[0]?.value ?? ''
    const family = WILDCARDS[host]
    if (family === undefined) return [address]
    return hosts.filter(candidate => candidate.family === family).map(candidate => address.replace(`/${host}/`, `/${candidate.address}/`))
  })
  const scoped = [...new Set(expanded)].map(address => ({ address, scope: scopeOf(multiaddr(address)) }))
  const scope = SCOPES.find(candidate => scoped.some(entry => entry.scope === candidate)) ?? 'unusable'
  return { scope, addresses: scoped.filter(entry => entry.scope === scope).map(({ address }) => address) }
}
