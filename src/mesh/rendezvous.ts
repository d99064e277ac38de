/** Meets other nodes of the same network: entries in the DHT under the network's name say who is part of it. */
import { DISCOVERY_PARALLEL } from '../config/limits.ts'
import { DHT_BUCKET_SIZE, RENDEZVOUS_INTERVAL_MS, RENDEZVOUS_NEIGHBOURS, RENDEZVOUS_SHARE, RENDEZVOUS_TIMEOUT_MS } from '../config/dht-limits.ts'
import { toMeshError } from '../lib/errors.ts'
import { inParallel } from '../lib/in-parallel.ts'
import type { DhtService } from '../node/dht.ts'
import type { Network } from '../node/network.ts'
import type { PeerHint } from '../protocols/peer-exchange.ts'
import { Publication } from '../node/publication.ts'
import type { PeerBook } from '../trust/peer-book.ts'
import type { Encounters } from './encounters.ts'
import type { MeshInit } from './init.ts'

export interface RendezvousInit {
  init: MeshInit
  dht: Pick<DhtService, 'providers' | 'provide'>
  encounters: Pick<Encounters, 'has' | 'peers'>
  network: Network
  book: Pick<PeerBook, 'statusOf'>
}

export class Rendezvous {
  readonly publication: Publication
  readonly #init: RendezvousInit
  readonly #name: string

  constructor(init: RendezvousInit) {
    const { init: { config, clock, random, log } } = init
    this.#init = init
    this.#name = `/libp2p-mesh/network/${config.meshTopic}`
    this.publication = new Publication({
      what: `the entry of this node in the network "${config.meshTopic}"`, intervalMs: RENDEZVOUS_INTERVAL_MS,
      publish: async options => await this.#round(options), clock, random, log
    })
  }

  /** Nodes of the network that this one is not connected to. */
  async others(options: { signal: AbortSignal }): Promise<PeerHint[]> {
    return (await this.#members(options)).filter(({ peerId }) => this.#isNew(peerId))
  }

  /** Where there are plenty of entries already, a node adds its own now and then only. */
  async #round(options: { signal: AbortSignal }): Promise<number> {
    const { dht, init: { random } } = this.#init
    const members = await this.#members(options)
    const isEntering = members.length < DHT_BUCKET_SIZE || random() < RENDEZVOUS_SHARE
    const holders = isEntering ? await dht.provide(this.#name, options) : DHT_BUCKET_SIZE
    await this.#meet(members, options)
    return holders
  }

  async #members({ signal }: { signal: AbortSignal }): Promise<PeerHint[]> {
    const members: PeerHint[] = []
    const options = { signal: AbortSignal.any([signal, AbortSignal.timeout(RENDEZVOUS_TIMEOUT_MS)]) }
    for await (const { id, multiaddrs } of this.#init.dht.providers(this.#name, options)) members.push({ peerId: id, addresses: multiaddrs })
    return members
  }

  async #meet(members: readonly PeerHint[], options: { signal: AbortSignal }): Promise<void> {
    const { encounters, network, init: { log } } = this.#init
    const wanted = members.filter(({ peerId }) => this.#isNew(peerId)).slice(0, Math.max(0, RENDEZVOUS_NEIGHBOURS - encounters.peers.length))
    await inParallel(wanted, DISCOVERY_PARALLEL, async ({ peerId, addresses }) => {
      try {
        await network.tryAddresses(peerId, addresses, options)
      } catch (error) {
        log.debug(`Peer ${peerId.toString()} of the same network was not reached: ${toMeshError(error).message}`)
      }
    })
  }

  #isNew(peerId: PeerHint['peerId']): boolean {
    const { encounters, book } = this.#init
    return book.statusOf(peerId.toString()) !== 'blocked' && !encounters.has(peerId)
  }
}
