/** What the relayed connection to a peer tells about the relay: who it is, and where its STUN service should be. */
import { isIP } from 'node:net'
import type { Connection, PeerId } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { multiaddr, type Multiaddr } from '@multiformats/multiaddr'
import { toEndpoint, type Endpoint } from './endpoint.ts'
import type { NameLookup } from './name-lookup.ts'
import { stunPorts } from './stun-server.ts'

/** A relayed connection and its relay. */
export interface RelayLink {
  connection: Connection
  /** Whose signature on addresses counts; undefined when the address does not name it. */
  relay: PeerId | undefined
  /** STUN servers by the convention of this project's relays; empty when the relay is not reached over TCP and IP. */
  udpServers: Endpoint[]
  tcpServers: Endpoint[]
}

type Names = Pick<NameLookup, 'addresses'>

/** The families that a name of each kind leads to. */
const FAMILIES: Readonly<Record<string, readonly number[]>> = { ip4: [4], ip6: [6], dns4: [4], dns6: [6], dns: [4, 6] }

/** Reads the link off the connection's remote address, `/ip4/<relay>/tcp/<port>/p2p/<relay ID>/p2p-circuit/...`; the relay may have a name. */
export async function relayLinkOf(connection: Connection, names: Names): Promise<RelayLink> {
  const { udp, tcp, relay } = await stunServersOf(connection.remoteAddr, names)
  return { connection, relay, udpServers: udp, tcpServers: tcp }
}

/** Where the relay of an address answers STUN, and who it is: the relay's own address, or one that leads through it. */
export async function stunServersOf(address: Multiaddr, names: Names): Promise<{ udp: Endpoint[], tcp: Endpoint[], relay: PeerId | undefined }> {
  const { host, families, port, id } = relayOf(address)
  const relay = id === undefined ? undefined : peerIdFromString(id)
  if (host === undefined || port === undefined) return { udp: [], tcp: [], relay }
  const addresses = (await names.addresses(host)).filter(candidate => families.includes(isIP(candidate)))
  const endpoints = (ports: number[]): Endpoint[] =>
    addresses.flatMap(candidate => ports.map(number => toEndpoint(candidate, number))).filter(endpoint => endpoint !== undefined)
  const { udp, tcp } = stunPorts(port)
  return { udp: endpoints(udp), tcp: endpoints(tcp), relay }
}

/** STUN servers of a relay at all of its addresses that are known, so that IPv6 is known, too. */
export async function serversAt(relay: PeerId | undefined, addresses: readonly string[], names: Names): Promise<Endpoint[]> {
  const known = relay === undefined ? [] : addresses.filter(address => address.endsWith(`/p2p/${relay.toString()}`))
  const found = await Promise.all(known.map(async address => await stunServersOf(multiaddr(address), names)))
  return found.flatMap(({ udp }) => udp)
}

interface RelayPlace {
  host: string | undefined
  families: readonly number[]
  /** Undefined where it is not reached over plain TCP. */
  port: number | undefined
  id: string | undefined
}

function relayOf(address: Multiaddr): RelayPlace {
  const components = address.getComponents()
  const circuit = components.findIndex(({ name }) => name === 'p2p-circuit')
  const toRelay = circuit < 0 ? components : components.slice(0, circuit)
  const host = toRelay.find(({ name }) => name in FAMILIES)
  const isPlainTcp = !toRelay.some(({ name }) => name === 'ws' || name === 'wss')
  const port = isPlainTcp ? toRelay.find(({ name }) => name === 'tcp')?.value : undefined
  return {
    host: host?.value, families: FAMILIES[host?.name ?? ''] ?? [], port: port === undefined ? undefined : Number(port),
    id: toRelay.find(({ name }) => name === 'p2p')?.value
  }
}
