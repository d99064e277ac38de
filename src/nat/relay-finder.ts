/** Finds the relayed connection that signals to a peer go over, and dials it again when it was closed. */
import type { Connection, PeerId, PeerStore } from '@libp2p/interface'
import type { ConnectionManager } from '@libp2p/interface-internal'
import type { Multiaddr } from '@multiformats/multiaddr'
import { MAX_TRACKED_PEERS } from '../config/limits.ts'
import { RELAY_DIAL_TIMEOUT_MS } from '../config/nat-limits.ts'
import { BoundedMap } from '../lib/bounded-map.ts'
import { isRelayed } from '../lib/connection-path.ts'

export interface RelayFinderComponents {
  connectionManager: Pick<ConnectionManager, 'getConnections' | 'openConnection'>
  peerStore: Pick<PeerStore, 'get'>
}

export class RelayFinder {
  readonly #components: RelayFinderComponents
  /** The relayed address that last led to a peer: after a direct path was found, the relayed connection may be gone. */
  readonly #lastAddresses = new BoundedMap<string, Multiaddr>(MAX_TRACKED_PEERS)

  constructor(components: RelayFinderComponents) {
    this.#components = components
  }

  remember({ remotePeer, remoteAddr }: Connection): void {
    this.#lastAddresses.set(remotePeer.toString(), remoteAddr)
  }

  /** An open relayed connection, dialled if need be; undefined when no relayed address of the peer is known. */
  async find(peerId: PeerId, signal: AbortSignal): Promise<Connection | undefined> {
    const open = this.#components.connectionManager.getConnections(peerId).find(connection => connection.status === 'open' && isRelayed(connection))
    const connection = open ?? await this.#dial(peerId, signal)
    if (connection !== undefined) this.remember(connection)
    return connection
  }

  async #dial(peerId: PeerId, signal: AbortSignal): Promise<Connection | undefined> {
    const addresses = await this.#relayedAddresses(peerId)
    if (addresses.length === 0) return undefined
    return await this.#components.connectionManager.openConnection(addresses, {
      force: true, // there may be a direct connection, a broken one for example
      signal: AbortSignal.any([signal, AbortSignal.timeout(RELAY_DIAL_TIMEOUT_MS)])
    })
  }

  async #relayedAddresses(peerId: PeerId): Promise<Multiaddr[]> {
    const last = this.#lastAddresses.get(peerId.toString())
    const known = await this.#components.peerStore.get(peerId).then(({ addresses }) => addresses.map(({ multiaddr }) => multiaddr), () => [])
    const relayed = known.filter(address => address.getComponents().some(({ name }) => name === 'p2p-circuit')).map(address => withPeerId(address, peerId))
    return last === undefined ? relayed : [last, ...relayed.filter(address => !address.equals(last))]
  }
}

function withPeerId(address: Multiaddr, peerId: PeerId): Multiaddr {
  const last = address.getComponents().at(-1)
  return last?.name === 'p2p' && last.value === peerId.toString() ? address : address.encapsulate(`/p2p/${peerId.toString()}`)
}
