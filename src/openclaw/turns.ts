/** Which agent sessions run a turn that a mesh peer's message started, and how many agents that conversation passed through. */

/** Hop counts of the running turns, by session key. */
export class RunningTurns {
  readonly #hops = new Map<string, number>()

  /** Notes a turn; returns the way to end it. */
  begin(sessionKey: string, hops: number): () => void {
    const key = sessionKey.toLowerCase()
    this.#hops.set(key, Math.max(hops, this.#hops.get(key) ?? 0))
    return () => { this.#hops.delete(key) }
  }

  /** The hop count of what this session sends now: 0 outside of a peer's turn, one more than the peer's message in it. */
  hopsOf(sessionKey: string | undefined): number {
    const hops = sessionKey === undefined ? undefined : this.#hops.get(sessionKey.toLowerCase())
    return hops === undefined ? 0 : hops + 1
  }

  /** The hop count of a send whose session is not known: that of the deepest turn that runs. */
  highestHops(): number {
    return Math.max(-1, ...this.#hops.values()) + 1
  }
}
