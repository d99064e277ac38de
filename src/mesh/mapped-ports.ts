/** Ports that routers map to this node: asked for, and announced once a relay of ours has reached them. */
import type { Connection } from '@libp2p/interface'
import type { MeshConfig } from '../config/resolve.ts'
import { isRelayed } from '../lib/connection-path.ts'
import { PortMapper } from '../nat/port-mapper.ts'
import { Reachability } from '../nat/reachability.ts'
import type { NodeComponents, ServiceFactories } from '../node/options.ts'
import type { MeshInit } from './init.ts'

/** Whether there is somebody whose word on a mapped port counts. */
export function canConfirm({ enableUPnP, enableCircuitRelay, relayList }: MeshConfig): boolean {
  return enableUPnP && enableCircuitRelay && relayList.length > 0
}

/** None where nobody could say whether a mapped port is reached: the library's UPnP works alone then. */
export function mappedPortServices({ config, clock, log }: MeshInit): ServiceFactories {
  if (!canConfirm(config)) return {}
  const relays = new Set(config.relayList.map(address => address.split('/').at(-1)))
  return {
    portMapper: components => new PortMapper(components, { clock, log }),
    reachability: components => new Reachability(components, { witnesses: () => directTo(relays, components), clock, log })
  }
}

function directTo(peerIds: ReadonlySet<string | undefined>, { connectionManager }: NodeComponents): Connection[] {
  return connectionManager.getConnections().filter(connection =>
    connection.status === 'open' && !isRelayed(connection) && peerIds.has(connection.remotePeer.toString()))
}
