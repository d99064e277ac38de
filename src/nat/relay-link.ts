/** What the relayed connection to a peer tells about the relay: who it is, and where its STUN service should be. */
import type { Connection, PeerId } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import type { Multiaddr } from '@multiformats/multiaddr'
import { toEndpoint, type Endpoint } from './endpoint.ts'
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

/** Reads the link off the connection's remote address, `/ip4/<relay>/tcp/<port>/p2p/<relay ID>/p2p-circuit/...`. */
export function relayLinkOf(connection: Connection): RelayLink {
  const { udp, tcp, relay } = stunServersOf(connection.remoteAddr)
  return { connection, relay, udpServers: udp, tcpServers: tcp }
}

/** Where the relay of an address answers STUN, and who it is: the relay's own address, or one that leads through it. */
export function stunServersOf(address: Multiaddr): { udp: Endpoint[], tcp: Endpoint[], relay: PeerId | undefined } {
  const { host, port, id } = relayOf(address)
  const ports = port === undefined ? { udp: [], tcp: [] } : stunPorts(port)
  const endpoints = (numbers: number[]): Endpoint[] => numbers.map(number => toEndpoint(host ?? '', number)).filter(endpoint => endpoint !== undefined)
  return { udp: endpoints(ports.udp), tcp: endpoints(ports.tcp), relay: id === undefined ? undefined : peerIdFromString(id) }
}

function relayOf(address: Multiaddr): { host?: string, port?: number, id?: string } {
  const components = address.getComponents()
  const circuit = components.findIndex(({ name }) => name === 'p2p-circuit')
  const toRelay = circuit < 0 ? components : components.slice(0, circuit)
  const valueOf = (...names: string[]): string | undefined => toRelay.find(({ name }) => names.includes(name))?.value
  const [host, id] = [valueOf('ip4', 'ip6'), valueOf('p2p')]
  const isPlainTcp = !toRelay.some(({ name }) => name === 'ws' || name === 'wss')
  const port = isPlainTcp ? valueOf('tcp') : undefined
  return { ...host !== undefined && { host }, ...port !== undefined && { port: Number(port) }, ...id !== undefined && { id } }
}
