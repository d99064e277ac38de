/** Keeps a reservation on every relay of the owner's list and on those that were found, through restarts of the relays and outages at boot. */
import type { Libp2p, PeerId, Startable } from '@libp2p/interface'
import { multiaddr, type Multiaddr } from '@multiformats/multiaddr'
import type { Clock } from '../lib/clock.ts'
import { MeshError } from '../lib/errors.ts'
import type { Logger } from '../lib/log.ts'
import { peerIdOfMultiaddr } from '../lib/recipient.ts'
import { oneLine } from '../lib/text.ts'
import { RelayReservation, type RelayComponents, type RelayTrouble } from './relay-reservation.ts'

export interface RelaySupervisorComponents extends RelayComponents {
  /** Tells when what the transports listen on has changed. */
  events: Pick<Libp2p, 'addEventListener' | 'removeEventListener'>
}

export interface RelaySupervisorInit {
  /** Multiaddrs, each ending in the relay's `/p2p/<peer ID>`. */
  relays: readonly string[]
  /** Told when a relay was gained, so that one may ask it how it sees us. */
  onReserved: () => void
  log: Logger
  clock: Clock
  random: () => number
}

/** How a relay of the list stands. */
export interface RelayStatus {
  peerId: string
  address: string
  state: 'reserved' | 'waiting'
  since: number
  why?: RelayTrouble
}

/**
 * Start it after the node: it never makes anybody wait for a relay.
 *
 * @example
 * const relays = new RelaySupervisor(components, { relays: config.relayList, onReserved, log, clock, random })
 * relays.start()
 */
export class RelaySupervisor implements Startable {
  readonly #components: RelaySupervisorComponents
  readonly #init: RelaySupervisorInit
  #reservations: RelayReservation[]

  constructor(components: RelaySupervisorComponents, init: RelaySupervisorInit) {
    this.#components = components
    this.#init = init
    this.#reservations = init.relays.map((relay) => {
      const address = multiaddr(relay)
      return this.#reservationOn(peerIdOf(address), address)
    })
  }

  start(): void {
    this.#components.events.addEventListener('transport:listening', this.#review)
    this.#components.events.addEventListener('transport:close', this.#review)
    this.nudge()
  }

  stop(): void {
    this.#components.events.removeEventListener('transport:listening', this.#review)
    this.#components.events.removeEventListener('transport:close', this.#review)
    for (const reservation of this.#reservations) reservation.stop()
  }

  /** Takes on a relay that is not in the owner's list. @param address ends in `/p2p/<peer ID>` */
  add(peerId: PeerId, address: Multiaddr): void {
    const reservation = this.#reservationOn(peerId, address)
    this.#reservations.push(reservation)
    reservation.nudge()
  }

  /** Gives up a relay that has no reservation of ours. */
  remove(peerId: PeerId): void {
    for (const reservation of this.#reservations.filter(candidate => candidate.peerId.equals(peerId))) reservation.stop()
    this.#reservations = this.#reservations.filter(candidate => !candidate.peerId.equals(peerId))
  }

  /** Tries all relays without a reservation now: the network changed. */
  nudge(): void {
    for (const reservation of this.#reservations) reservation.nudge()
  }

  /** A relay that connects by itself is back. */
  handleConnected(peerId: PeerId): void {
    this.#reservations.find(reservation => reservation.peerId.equals(peerId))?.nudge()
  }

  /** Whether the peer is one of the relays. */
  has(peerId: PeerId): boolean {
    return this.#reservations.some(reservation => reservation.peerId.equals(peerId))
  }

  status(): RelayStatus[] {
    return this.#reservations.map(({ peerId, address, isHeld, since, trouble }) => ({
      peerId: peerId.toString(), address: address.toString(), state: isHeld ? 'reserved' : 'waiting', since, ...trouble !== undefined && { why: trouble }
    }))
  }

  #reservationOn(peerId: PeerId, address: Multiaddr): RelayReservation {
    const { clock, random } = this.#init
    return new RelayReservation(this.#components, {
      peerId, address, clock, random, onChange: (reservation, error) => { this.#report(reservation, error) }
    })
  }

  readonly #review = (): void => {
    for (const reservation of this.#reservations) reservation.review()
  }

  #report({ address, isHeld, trouble }: RelayReservation, error: Error | undefined): void {
    const { log, onReserved } = this.#init
    if (isHeld) {
      log.info(`Relay reservation made: ${address.toString()}`)
      onReserved()
    } else if (trouble === 'lost') log.warn(`Relay reservation lost: ${address.toString()}; it is made again as soon as the relay answers`)
    else log.debug(`No reservation on ${address.toString()} (${trouble ?? 'unknown'}): ${oneLine(error?.message ?? '', MAX_REASON_CHARACTERS)}`)
  }
}

const MAX_REASON_CHARACTERS = 200

function peerIdOf(address: Multiaddr): PeerId {
  const peerId = peerIdOfMultiaddr(address)
  if (peerId === undefined) throw new MeshError('INVALID_ARGUMENT', `the relay ${address.toString()} does not end in /p2p/<peer ID>`)
  return peerId
}
