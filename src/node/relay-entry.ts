/** A relay enters itself in the DHT, where those who look for relays find it. */
import { RENDEZVOUS_INTERVAL_MS } from '../config/dht-limits.ts'
import type { DhtService } from './dht.ts'
import { Publication, type PublicationInit } from './publication.ts'

/** The name under which relays that serve everybody enter themselves. */
export const RELAYS_NAME = '/libp2p-mesh/relays'

export class RelayEntry {
  readonly publication: Publication
  readonly #dht: Pick<DhtService, 'onNode'>
  #unlisten = (): void => undefined

  constructor(dht: Pick<DhtService, 'provide' | 'onNode'>, surroundings: Pick<PublicationInit, 'clock' | 'random' | 'log'>) {
    this.#dht = dht
    this.publication = new Publication({
      what: 'the entry of this relay', publish: async options => await dht.provide(RELAYS_NAME, options), intervalMs: RENDEZVOUS_INTERVAL_MS, ...surroundings
    })
  }

  start(): void {
    this.#unlisten = this.#dht.onNode(() => { this.publication.handleNode() })
    this.publication.start()
  }

  stop(): void {
    this.#unlisten()
    this.publication.stop()
  }
}
