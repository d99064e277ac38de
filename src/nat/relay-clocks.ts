/** How far this machine's clock is from those of relays: a relay signs the time with every address that it observes. */
import type { PeerId } from '@libp2p/interface'
import { MAX_RELAY_CLOCKS } from '../config/nat-limits.ts'
import { BoundedMap } from '../lib/bounded-map.ts'
import { isAttested } from './attestation.ts'
import { isSameEndpoint, type Endpoint } from './endpoint.ts'
import type { StunAnswer } from './stun-client.ts'

export interface RelayClock {
  peerId: string
  /** The relay's clock minus ours. */
  offsetMs: number
}

export class RelayClocks {
  readonly #offsets = new BoundedMap<string, number>(MAX_RELAY_CLOCKS)

  get readings(): RelayClock[] {
    return [...this.#offsets.entries()].map(([peerId, offsetMs]) => ({ peerId, offsetMs }))
  }

  /** Takes what the relay at these endpoints signed; the signature was made half a round trip before the answer came. */
  async learn(relay: PeerId, servers: readonly Endpoint[], answers: readonly StunAnswer[]): Promise<void> {
    for (const { server, mapped, attestation, at, rttMs } of answers) {
      if (attestation === undefined || !servers.some(own => isSameEndpoint(own, server))) continue
      if (await isAttested(attestation, mapped, relay)) this.#offsets.set(relay.toString(), attestation.timeMs - (at - rttMs / 2))
    }
  }
}
