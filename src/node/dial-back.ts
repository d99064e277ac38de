/** AutoNAT for its peers: whether an address can be dialled is tried on a fresh connection. */
import type { ConnectionManager } from '@libp2p/interface-internal'
import { overriding } from '../lib/overriding.ts'

/**
 * Libp2p as AutoNAT may see it. For the address that a peer asks about, the library would take the connection that the question came over,
 * find that it leads elsewhere, and close it: the peer would lose its only path for asking.
 */
export function forAutoNAT<T extends { connectionManager: ConnectionManager }>(components: T): T {
  const { connectionManager } = components
  return overriding<{ connectionManager: ConnectionManager }>(components, {
    connectionManager: overriding(connectionManager, {
      // a list of addresses is of a peer that AutoNAT itself wants to meet
      openConnection: async (target, options) =>
        await connectionManager.openConnection(target, Array.isArray(target) ? options : { ...options, force: true })
    })
  }) as T
}
