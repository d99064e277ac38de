/** Pings every connection in turn, so that a dead one is noticed, also where nothing is sent and no reset ever comes. */
import type { Connection, PeerId, Startable } from '@libp2p/interface'
import { LIVENESS_INTERVAL_MS, LIVENESS_TIMEOUT_MS, OTHERS_LIVENESS_INTERVAL_MS, PATH_CHECK_TIMEOUT_MS, UDX_LIVENESS_INTERVAL_MS } from '../config/nat-limits.ts'
import type { Clock, Timer } from '../lib/clock.ts'
import { transportOf } from '../lib/connection-path.ts'
import { toError } from '../lib/errors.ts'

export interface LivenessInit {
  connections: () => Connection[]
  /** Whether the peer is one that this node keeps itself connected to, and so wants back soon. */
  isKept: (peerId: PeerId) => boolean
  /** Resolves with the round trip time over this very connection. */
  ping: (connection: Connection, options: { signal: AbortSignal }) => Promise<number>
  /** The other end is there. */
  onAnswer: (connection: Connection) => void
  onRoundTrip: (connection: Connection, rttMs: number) => void
  /** No ping came back in time. */
  onSilent: (connection: Connection, error: Error) => Promise<void>
  clock: Clock
}

/** In place of the library's connection monitor, which aborts a connection that could move to another path. */
export class Liveness implements Startable {
  readonly #init: LivenessInit
  readonly #checking = new WeakSet<Connection>()
  readonly #checkedAt = new WeakMap<Connection, number>()
  #stopping = new AbortController()
  #timer: Timer | undefined

  constructor(init: LivenessInit) {
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

  /** Checks all connections now: the network changed. */
  checkAll(): void {
    for (const connection of this.#init.connections()) this.#check(connection, PATH_CHECK_TIMEOUT_MS)
  }

  /** Resolves with the round trip time, or undefined when none came back and the connection was seen to. */
  async check(connection: Connection, timeoutMs: number): Promise<number | undefined> {
    const { clock, ping, onAnswer, onRoundTrip } = this.#init
    this.#checkedAt.set(connection, clock.now())
    try {
      const rttMs = await ping(connection, { signal: AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(timeoutMs)]) })
      connection.rtt = rttMs
      onAnswer(connection)
      onRoundTrip(connection, rttMs)
      return rttMs
    } catch (error) {
      await this.#handleNoRoundTrip(connection, toError(error))
      return undefined
    }
  }

  async #handleNoRoundTrip(connection: Connection, error: Error): Promise<void> {
    if (isAnswer(error)) this.#init.onAnswer(connection)
    else if (!this.#stopping.signal.aborted && connection.status === 'open') await this.#init.onSilent(connection, error)
  }

  #schedule(): void {
    this.#timer = this.#init.clock.after(UDX_LIVENESS_INTERVAL_MS, () => {
      this.#schedule()
      for (const connection of this.#init.connections().filter(candidate => this.#isDue(candidate))) this.#check(connection, timeoutOf(connection))
    })
  }

  #isDue(connection: Connection): boolean {
    const idleMs = this.#init.isKept(connection.remotePeer) ? LIVENESS_INTERVAL_MS : OTHERS_LIVENESS_INTERVAL_MS
    return this.#init.clock.now() - (this.#checkedAt.get(connection) ?? -Infinity) >= (isUdx(connection) ? UDX_LIVENESS_INTERVAL_MS : idleMs)
  }

  #check(connection: Connection, timeoutMs: number): void {
    if (this.#checking.has(connection)) return
    this.#checking.add(connection)
    this.check(connection, timeoutMs)
      .finally(() => { this.#checking.delete(connection) })
      .catch((error: unknown) => { connection.abort(toError(error)) })
  }
}

/** Whether a connection runs over the UDX socket, and so can be given another path. */
export function isUdx(connection: Connection): boolean {
  return transportOf(connection) === 'udp'
}

/** A peer that does not know the ping protocol said so: it is alive. */
function isAnswer({ name }: Error): boolean {
  return name === 'UnsupportedProtocolError'
}

/** UDX gives a stream up 13 s after its path broke: noticing and moving have to fit in. */
function timeoutOf(connection: Connection): number {
  return isUdx(connection) ? PATH_CHECK_TIMEOUT_MS : LIVENESS_TIMEOUT_MS
}
