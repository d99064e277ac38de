/** What a node does for others where it is a relay: circuits and STUN. */
import type { ServiceFactories } from '../node/options.ts'
import { StunService } from '../nat/stun-service.ts'
import { RelayServer } from '../relay/relay-server.ts'
import { relayAddresses } from '../relay/relay-addresses.ts'
import type { MeshInit } from './init.ts'

/**
 * None unless the node is a relay.
 *
 * @param onStun told the STUN service when it was made: where holes are punched, its answers on the node's own port go over that socket
 */
export function relayServices({ config, clock, log }: MeshInit, onStun: (stun: StunService) => void): ServiceFactories {
  if (!config.enableCircuitRelayServer) return {}
  return {
    relay: components => new RelayServer(components, { limits: config.relayLimits, clock, log }),
    stun: (components) => {
      const stun = new StunService(components, {
        clock, hasUdpSocket: config.enableHolePunch,
        onError: (error) => { log.warn(`This relay answers no STUN questions, or not all: ${error.message}`) }
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
