/** Notices that the machine's network changed: another Wi-Fi, a cable, a VPN, a lid that was opened. */
import type { Startable } from '@libp2p/interface'
import { INTERFACE_POLL_MS } from '../config/nat-limits.ts'
import type { Clock, Timer } from '../lib/clock.ts'
import { interfaceAddresses, type Interfaces } from './candidates.ts'

export interface InterfaceWatchInit {
  interfaces: () => Interfaces
  onChange: () => void
  clock: Clock
}

/** Asks every few seconds, as Node tells nobody. */
export class InterfaceWatch implements Startable {
  readonly #init: InterfaceWatchInit
  #timer: Timer | undefined
  #known = ''

  constructor(init: InterfaceWatchInit) {
    this.#init = init
  }

  start(): void {
    this.#known = this.#addresses()
    this.#schedule()
  }

  stop(): void {
    this.#timer?.cancel()
  }

  #schedule(): void {
    this.#timer = this.#init.clock.after(INTERFACE_POLL_MS, () => {
      this.#schedule()
      const addresses = this.#addresses()
      if (addresses === this.#known) return
      this.#known = addresses
      this.#init.onChange()
    })
  }

  /** Link-local addresses come and go with every interface of a container, and reach nobody. */
  #addresses(): string {
    return interfaceAddresses(this.#init.interfaces()).map(({ cidr, address }) => cidr ?? address)
      .filter(address => !address.startsWith('fe80:') && !address.startsWith('169.254.')).toSorted().join(' ')
  }
}
