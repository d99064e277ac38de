/** The DHT of a node, loaded only where the configuration wants one: it takes 8 MB of memory. */
import type { KadDHTComponents } from '@libp2p/kad-dht'
import { isOneMachine, type ReachConfig } from '../config/mesh-reach.ts'
import type { MeshConfig } from '../config/resolve.ts'
import type { DhtInit, DhtService } from './dht-service.ts'
import type { NodeComponents } from './options.ts'

export type { DhtInit, DhtService } from './dht-service.ts'

/** The settings that decide how the node takes part. */
export type DhtConfig = ReachConfig & Pick<MeshConfig, 'enableCircuitRelayServer'>

/**
 * A factory of the service. A relay is there for others: it answers from the start, whatever addresses it has; so does a node whose mesh
 * is on this machine. Any other one asks only, until the library sees that it has a public address that was confirmed.
 */
export async function dhtFactory(config: DhtConfig, init: DhtInit): Promise<(components: NodeComponents) => DhtService> {
  const { DhtService: Service } = await import('./dht-service.ts')
  const mode = { isOneMachine: isOneMachine(config), isServer: config.enableCircuitRelayServer || isOneMachine(config) }
  return components => new Service(components as NodeComponents & Pick<KadDHTComponents, 'ping'>, init, mode) // services see each other
}
