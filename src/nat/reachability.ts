/** Announces a mapped port only once somebody has dialled it: a router's word is no proof. */
import { serviceCapabilities, type Connection, type PeerId, type Startable } from '@libp2p/interface'
import type { AddressManager } from '@libp2p/interface-internal'
import type { Multiaddr } from '@multiformats/multiaddr'
import { DIAL_BACK_TIMEOUT_MS, MAPPED_CHECK_MS, MAPPED_FRESH_MS, MAPPED_RETRY_MS } from '../config/nat-limits.ts'
import type { Clock, Timer } from '../lib/clock.ts'
import { toError } from '../lib/errors.ts'
import type { Logger } from '../lib/log.ts'
import { scopeOf } from '../lib/reachable-address.ts'
import { requestDialBack, type DialBackResult } from '../protocols/dial-back-request.ts'

export interface ReachabilityComponents {
  peerId: PeerId
  addressManager: Pick<AddressManager, 'getAddressesWithMetadata' | 'confirmObservedAddr' | 'removeObservedAddr'>
}

export interface ReachabilityInit {
  /** Connections to peers whose word counts: relays of the owner's list. */
  witnesses: () => Connection[]
  clock: Clock
  log: Logger
  /** @default a question by AutoNAT */
  ask?: typeof requestDialBack
}

/**
 * AutoNAT believes an address after four strangers dialled it; a mesh of a few nodes has no four, but it has relays that its owner chose.
 */
export class Reachability implements Startable {
  /** The library maps ports only where something confirms them. */
  readonly [serviceCapabilities] = ['@libp2p/autonat']
  readonly #components: ReachabilityComponents
  readonly #init: ReachabilityInit
  /** What was heard last of each address, and when it is asked about again. */
  readonly #heard = new Map<string, { result: DialBackResult, dueAt: number }>()
  #stopping = new AbortController()
  #timer: Timer | undefined

  constructor(components: ReachabilityComponents, init: ReachabilityInit) {
    this.#components = components
    this.#init = init
  }

  start(): void {
    this.#stopping = new AbortController()
    this.#schedule()
  }

  stop(): void {
    this.#timer?.cancel()
    this.#stopping.abort(new Error('the node is stopping'))
  }

  #schedule(): void {
    this.#timer = this.#init.clock.after(MAPPED_CHECK_MS, () => {
      this.#check().catch((error: unknown) => { this.#init.log.error(`Mapped ports could not be checked: ${toError(error).message}`) })
        .finally(() => { if (!this.#stopping.signal.aborted) this.#schedule() })
    })
  }

  async #check(): Promise<void> {
    const mapped = this.#components.addressManager.getAddressesWithMetadata()
      .filter(({ type, multiaddr }) => type === 'ip-mapping' && scopeOf(multiaddr) === 'public')
    const known = new Map(mapped.map(entry => [entry.multiaddr.toString(), entry]))
    for (const key of this.#heard.keys()) if (!known.has(key)) this.#heard.delete(key)
    for (const [key, { multiaddr }] of known) {
      if ((this.#heard.get(key)?.dueAt ?? 0) <= this.#init.clock.now()) await this.#ask(multiaddr)
    }
  }

  async #ask(address: Multiaddr): Promise<void> {
    const { addressManager } = this.#components
    const { clock, log } = this.#init
    const result = await this.#firstResult(address)
    if (this.#stopping.signal.aborted || result === 'unknown') return
    const key = address.toString()
    const isNews = this.#heard.get(key)?.result !== result
    this.#heard.set(key, { result, dueAt: clock.now() + (result === 'reached' ? MAPPED_FRESH_MS : MAPPED_RETRY_MS) })
    if (result === 'reached') addressManager.confirmObservedAddr(address, { ttl: 2 * MAPPED_FRESH_MS })
    else addressManager.removeObservedAddr(address)
    if (isNews) log.info(result === 'reached' ? `Mapped port reached from outside: ${key}` : `Mapped port not reached from outside: ${key}`)
  }

  /** The first witness that tried decides. */
  async #firstResult(address: Multiaddr): Promise<DialBackResult> {
    const { peerId } = this.#components
    for (const witness of this.#init.witnesses()) {
      try {
        const signal = AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(DIAL_BACK_TIMEOUT_MS)])
        const result = await (this.#init.ask ?? requestDialBack)(witness, { peerId, address }, { signal })
        if (result !== 'unknown') return result
      } catch (error) {
        this.#init.log.debug(`${witness.remotePeer.toString()} did not say whether ${address.toString()} can be dialled: ${toError(error).message}`)
      }
    }
    return 'unknown'
  }
}
