/** How many circuits there may be: in total, of a peer, between two peers and from one network. */

export interface CircuitLimits {
  total: number
  /** As either end. */
  perPeer: number
  perPair: number
  /** Begun from there. */
  perNetwork: number
}

/** Both ends of a circuit; `network` is the network key of the address that it is begun from. */
export interface CircuitEnds {
  source: string
  destination: string
  network: string
}

export class CircuitPlaces {
  readonly #limits: CircuitLimits
  readonly #taken = new Map<string, number>()
  #total = 0

  constructor(limits: CircuitLimits) {
    this.#limits = limits
  }

  /** Takes a place; returns the way to give it back, or undefined where there is none. */
  take(ends: CircuitEnds): (() => void) | undefined {
    const counted = this.#countedFor(ends)
    if (this.#total >= this.#limits.total) return undefined
    if (counted.some(([key, limit]) => (this.#taken.get(key) ?? 0) >= limit)) return undefined
    this.#total++
    for (const [key] of counted) this.#add(key, 1)
    return () => {
      this.#total--
      for (const [key] of counted) this.#add(key, -1)
    }
  }

  #countedFor({ source, destination, network }: CircuitEnds): Array<[key: string, limit: number]> {
    const { perPeer, perPair, perNetwork } = this.#limits
    return [
      [`peer ${source}`, perPeer],
      [`peer ${destination}`, perPeer],
      [`pair ${[source, destination].sort().join(' ')}`, perPair],
      [`network ${network}`, perNetwork]
    ]
  }

  #add(key: string, change: number): void {
    const count = (this.#taken.get(key) ?? 0) + change
    if (count === 0) this.#taken.delete(key)
    else this.#taken.set(key, count)
  }
}
