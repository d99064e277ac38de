/** How a libp2p connection reaches its peer: direct or through a relay, and over which transport. */
import type { Connection } from '@libp2p/interface'

/** Relayed connections are told by their address: a relay that lifts its limits leaves `connection.limits` unset. */
export function isRelayed(connection: Pick<Connection, 'remoteAddr'>): boolean {
  return connection.remoteAddr.getComponents().some(component => component.name === 'p2p-circuit')
}

/** The first open one, a direct one before a relayed one. */
export function bestOpen(connections: readonly Connection[]): Connection | undefined {
  const open = connections.filter(({ status }) => status === 'open')
  return open.find(connection => !isRelayed(connection)) ?? open[0]
}

/** The relay's peer ID, of a relayed connection whose address names it. */
export function relayOf(connection: Pick<Connection, 'remoteAddr'>): string | undefined {
  const components = connection.remoteAddr.getComponents()
  const circuit = components.findIndex(({ name }) => name === 'p2p-circuit')
  return components.slice(0, Math.max(circuit, 0)).findLast(({ name }) => name === 'p2p')?.value
}

/** What carries the bytes: `tcp`, `ws`, `wss`, `udp`; for a relayed connection what carries them to the relay. */
export function transportOf(connection: Pick<Connection, 'remoteAddr'>): string {
  const names = connection.remoteAddr.getComponents().map(component => component.name)
  return ['wss', 'ws', 'tcp', 'udp'].find(name => names.includes(name)) ?? 'unknown'
}
