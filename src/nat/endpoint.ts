/** An IP address and a port, as datagrams and candidates carry them. */
import { isIP } from 'node:net'
import type { Multiaddr } from '@multiformats/multiaddr'
import { multiaddr } from '@multiformats/multiaddr'

export interface Endpoint {
  /** IP address in its textual form, never a name. */
  host: string
  /** 1 to 65535 */
  port: number
  family: 4 | 6
}

/** The endpoint of an IP address and a port; undefined when either is none. IPv4-mapped IPv6 addresses become IPv4. */
export function toEndpoint(host: string, port: number): Endpoint | undefined {
  const plain = host.toLowerCase().startsWith('::ffff:') && isIP(host.slice(7)) === 4 ? host.slice(7) : host
  const family = isIP(plain)
  if (family === 0 || !Number.isInteger(port) || port < 1 || port > 65_535) return undefined
  return { host: plain, port, family: family === 4 ? 4 : 6 }
}

/** `1.2.3.4:5` or `[2001:db8::1]:5`: for maps, logs and people. */
export function formatEndpoint(endpoint: Endpoint): string {
  return endpoint.family === 4 ? `${endpoint.host}:${String(endpoint.port)}` : `[${endpoint.host}]:${String(endpoint.port)}`
}

/** `/ip4/1.2.3.4/udp/5`, without a peer ID. */
export function endpointMultiaddr(endpoint: Endpoint, plane: 'udp' | 'tcp'): Multiaddr {
  return multiaddr(`/ip${String(endpoint.family)}/${endpoint.host}/${plane}/${String(endpoint.port)}`)
}

export function isSameEndpoint(a: Endpoint, b: Endpoint): boolean {
  return a.port === b.port && a.host === b.host
}

/** The address in network order: 4 or 16 bytes. */
export function hostBytes(endpoint: Endpoint): Uint8Array {
  return multiaddr(`/ip${String(endpoint.family)}/${endpoint.host}`).bytes.subarray(1)
}

/** The endpoint of 4 or 16 address bytes and a port; undefined for any other length. */
export function endpointOfBytes(bytes: Uint8Array, port: number): Endpoint | undefined {
  if (bytes.byteLength === 4) return toEndpoint(bytes.join('.'), port)
  return bytes.byteLength === 16 ? toEndpoint(ip6Text(bytes), port) : undefined
}

function ip6Text(bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, 16)
  const groups = Array.from({ length: 8 }, (_, index) => view.getUint16(index * 2).toString(16))
  // The URL parser writes an IPv6 address in its one canonical form.
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1)
}
