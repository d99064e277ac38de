/** What a node does for others where it is a relay: circuits and STUN. */
import type { ServiceFactories } from '../node/options.ts'
import { StunService } from '../nat/stun-service.ts'
import { RelayServer } from '../relay/relay-server.ts'
import { relayAddresses } from '../relay/relay-addresses.ts'
import { describeRelay } from '../relay/relay-stats.ts'
import type { MeshInit } from './init.ts'

/** None unless the node is a relay. */
export function relayServices({ config, clock, log }: MeshInit): ServiceFactories {
  if (!config.enableCircuitRelayServer) return {}
  return {
    relay: components => new RelayServer(components, {
      limits: config.relayLimits, clock, log, onHealth: (stats) => { log.info(`Relay health: ${describeRelay(stats)}`) }
    }),
    stun: components => new StunService(components, {
      clock, onError: (error) => { log.warn(`This relay answers no STUN questions, or not all: ${error.message}`) }
    })
  }
}

/** The lines for the owner to hand out; none unless the node is a relay. */
export function relayAddressLines({ config }: MeshInit, { listenAddrs, peerId }: { listenAddrs: string[], peerId: string }): string[] {
  if (!config.enableCircuitRelayServer) return []
  const addresses = config.announceAddrs.length > 0 ? config.announceAddrs : relayAddresses(listenAddrs).addresses
  return addresses.map(address => `Relay address: ${address}/p2p/${peerId}`)
}
