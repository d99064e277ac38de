/** The owner's list of STUN servers, `host:port`, with names looked up. */
import { lookup } from 'node:dns/promises'
import { STUN_LOOKUP_TIMEOUT_MS } from '../config/nat-limits.ts'
import { toError } from '../lib/errors.ts'
import { toEndpoint, type Endpoint } from './endpoint.ts'

export interface StunServerListInit {
  servers: readonly string[]
  now: () => number
  onFailure: (server: string, error: Error) => void
  /** All addresses of a name. @default the system's resolver */
  resolve?: (host: string) => Promise<string[]>
}

/** Addresses of a name change seldom, and a dead resolver must not cost time at every attempt. */
const FRESH_MS = 300_000

export class StunServerList {
  readonly #init: StunServerListInit
  #known: { endpoints: Endpoint[], at: number } | undefined

  constructor(init: StunServerListInit) {
    this.#init = init
  }

  /** The servers' endpoints; a name that cannot be looked up is left out. */
  async endpoints(): Promise<Endpoint[]> {
    if (this.#known !== undefined && this.#init.now() - this.#known.at < FRESH_MS) return this.#known.endpoints
    const found = await Promise.all(this.#init.servers.map(async server => await this.#resolve(server)))
    this.#known = { endpoints: found.flat(), at: this.#init.now() }
    return this.#known.endpoints
  }

  async #resolve(server: string): Promise<Endpoint[]> {
    const [, host, port] = /^\[?(.+?)\]?:(\d+)$/.exec(server) ?? []
    if (host === undefined || port === undefined) return []
    try {
      const addresses = await withDeadline((this.#init.resolve ?? allAddresses)(host))
      return addresses.map(address => toEndpoint(address, Number(port))).filter(endpoint => endpoint !== undefined)
    } catch (error) {
      this.#init.onFailure(server, toError(error))
      return []
    }
  }
}

async function allAddresses(host: string): Promise<string[]> {
  return (await lookup(host, { all: true })).map(({ address }) => address)
}

async function withDeadline<T>(work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => { reject(new Error('the name was not looked up in time')) }, STUN_LOOKUP_TIMEOUT_MS)
  try {
    return await Promise.race([work, promise])
  } finally {
    clearTimeout(timer)
  }
}
