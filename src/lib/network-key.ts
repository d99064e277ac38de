/** Whom an IP address stands for where things are counted: one household or machine, however many addresses it may use. */
import { isIPv4, isIPv6 } from 'node:net'
import { multiaddr, type Multiaddr } from '@multiformats/multiaddr'

const MAPPED = '::ffff:'

/** An IPv4 address (also one written as IPv6) as it is, the /64 of an IPv6 address in hexadecimal; anything else as it is. */
export function networkKey(host: string): string {
  const [address = ''] = host.toLowerCase().split('%') // a zone names an interface of ours
  if (address.startsWith(MAPPED) && isIPv4(address.slice(MAPPED.length))) return address.slice(MAPPED.length)
  if (!isIPv6(address)) return address
  return Buffer.from(multiaddr(`/ip6/${address}`).bytes.subarray(1, 9)).toString('hex')
}

/** The same for the address at the other end of a connection. */
export function networkKeyOf(address: Multiaddr): string {
  const host = address.getComponents().find(({ name }) => name === 'ip4' || name === 'ip6')
  return networkKey(host?.value ?? address.toString())
}
