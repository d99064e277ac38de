/** Knows how the outside sees the node's UDP port: asks STUN servers when that is not fresh, and judges the NAT by it. */
import type { PeerId } from '@libp2p/interface'
import { BLOCKED_FRESH_MS, MAPPING_FRESH_MS, MAX_STUN_SERVERS } from '../config/nat-limits.ts'
import type { Clock } from '../lib/clock.ts'
import type { NatKind } from '../protocols/punch-signal.ts'
import { isAttested } from './attestation.ts'
import { interfaceAddresses, type Interfaces, type Mapping } from './candidates.ts'
import { formatEndpoint, type Endpoint } from './endpoint.ts'
import { natKindOf } from './nat-kind.ts'
import { distinctServers, type StunAnswer, type StunClient } from './stun-client.ts'

export interface NatObserverInit {
  client: StunClient
  clock: Clock
  interfaces: () => Interfaces
  /** Whether IPv6 can be used; IPv6 servers are left out otherwise. */
  hasIp6: () => boolean
}

/** One round of questions. */
export interface Observation {
  nat: NatKind
  asked: Endpoint[]
  answers: StunAnswer[]
  at: number
}

/** What one relay vouches for. */
export interface Vouched {
  mappings: Mapping[]
  /** The relay's clock now; undefined when it signed nothing for us. */
  relayNowMs: number | undefined
}

/** Sets of servers whose last observation is kept: those of a handful of relays. */
const MAX_KEPT = 8

export class NatObserver {
  readonly #init: NatObserverInit
  readonly #observations = new Map<string, Observation>()
  readonly #running = new Map<string, Promise<Observation>>()

  constructor(init: NatObserverInit) {
    this.#init = init
  }

  /** The last observation; undefined before the first. */
  get last(): Observation | undefined {
    return [...this.#observations.values()].toSorted((a, b) => a.at - b.at).at(-1)
  }

  /** Forgets everything, and what is being asked: the network changed. */
  clear(): void {
    this.#observations.clear()
    this.#running.clear()
  }

  /** What the servers see of our port; from memory while that is fresh. */
  async observe(servers: readonly Endpoint[], signal: AbortSignal): Promise<Observation> {
    const chosen = distinctServers(servers, MAX_STUN_SERVERS).filter(({ family }) => family === 4 || this.#init.hasIp6())
    const key = chosen.map(formatEndpoint).join(' ')
    const known = this.#observations.get(key)
    if (known !== undefined && this.#init.clock.now() - known.at < (known.nat === 'blocked' ? BLOCKED_FRESH_MS : MAPPING_FRESH_MS)) return known
    return await (this.#running.get(key) ?? this.#begin(chosen, key, signal))
  }

  async #begin(servers: Endpoint[], key: string, signal: AbortSignal): Promise<Observation> {
    const running = this.#ask(servers, signal)
    this.#running.set(key, running)
    try {
      const observation = await running
      if (!signal.aborted && this.#running.get(key) === running) this.#keep(key, observation)
      return observation
    } finally {
      if (this.#running.get(key) === running) this.#running.delete(key)
    }
  }

  /** Without a network nothing is learnt about a NAT. */
  async #ask(servers: Endpoint[], signal: AbortSignal): Promise<Observation> {
    const own = interfaceAddresses(this.#init.interfaces()).map(({ address }) => address)
    const answers = await this.#init.client.ask(servers, signal)
    const ofFamily = (family: 4 | 6): Endpoint[] => answers.map(({ mapped }) => mapped).filter(mapped => mapped.family === family)
    const nat = natKindOf(ofFamily(4).length > 0 ? ofFamily(4) : ofFamily(6), own)
    return { nat: servers.length === 0 || own.length === 0 ? 'unknown' : nat, asked: servers, answers, at: this.#init.clock.now() }
  }

  #keep(key: string, observation: Observation): void {
    this.#observations.delete(key)
    this.#observations.set(key, observation)
    for (const oldest of [...this.#observations.keys()].slice(0, -MAX_KEPT)) this.#observations.delete(oldest)
  }
}

/** Mappings with only the signatures that the relay made, and its clock by the newest of them. */
export async function vouchedBy(relay: PeerId | undefined, seen: ReadonlyArray<Mapping & { at: number }>, nowMs: number): Promise<Vouched> {
  const mappings: Mapping[] = []
  let relayNowMs: number | undefined
  for (const { mapped, attestation, at } of seen) {
    const isVouched = attestation !== undefined && relay !== undefined && await isAttested(attestation, mapped, relay)
    mappings.push({ mapped, attestation: isVouched ? attestation : undefined })
    if (isVouched) relayNowMs = Math.max(relayNowMs ?? 0, attestation.timeMs + nowMs - at)
  }
  return { mappings, relayNowMs }
}
