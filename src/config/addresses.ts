/** Checks of the multiaddrs and peer IDs that an owner writes into the configuration. */
import { isIPv6 } from 'node:net'
import { peerIdFromString } from '@libp2p/peer-id'
import { multiaddr, type Component } from '@multiformats/multiaddr'
import { parsePeerId } from '../lib/recipient.ts'
import { badValue } from './validate.ts'

const HOSTS = new Set(['ip4', 'ip6', 'dns', 'dns4', 'dns6', 'dnsaddr'])
const UNSPECIFIED = new Set(['0.0.0.0', '::'])
const MAX_PORT = 65_535
const STUN_SERVER = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9.-]+)):(\d{1,5})$/

/** What an address check needs to know: where the address stands and which transports are on. */
export interface AddressCheck {
  /** The list's key with its path, for errors. */
  path: string
  webSocket: boolean
}

/** Listen addresses: an IP address, a TCP port, and `/ws` where WebSocket is on. */
export function checkListenAddrs(values: readonly string[], check: AddressCheck): string[] {
  return values.map((value, index) => {
    const fail = failure(`${check.path}[${String(index)}]`, value, 'a listen multiaddr like /ip4/0.0.0.0/tcp/0')
    const components = parse(value, fail)
    const host = components[0]?.name
    if (host !== 'ip4' && host !== 'ip6') throw fail('an address that starts with /ip4/ or /ip6/')
    checkTransport(components, check, fail)
    if (components.some(component => component.name === 'p2p')) throw fail('no /p2p/ part: the node\'s own peer ID is added by itself')
    return value
  })
}

/** Announced addresses: complete ones, that others can dial. */
export function checkAnnounceAddrs(values: readonly string[], check: AddressCheck): string[] {
  return values.map((value, index) => {
    const fail = failure(`${check.path}[${String(index)}]`, value, 'a multiaddr that others can dial, like /dns4/mesh.example.org/tcp/4001')
    const components = parse(value, fail)
    if (components.some(component => component.name === 'p2p')) throw fail('no /p2p/ part: the node\'s own peer ID is added by itself')
    if (!HOSTS.has(components[0]?.name ?? '')) throw fail('an address that starts with /ip4/, /ip6/ or /dns4/')
    if (UNSPECIFIED.has(components[0]?.value ?? '')) throw fail('an address that others can dial')
    if (portOf(components) === 0) throw fail('a port from 1 to 65535')
    return value
  })
}

/** Bootstrap peers and relays: where to dial and whom to expect there. */
export function checkPeerList(values: readonly string[], check: AddressCheck): string[] {
  return values.map((value, index) => {
    const fail = failure(`${check.path}[${String(index)}]`, value, 'a multiaddr ending in /p2p/<peer ID>')
    const components = parse(value, fail)
    const last = components.at(-1)
    if (last?.name !== 'p2p' || last.value === undefined) throw fail()
    if (!isPeerId(last.value)) throw fail('a valid peer ID after /p2p/')
    if (!HOSTS.has(components[0]?.name ?? '')) throw fail('an address that starts with /ip4/, /ip6/, /dns4/ or /dnsaddr/ and ends in /p2p/<peer ID>')
    if (components[0]?.name === 'dnsaddr') return value
    if (UNSPECIFIED.has(components[0]?.value ?? '') || portOf(components) === 0) throw fail('an address that can be dialled: no 0.0.0.0, no port 0')
    checkTransport(components, check, fail)
    return value
  })
}

/** STUN servers: a name or an IP address, and a port. */
export function checkStunServers(values: readonly string[], check: Pick<AddressCheck, 'path'>): string[] {
  return values.map((value, index) => {
    const [, ip6, host = ip6, port] = STUN_SERVER.exec(value) ?? []
    const isHost = host !== undefined && (ip6 === undefined || isIPv6(ip6))
    if (isHost && Number(port) >= 1 && Number(port) <= MAX_PORT) return value
    throw badValue(`${check.path}[${String(index)}]`, value, 'host:port, like stun.example.org:3478, 192.0.2.7:3478 or [2001:db8::1]:3478')
  })
}

/** Peer IDs in their usual text form; nothing shorter approves anybody. */
export function checkAllowFrom(values: readonly string[], path: string): string[] {
  const peerIds = values.map((value, index) => {
    const peerId = parsePeerId(value.trim())
    if (peerId === undefined) throw badValue(`${path}[${String(index)}]`, value, 'a whole Ed25519 peer ID like 12D3KooW... (agent IDs, aliases and "*" approve nobody)')
    return peerId.toString()
  })
  return [...new Set(peerIds)]
}

type Fail = (expected?: string) => Error

function failure(path: string, value: string, usual: string): Fail {
  return (expected = usual) => badValue(path, value, expected)
}

function parse(value: string, fail: Fail): Component[] {
  try {
    return multiaddr(value).getComponents()
  } catch {
    throw fail() // the parser's words name neither key nor expectation
  }
}

function checkTransport(components: Component[], check: AddressCheck, fail: Fail): void {
  const names = components.map(component => component.name)
  const port = portOf(components)
  if (port === undefined) throw fail('a TCP address, like /ip4/192.0.2.7/tcp/4001')
  if (port > MAX_PORT) throw fail(`a port from 0 to ${String(MAX_PORT)}`)
  const over = names[names.indexOf('tcp') + 1]
  const isWebSocket = names.includes('ws') || names.includes('wss')
  if (isWebSocket && !check.webSocket) throw fail('enableWebSocket: true for an address with /ws')
  if (over !== undefined && !isWebSocket && over !== 'p2p') throw fail('TCP, or WebSocket (/tcp/<port>/ws) with enableWebSocket: true')
}

function portOf(components: Component[]): number | undefined {
  const tcp = components[1]
  return tcp?.name === 'tcp' && tcp.value !== undefined ? Number(tcp.value) : undefined
}

function isPeerId(text: string): boolean {
  try {
    return peerIdFromString(text).toString().length > 0
  } catch {
    return false // any text the parser refuses is no peer ID
  }
}
