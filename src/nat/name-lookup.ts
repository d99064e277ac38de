/** IP addresses of the hosts that STUN servers are named by. */
import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { MAX_TRACKED_NAMES, NAME_FAILED_MS, NAME_FRESH_MS, NAME_LOOKUP_TIMEOUT_MS } from '../config/nat-limits.ts'
import { BoundedMap } from '../lib/bounded-map.ts'
import { toError } from '../lib/errors.ts'
import { toEndpoint, type Endpoint } from './endpoint.ts'

export interface NameLookupInit {
  now: () => number
  onFailure: (name: string, error: Error) => void
  /** All addresses of a name. @default the system's resolver */
  resolve?: (name: string) => Promise<string[]>
}

interface Known {
  addresses: Promise<string[]>
  until: number
}

export class NameLookup {
  readonly #init: NameLookupInit
  readonly #known = new BoundedMap<string, Known>(MAX_TRACKED_NAMES)

  constructor(init: NameLookupInit) {
    this.#init = init
  }

  /** The first IPv4 and the first IPv6 address of a host, an address being its own; none where it cannot be looked up. */
  async addresses(host: string): Promise<string[]> {
    if (isIP(host) !== 0) return [host]
    const known = this.#known.get(host)
    if (known !== undefined && this.#init.now() < known.until) return await known.addresses
    const asked: Known = { addresses: this.#resolve(host), until: this.#init.now() + NAME_FRESH_MS }
    this.#known.set(host, asked)
    const addresses = await asked.addresses
    if (addresses.length === 0) asked.until = this.#init.now() + NAME_FAILED_MS
    return addresses
  }

  /** Where servers are that are named `host:port`. */
  async endpoints(servers: readonly string[]): Promise<Endpoint[]> {
    const found = await Promise.all(servers.map(async (server) => {
      const [, host, port] = /^\[?(.+?)\]?:(\d+)$/.exec(server) ?? []
      return host === undefined ? [] : (await this.addresses(host)).map(address => toEndpoint(address, Number(port)))
    }))
    return found.flat().filter(endpoint => endpoint !== undefined)
  }

  async #resolve(name: string): Promise<string[]> {
    try {
      const found = await withDeadline((this.#init.resolve ?? allAddresses)(name))
      return [4, 6].map(family => found.find(address => isIP(address) === family)).filter(address => address !== undefined)
    } catch (error) {
      this.#init.onFailure(name, toError(error))
      return []
    }
  }
}

async function allAddresses(name: string): Promise<string[]> {
  return (await lookup(name, { all: true })).map(({ address }) => address)
}

async function withDeadline<T>(work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => { reject(new Error('the name was not looked up in time')) }, NAME_LOOKUP_TIMEOUT_MS)
  try {
    return await Promise.race([work, promise])
  } finally {
    clearTimeout(timer)
  }
}
