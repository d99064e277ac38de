/** Coordinates hole punching: runs attempts over relayed connections, one for each peer at a time, within budgets. */
import type { ComponentLogger, Connection, Logger, MultiaddrConnection, PeerId, PeerStore, Startable, Stream, Upgrader } from '@libp2p/interface'
import type { ConnectionManager, Registrar } from '@libp2p/interface-internal'
import {
  MAX_PUNCH_STREAMS, MAX_RACES_PER_HOUR, MAX_RACES_PER_PEER_PER_HOUR, SESSION_TIMEOUT_MS, SIGNAL_TIMEOUT_MS, UPGRADE_TIMEOUT_MS
} from '../config/nat-limits.ts'
import { MAX_TRACKED_PEERS } from '../config/limits.ts'
import type { Clock } from '../lib/clock.ts'
import { isRelayed } from '../lib/connection-path.ts'
import { toError } from '../lib/errors.ts'
import { RateLimiter } from '../lib/rate-limiter.ts'
import { PUNCH_PROTOCOL, PunchSignalError, SignalChannel, type PunchOffer, type PunchPurpose, type PunchRefusal } from '../protocols/punch-signal.ts'
import type { NameLookup } from './name-lookup.ts'
import { checkPath } from './path-check.ts'
import type { Plane } from './plane.ts'
import { followPunch, leadPunch, type PunchOutcome, type SessionEnvironment } from './punch-session.ts'
import { relayLinkOf } from './relay-link.ts'
import { PunchSessions } from './punch-sessions.ts'
import { RelayFinder } from './relay-finder.ts'

/** With whom we punch: `none` not at all, `public` without telling or probing private addresses, `full` with them. */
export type PunchAllowance = 'none' | 'public' | 'full'

export interface PuncherComponents {
  peerId: PeerId
  registrar: Pick<Registrar, 'handle' | 'unhandle'>
  connectionManager: Pick<ConnectionManager, 'getConnections' | 'openConnection'>
  peerStore: Pick<PeerStore, 'get'>
  upgrader: Pick<Upgrader, 'upgradeInbound' | 'upgradeOutbound'>
  logger: ComponentLogger
}

export interface PuncherInit {
  planes: readonly Plane[]
  /** Asked before every attempt, in both directions. Only approved peers should get more than `none`. */
  allowance: (peerId: PeerId) => PunchAllowance
  /** For relays that are reached by name. */
  names: Pick<NameLookup, 'addresses'>
  clock: Clock
  randomBytes: (length: number) => Uint8Array
  /** Told how an attempt that the other side led has ended. */
  onFollowed: (peerId: PeerId, outcome: PunchOutcome) => void
}

const HOUR_MS = 3_600_000
const CHALLENGE_BYTES = 16

export class Puncher implements Startable {
  readonly #components: PuncherComponents
  readonly #init: PuncherInit
  readonly #log: Logger
  readonly #sessions: PunchSessions
  readonly #relays: RelayFinder
  readonly #perPeer: RateLimiter
  readonly #inTotal: RateLimiter
  #stopping = new AbortController()

  constructor(components: PuncherComponents, init: PuncherInit) {
    this.#components = components
    this.#init = init
    this.#log = components.logger.forComponent('libp2p-mesh:punch')
    this.#sessions = new PunchSessions(components.peerId, SIGNAL_TIMEOUT_MS)
    this.#relays = new RelayFinder(components)
    const { now } = init.clock
    this.#perPeer = new RateLimiter({ limit: MAX_RACES_PER_PEER_PER_HOUR, windowMs: HOUR_MS, maxKeys: MAX_TRACKED_PEERS, now })
    this.#inTotal = new RateLimiter({ limit: MAX_RACES_PER_HOUR, windowMs: HOUR_MS, maxKeys: 1, now })
  }

  async start(): Promise<void> {
    this.#stopping = new AbortController()
    await this.#components.registrar.handle(PUNCH_PROTOCOL, (stream, connection) => {
      this.#handle(stream, connection).catch((error: unknown) => {
        this.#log('attempt of %p failed - %e', connection.remotePeer, error)
        stream.abort(toError(error))
      })
    }, { maxInboundStreams: MAX_PUNCH_STREAMS, maxOutboundStreams: MAX_PUNCH_STREAMS, runOnLimitedConnection: true })
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the node is stopping'))
    await this.#components.registrar.unhandle(PUNCH_PROTOCOL)
    await this.#sessions.idle()
  }

  /** Tries for a direct path (`connect`), or a new path of the live UDX connection (`move`). Joins an attempt that runs. */
  async punch(peerId: PeerId, purpose: PunchPurpose, options: { signal: AbortSignal }): Promise<PunchOutcome> {
    const signal = AbortSignal.any([options.signal, this.#stopping.signal, AbortSignal.timeout(SESSION_TIMEOUT_MS)])
    return await this.#sessions.lead(peerId, async yielding => await this.#lead(peerId, purpose, AbortSignal.any([signal, yielding])))
  }

  /** Checks a connection by an echo over it. */
  async check(connection: Connection, options: { signal: AbortSignal, timeoutMs?: number }): Promise<void> {
    await checkPath(connection, { ...options, challenge: this.#init.randomBytes(CHALLENGE_BYTES) })
  }

  /** The libp2p connection that a raw one carries. */
  connectionOf(raw: Pick<MultiaddrConnection, 'remoteAddr'>, peerId: PeerId): Connection | undefined {
    return this.#components.connectionManager.getConnections(peerId).find(({ remoteAddr, status }) => remoteAddr === raw.remoteAddr && status === 'open')
  }

  async #lead(peerId: PeerId, purpose: PunchPurpose, signal: AbortSignal): Promise<PunchOutcome> {
    const refusal = this.#refusalFor(peerId)
    if (refusal !== undefined) return { isDirect: false, why: refusal }
    const relayed = await this.#relays.find(peerId, signal).catch((error: unknown) => {
      this.#log('no relayed connection with %p - %e', peerId, error)
      return undefined
    })
    if (relayed === undefined) return { isDirect: false, why: 'no-relay' }
    const stream = await relayed.newStream(PUNCH_PROTOCOL, { signal, runOnLimitedConnection: true, maxOutboundStreams: MAX_PUNCH_STREAMS })
    const channel = new SignalChannel(stream)
    try {
      const undertaking = { peerId, purpose, link: await relayLinkOf(relayed, this.#init.names), isLeader: true, withPrivate: this.#init.allowance(peerId) === 'full' }
      const outcome = await leadPunch(this.#environment(peerId), { undertaking, channel, signal })
      await channel.close({ signal })
      return outcome
    } catch (error) {
      channel.abort(toError(error))
      if (isTimeout(error) || signal.aborted) return { isDirect: false, why: this.#stopping.signal.aborted ? 'stopped' : 'timeout' }
      throw error
    }
  }

  async #handle(stream: Stream, connection: Connection): Promise<void> {
    const channel = new SignalChannel(stream)
    const signal = AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(SESSION_TIMEOUT_MS)])
    const first = await channel.read({ signal })
    if (first.kind === 'echo') await channel.write(first, { signal })
    else if (first.kind === 'offer') await this.#follow({ offer: first.offer, connection, channel, signal })
    else throw new PunchSignalError(`"${first.kind}" was not due`)
    await channel.close({ signal })
  }

  async #follow({ offer, connection, channel, signal }: FollowInit): Promise<void> {
    const peerId = connection.remotePeer
    const refusal = isRelayed(connection) ? this.#refusalFor(peerId) ?? (this.#sessions.leadsInstead(peerId) ? 'busy' : undefined) : 'unsupported'
    if (refusal !== undefined) {
      await channel.write({ kind: 'refusal', reason: refusal }, { signal })
      return
    }
    this.#relays.remember(connection)
    const outcome = await this.#sessions.follow(peerId, async () => {
      const link = await relayLinkOf(connection, this.#init.names)
      const undertaking = { peerId, purpose: offer.purpose, link, isLeader: false, withPrivate: this.#init.allowance(peerId) === 'full' }
      return await followPunch(this.#environment(peerId), { undertaking, channel, signal, first: offer })
    })
    this.#init.onFollowed(peerId, outcome)
  }

  /** Strangers first, so that they cannot spend an approved peer's budget. */
  #refusalFor(peerId: PeerId): Exclude<PunchRefusal, 'busy'> | undefined {
    if (this.#init.allowance(peerId) === 'none') return 'not-approved'
    if (this.#perPeer.take(peerId.toString()) > 0 || this.#inTotal.take('all') > 0) return 'budget'
    return undefined
  }

  #environment(peerId: PeerId): SessionEnvironment {
    const { upgrader } = this.#components
    const { clock, planes } = this.#init
    return {
      planes,
      upgrade: async (raw, direction, signal) => {
        const options = { signal: AbortSignal.any([signal, AbortSignal.timeout(UPGRADE_TIMEOUT_MS)]) }
        if (direction === 'outbound') await upgrader.upgradeOutbound(raw, options)
        else await upgrader.upgradeInbound(raw, options)
      },
      check: async (raw, signal) => {
        const connection = this.connectionOf(raw, peerId)
        if (connection === undefined) throw new Error('the new connection closed at once')
        await this.check(connection, { signal })
      },
      pause: async (ms, signal) => { await pause(clock, ms, signal) },
      now: clock.now,
      onFailure: (step, error) => { this.#log('%s with %p failed - %e', step, peerId, error) }
    }
  }
}

interface FollowInit {
  offer: PunchOffer
  connection: Connection
  channel: SignalChannel
  signal: AbortSignal
}

async function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  const { promise, resolve, reject } = Promise.withResolvers<undefined>()
  const fail = (): void => { reject(toError(signal.reason)) }
  const timer = clock.after(ms, () => { resolve(undefined) })
  signal.addEventListener('abort', fail)
  try {
    await promise
  } finally {
    timer.cancel()
    signal.removeEventListener('abort', fail)
  }
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && (error.name === 'TimeoutError' || error.name === 'AbortError')
}
