/** What a node does for others where it is a relay: circuits and STUN. */
import type { ServiceFactories } from '../node/options.ts'
import { StunService } from '../nat/stun-service.ts'
import { relayAddresses } from '../relay/relay-addresses.ts'
import { RelayServer } from '../relay/relay-server.ts'
import { describeRelay } from '../relay/relay-stats.ts'
import type { MeshInit } from './init.ts'

/** What is told, and asked, of the relay's services. */
export interface Relaying {
  /** Told the relay when it was made. */
  onRelay: (relay: RelayServer) => void
  /** Told the STUN service when it was made. */
  onStun: (stun: StunService) => void
  /** Of the socket that holes are punched with, which answers STUN on its port; 0 while there is none. Asked when the services have started. */
  udpPort: () => number
}

/** None unless the node is a relay. */
export function relayServices({ config, clock, log }: MeshInit, { onRelay, onStun, udpPort }: Relaying): ServiceFactories {
  if (!config.enableCircuitRelayServer) return {}
  return {
    relay: (components) => {
      const relay = new RelayServer(components, {
        limits: config.relayLimits, clock, log, onHealth: (stats) => { log.info(`Relay health: ${describeRelay(stats)}`) }
      })
      onRelay(relay)
      return relay
    },
    stun: (components) => {
      const stun = new StunService(components, {
        clock, ownUdpPort: udpPort, onError: (error) => { log.warn(`This relay answers no STUN questions, or not all: ${error.message}`) }
      })
      onStun(stun)
      return stun
    }
  }
}

/** The lines for the owner to hand out; none unless the node is a relay. */
export function relayAddressLines({ config }: MeshInit, { listenAddrs, peerId }: { listenAddrs: string[], peerId: string }): string[] {
  if (!config.enableCircuitRelayServer) return []
  const addresses = config.announceAddrs.length > 0 ? config.announceAddrs : relayAddresses(listenAddrs).addresses
  return addresses.map(address => `Relay address: ${address}/p2p/${peerId}`)
}
