/** One race for a path: both sides probe all candidates at the same time, the leader nominates the first pair that answers. */
import { MAX_PROBES_PER_RACE, PROBE_INTERVAL_MS, PROBE_TTL, TTL_LADDER } from '../config/nat-limits.ts'
import type { Clock, Timer } from '../lib/clock.ts'
import { toError } from '../lib/errors.ts'
import { Birthday, type BirthdayPart, type RacePort } from './birthday.ts'
import type { Endpoint } from './endpoint.ts'
import { encodeProbe, type ProbeKind } from './probe.ts'

export interface ProbeRaceInit<Port extends RacePort> {
  /** The leader nominates; exactly one side is it. */
  isLeader: boolean
  /** The token that the other side expects, from its offer. */
  remoteToken: Uint8Array
  /** Where the other side may be, validated and bounded. */
  candidates: readonly Endpoint[]
  birthday?: BirthdayPart
  /** The node's own port of a family. */
  mainPort: (family: 4 | 6) => Port | undefined
  openPort: () => Port | undefined
  timeoutMs: number
  clock: Clock
  random: () => number
  signal: AbortSignal
  /** Told when a port did not close. */
  onError: (error: Error) => void
}

/** The pair that both sides use from now on. */
export interface RaceWinner<Port extends RacePort> {
  via: Port
  remote: Endpoint
}

/**
 * @example
 * const race = new ProbeRace(init)
 * router.set(ownToken, (kind, from, via) => { race.handle(kind, from, via) })
 * const winner = await race.run()
 */
export class ProbeRace<Port extends RacePort> {
  readonly #init: ProbeRaceInit<Port>
  readonly #birthday: Birthday<Port> | undefined
  readonly #outcome = Promise.withResolvers<RaceWinner<Port> | undefined>()
  #startedAt = 0
  #probesLeft = MAX_PROBES_PER_RACE
  #nominated: RaceWinner<Port> | undefined
  #decided: RaceWinner<Port> | undefined
  #isOver = false
  #timer: Timer | undefined

  constructor(init: ProbeRaceInit<Port>) {
    this.#init = init
    const main = init.mainPort(4)
    if (init.birthday !== undefined && main !== undefined) {
      this.#birthday = new Birthday({ part: init.birthday, probe: this.#packet('probe'), main, openPort: init.openPort, random: init.random })
    }
  }

  /**
   * @returns the pair, or undefined when there is none within the time or the race was called off.
   * Keep handing datagrams to `handle` for RACE_LINGER_MS after it: the other side may have missed the last one.
   */
  async run(): Promise<RaceWinner<Port> | undefined> {
    const { clock, signal, timeoutMs } = this.#init
    this.#startedAt = clock.now()
    const giveUp = (): void => { this.#finish(undefined) }
    const deadline = clock.after(timeoutMs, giveUp)
    signal.addEventListener('abort', giveUp)
    if (signal.aborted) giveUp()
    else this.#step(0)
    const winner = await this.#outcome.promise
    deadline.cancel()
    signal.removeEventListener('abort', giveUp)
    // Not waited for: the winner must be in use before the other side's first data arrives.
    this.#birthday?.close(winner?.via).catch((error: unknown) => { this.#init.onError(toError(error)) })
    return winner
  }

  /** Takes a datagram that carried our token. */
  handle(kind: ProbeKind, from: Endpoint, via: Port): void {
    const { isLeader } = this.#init
    switch (kind) {
      case 'probe': { this.#answerProbe(from, via); break }
      case 'ack': { if (isLeader && !this.#isOver) this.#nominate({ via, remote: from }); break }
      case 'nominate': { if (!isLeader) this.#accept({ via, remote: from }); break }
      case 'confirm': { if (isLeader && this.#nominated !== undefined) this.#finish(this.#nominated); break }
    }
  }

  /** A source nobody named (a NAT chose it) is probed back at once. */
  #answerProbe(remote: Endpoint, via: Port): void {
    this.#send('ack', { via, remote })
    if (!this.#isOver && this.#nominated === undefined) this.#send('probe', { via, remote })
  }

  #nominate(pair: RaceWinner<Port>): void {
    if (this.#nominated !== undefined) return
    this.#nominated = pair
    this.#send('nominate', pair)
  }

  /** The first nomination decides; repeated ones are confirmed again, as the first answer may have been lost. */
  #accept(pair: RaceWinner<Port>): void {
    if (this.#isOver && this.#decided === undefined) return
    if (this.#decided !== undefined && (this.#decided.via !== pair.via || this.#decided.remote.port !== pair.remote.port)) return
    this.#send('confirm', pair)
    this.#finish(pair)
  }

  #step(index: number): void {
    if (this.#isOver) return
    const { candidates, clock, mainPort } = this.#init
    if (this.#nominated !== undefined) {
      this.#send('nominate', this.#nominated)
    } else {
      for (const remote of candidates) {
        const via = mainPort(remote.family)
        if (via !== undefined) this.#send('probe', { via, remote }, TTL_LADDER[index])
      }
      this.#birthday?.step(clock.now() - this.#startedAt)
    }
    this.#timer = clock.after(PROBE_INTERVAL_MS, () => { this.#step(index + 1) })
  }

  #send(kind: ProbeKind, { via, remote }: RaceWinner<Port>, ttl: number = PROBE_TTL): void {
    if (this.#probesLeft <= 0) return
    this.#probesLeft--
    via.send(this.#packet(kind), remote, ttl)
  }

  #packet(kind: ProbeKind): Uint8Array {
    return encodeProbe({ kind, token: this.#init.remoteToken })
  }

  #finish(winner: RaceWinner<Port> | undefined): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#decided = winner
    this.#timer?.cancel()
    this.#outcome.resolve(winner)
  }
}
