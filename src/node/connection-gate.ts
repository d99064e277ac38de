/** Keeps one network from taking all places for connections, with sockets that never finish their handshake too. */
import type { ConnectionGater, MultiaddrConnection } from '@libp2p/interface'
import { isRelayed } from '../lib/connection-path.ts'
import { networkKeyOf } from '../lib/network-key.ts'

/** @param perNetwork inbound sockets from one IPv4 address or IPv6 /64 at a time */
export function connectionGate(perNetwork: number): ConnectionGater {
  const open = new Map<string, number>()
  return {
    denyInboundConnection: (socket: Pick<MultiaddrConnection, 'remoteAddr' | 'addEventListener'>) => {
      if (isRelayed(socket)) return false // its address is the relay's
      const network = networkKeyOf(socket.remoteAddr)
      const count = open.get(network) ?? 0
      if (count >= perNetwork) return true
      open.set(network, count + 1)
      socket.addEventListener('close', () => {
        const left = (open.get(network) ?? 1) - 1
        if (left === 0) open.delete(network)
        else open.set(network, left)
      }, { once: true })
      return false
    }
  }
}
