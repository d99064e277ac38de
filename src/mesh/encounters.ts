/** Tells peers from passers-by: a connection that a question of the DHT opened, at either end, is nobody's company until one of the two wants more. */
import type { PeerId } from '@libp2p/interface'
import type { DhtService } from '../node/dht.ts'

export interface EncountersInit {
  /** Undefined where the configuration has no DHT. */
  dht: Pick<DhtService, 'isContact' | 'claim'> | undefined
  isConnected: (peerId: PeerId) => boolean
  /** Whether this node opened a connection to the peer, for whatever reason. */
  hasDialled: (peerId: PeerId) => boolean
  /** Whether the peer is to stay connected: the owner decided about it, or something waits for it. */
  isKept: (peerId: PeerId) => boolean
  /** Opens a message stream to a connected peer unless there is one. */
  link: (peerId: PeerId) => void
}

/** Told of company, each time once. */
export interface EncounterListener {
  handleMet: (peerId: PeerId) => void
  handleParted: (peerId: PeerId) => void
}

/**
 * A peer that comes for more than a question opens a message stream, as every node of the mesh does on a connection that it wants.
 *
 * @example
 * encounters.listen({ handleMet: greet, handleParted: wave })
 * libp2p.addEventListener('peer:connect', ({ detail }) => { encounters.handleConnected(detail) })
 */
export class Encounters {
  readonly #init: EncountersInit
  readonly #company = new Map<string, PeerId>()
  #listener: EncounterListener | undefined

  constructor(init: EncountersInit) {
    this.#init = init
  }

  listen(listener: EncounterListener): void {
    this.#listener = listener
  }

  /** Who is connected, and for more than a question. */
  get peers(): PeerId[] {
    return [...this.#company.values()]
  }

  /** Whether the peer is one of these. */
  has(peerId: PeerId): boolean {
    return this.#company.has(peerId.toString())
  }

  /** Whether this node connects to the peer for no other reason than a question. */
  isContact(peerId: PeerId): boolean {
    return this.#init.dht?.isContact(peerId) === true
  }

  /** Whether this node dialled the peer for its own sake. */
  isDialled(peerId: PeerId): boolean {
    return this.#init.hasDialled(peerId) && !this.isContact(peerId)
  }

  handleConnected(peerId: PeerId): void {
    if (this.#init.isKept(peerId) || this.isDialled(peerId)) this.#meet(peerId)
  }

  /** There is a message stream, whoever opened it; one may be ready just when the connection is gone. */
  handleLinked(peerId: PeerId): void {
    const { dht, isConnected } = this.#init
    dht?.claim(peerId)
    if (isConnected(peerId)) this.#meet(peerId)
  }

  /** Something here wants the peer for itself; one that is not connected is met when it is. */
  handleWanted(peerId: PeerId): void {
    const { dht, isConnected, link } = this.#init
    dht?.claim(peerId)
    if (this.has(peerId) || !isConnected(peerId)) return
    this.#meet(peerId)
    link(peerId)
  }

  handleDisconnected(peerId: PeerId): void {
    if (this.#company.delete(peerId.toString())) this.#listener?.handleParted(peerId)
  }

  #meet(peerId: PeerId): void {
    if (this.has(peerId)) return
    this.#company.set(peerId.toString(), peerId)
    this.#listener?.handleMet(peerId)
  }
}
