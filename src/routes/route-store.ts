/** `libp2p/instance-peer.json`: the route table as people can read it, and hints from the file that older plugins wrote. */
import Type from 'typebox'
import { Check } from 'typebox/value'
import { MAX_ANNOUNCED_ADDRESSES, MAX_ROUTES, MAX_ROUTE_FILE_BYTES, ROUTE_SAVE_MS } from '../config/limits.ts'
import { agentIdOf } from '../lib/agent-id.ts'
import type { Clock, Timer } from '../lib/clock.ts'
import { toError } from '../lib/errors.ts'
import { readJsonFile, writeJsonFile } from '../lib/json-file.ts'
import type { Logger } from '../lib/log.ts'
import { parsePeerId } from '../lib/recipient.ts'
import { oneLine, safeName } from '../lib/text.ts'
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
  /** Above every sequence number that this node ever signed; 0 before the first. */
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
  #isClosed = false

  constructor(init: RouteStoreInit) {
    this.#init = init
  }

  async load(): Promise<StoredRoutes> {
    const { path, clock, log } = this.#init
    const stored = await readJsonFile(path, {
      maxBytes: MAX_ROUTE_FILE_BYTES,
      parse: value => parseFile(value, clock.now()),
      now: clock.now,
      onMovedAside: (aside, error) => {
        log.warn(`The route table was unreadable (${oneLine(error.message, 200)}); it was moved to ${aside} and begun anew`)
      }
    })
    return stored ?? { routes: [], hints: [], sequence: 0 }
  }

  /** Writes soon; several changes go into one write. */
  saveSoon(): void {
    if (this.#timer !== undefined || this.#isClosed) return
    const sinceLastMs = Math.max(0, this.#init.clock.now() - this.#lastWriteAt) // the clock may have been set back
    this.#timer = this.#init.clock.after(Math.max(0, ROUTE_SAVE_MS - sinceLastMs), () => {
      this.#save().catch((error: unknown) => { this.#init.log.error(`The route table could not be written: ${toError(error).message}`) })
    })
  }

  /** Writes a last time. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.#save()
  }

  async #save(): Promise<void> {
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

const Count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })
const Texts = Type.Array(Type.String())
const HintSchema = Type.Object({ peerId: Type.String(), multiaddrs: Texts })
const RouteSchema = Type.Object({
  instanceId: Type.String(),
  instanceName: Type.String(),
  agentId: Type.String(),
  peerId: Type.String(),
  multiaddrs: Texts,
  seq: Count,
  lastAnnouncedAt: Count,
  lastSeenAt: Count,
  source: Type.Enum(['announce', 'dht']),
  card: Type.Optional(Type.Object({ description: Type.String(), skills: Texts }))
})
const FileSchema = Type.Object({ version: Type.Literal(FILE_VERSION), sequence: Count, instances: Type.Record(Type.String(), RouteSchema) })
const LegacyFileSchema = Type.Object({ version: Type.Literal(1), instances: Type.Record(Type.String(), HintSchema) })
const VersionSchema = Type.Object({ version: Type.Number() })

function parseFile(value: unknown, now: number): StoredRoutes {
  if (Check(FileSchema, value)) {
    const routes = Object.values(value.instances).slice(0, MAX_ROUTES).map(route => checkedRoute(route, now))
    return { routes, hints: [], sequence: value.sequence }
  }
  if (Check(LegacyFileSchema, value)) {
    const hints = Object.values(value.instances).slice(0, MAX_ROUTES).map(({ peerId, multiaddrs }) => bounded({ peerId, multiaddrs }))
    return { routes: [], hints, sequence: 0 }
  }
  if (Check(VersionSchema, value) && value.version > FILE_VERSION) {
    throw new Error(`a later version of the plugin wrote it: its format is ${value.version}, this one reads 1 and ${FILE_VERSION}`)
  }
  throw new Error(`it is no route table of version 1 or ${FILE_VERSION}`)
}

/** An instance ID that its peer's key does not bear out was not written by us. */
function checkedRoute(route: Route, now: number): Route {
  const { instanceId, instanceName, agentId, lastSeenAt } = route
  const peerId = parsePeerId(route.peerId)
  const isTrue = peerId !== undefined && agentId === agentIdOf(peerId) && instanceId === `${instanceName}@${agentId}` && safeName(instanceName) === instanceName
  if (!isTrue) throw new Error(`instance ${oneLine(instanceId, 80)} does not belong to the key of peer ${oneLine(route.peerId, 80)}`)
  return bounded({ ...route, lastSeenAt: Math.min(lastSeenAt, now) })
}

function bounded<T extends { multiaddrs: readonly string[] }>(entry: T): T {
  return { ...entry, multiaddrs: entry.multiaddrs.slice(0, MAX_ANNOUNCED_ADDRESSES) }
}
