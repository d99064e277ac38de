/** `libp2p/instance-peer.json`: the route table as people can read it, and hints from the file that older plugins wrote. */
import { MAX_ANNOUNCED_ADDRESSES, MAX_ROUTES, MAX_ROUTE_FILE_BYTES, ROUTE_SAVE_MS } from '../config/limits.ts'
import type { Clock, Timer } from '../lib/clock.ts'
import { toError } from '../lib/errors.ts'
import { readJsonFile, writeJsonFile } from '../lib/json-file.ts'
import type { Logger } from '../lib/log.ts'
import type { Route } from './instance-routes.ts'

const FILE_VERSION = 2

/** Where a peer was once reached; not bound to an instance. */
export interface DialHint {
  peerId: string
  multiaddrs: readonly string[]
}

export interface StoredRoutes {
  routes: Route[]
  hints: DialHint[]
  /** The last sequence number that this node signed; 0 before the first. */
  sequence: number
}

export interface RouteStoreInit {
  path: string
  /** What to write, asked at the time of writing. */
  snapshot: () => { routes: readonly Route[], sequence: number }
  clock: Clock
  log: Logger
}

export class RouteStore {
  readonly #init: RouteStoreInit
  #timer: Timer | undefined
  #lastWriteAt = -Infinity
  #writing: Promise<void> = Promise.resolve()

  constructor(init: RouteStoreInit) {
    this.#init = init
  }

  async load(): Promise<StoredRoutes> {
    const stored = await readJsonFile(this.#init.path, {
      maxBytes: MAX_ROUTE_FILE_BYTES,
      parse: parseFile,
      now: this.#init.clock.now,
      onMovedAside: (path, error) => { this.#init.log.warn(`The route table was unreadable (${error.message}); it was moved to ${path} and begun anew`) }
    })
    return stored ?? { routes: [], hints: [], sequence: 0 }
  }

  /** Writes soon; several changes go into one write. */
  saveSoon(): void {
    if (this.#timer !== undefined) return
    const waitMs = Math.max(0, this.#lastWriteAt + ROUTE_SAVE_MS - this.#init.clock.now())
    this.#timer = this.#init.clock.after(waitMs, () => {
      this.save().catch((error: unknown) => { this.#init.log.error(`The route table could not be written: ${toError(error).message}`) })
    })
  }

  /** Writes now. */
  async save(): Promise<void> {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#lastWriteAt = this.#init.clock.now()
    const write = async (): Promise<void> => { await writeJsonFile(this.#init.path, this.#file()) }
    this.#writing = this.#writing.then(write, write) // whoever asked for the write before this one was told how it went
    await this.#writing
  }

  #file(): object {
    const { routes, sequence } = this.#init.snapshot()
    return {
      version: FILE_VERSION,
      updatedAt: this.#init.clock.now(),
      sequence,
      instances: Object.fromEntries(routes.map(route => [route.instanceId, route]))
    }
  }
}

function parseFile(value: unknown): StoredRoutes {
  if (!isObject(value) || !isObject(value['instances'])) throw notRoutes()
  const { version, sequence } = value
  const entries = Object.values(value['instances']).slice(0, MAX_ROUTES)
  if (version === FILE_VERSION && typeof sequence === 'number' && entries.every(isRoute)) return { routes: entries.map(bounded), hints: [], sequence }
  if (version === 1 && entries.every(isHint)) {
    return { routes: [], hints: entries.map(({ peerId, multiaddrs }) => bounded({ peerId, multiaddrs })), sequence: 0 }
  }
  throw notRoutes()
}

function notRoutes(): Error {
  return new Error(`it is no route table of version 1 or ${FILE_VERSION}`)
}

function isHint(value: unknown): value is DialHint {
  return isObject(value) && typeof value['peerId'] === 'string' && isTexts(value['multiaddrs'])
}

function isRoute(value: unknown): value is Route {
  return isObject(value) && isHint(value) && ROUTE_TEXTS.every(key => typeof value[key] === 'string') &&
    ROUTE_NUMBERS.every(key => typeof value[key] === 'number') && (value['source'] === 'announce' || value['source'] === 'dht') &&
    (value['card'] === undefined || isCard(value['card']))
}

const ROUTE_TEXTS = ['instanceId', 'instanceName', 'agentId'] as const satisfies ReadonlyArray<keyof Route>
const ROUTE_NUMBERS = ['seq', 'lastAnnouncedAt', 'lastSeenAt'] as const satisfies ReadonlyArray<keyof Route>

function isCard(value: unknown): boolean {
  return isObject(value) && typeof value['description'] === 'string' && isTexts(value['skills'])
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every(text => typeof text === 'string')
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function bounded<T extends { multiaddrs: readonly string[] }>(entry: T): T {
  return { ...entry, multiaddrs: entry.multiaddrs.slice(0, MAX_ANNOUNCED_ADDRESSES) }
}
