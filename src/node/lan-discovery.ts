/** Peers that announce themselves on the LAN by mDNS, told of again for as long as they do. */
import type { PeerInfo } from '@libp2p/interface'
import { mdns } from '@libp2p/mdns'
import type { Libp2pOptions } from 'libp2p'
import { LAN_SIGHTING_MS, MAX_TRACKED_PEERS } from '../config/limits.ts'
import { toError } from '../lib/errors.ts'
import { RateLimiter } from '../lib/rate-limiter.ts'

type Components = Parameters<NonNullable<Libp2pOptions['peerDiscovery']>[number]>[0]

export interface LanDiscoveryInit {
  /** Told when somebody else announces itself with the peer ID of this node. */
  onSelfDiscovered: () => void
  now: () => number
}

/** mDNS service name of the mesh: other libp2p programs on the LAN are not asked, and do not answer. */
const MDNS_SERVICE = '_libp2p-mesh._udp.local'

/**
 * The library tells of a peer when it first hears of it, and never again, not even after a restart: a first dial in vain would be the last.
 * mDNS tells its own answers by a name that is random for each start: another answer with our peer ID is another node's.
 */
export function lanDiscovery({ onSelfDiscovered, now }: LanDiscoveryInit) {
  return (components: Components) => {
    const sightings = new RateLimiter({ limit: 1, windowMs: LAN_SIGHTING_MS, maxKeys: MAX_TRACKED_PEERS, now })
    const log = components.logger.forComponent('libp2p-mesh:lan')
    const discovery = mdns({ serviceTag: MDNS_SERVICE })(components)
    discovery.addEventListener('peer', ({ detail }) => {
      if (detail.id.equals(components.peerId)) onSelfDiscovered()
      else if (sightings.take(detail.id.toString()) === 0) {
        tell(components, detail).catch((error: unknown) => { log.error('the addresses of %p were not stored: %s', detail.id, toError(error).message) })
      }
    })
    return discovery
  }
}

/** With the addresses of now, which the library would store a moment later. */
async function tell({ peerStore, events }: Components, peer: PeerInfo): Promise<void> {
  await peerStore.merge(peer.id, { multiaddrs: peer.multiaddrs })
  events.safeDispatchEvent('peer:discovery', { detail: peer })
}
