/** One attempt between two peers: the leader goes through the planes, the other side follows its signals. */
import type { MultiaddrConnection } from '@libp2p/interface'
import { PunchSignalError, type PunchOffer, type PunchPlane, type PunchSignal, type SignalChannel } from '../protocols/punch-signal.ts'
import { toError } from '../lib/errors.ts'
import type { Endpoint } from './endpoint.ts'
import type { FoundPath, Plane, PlaneAttempt, Undertaking } from './plane.ts'
import type { RacePlan, WhyNot } from './race-plan.ts'

/** How an attempt ended. */
export type PunchOutcome =
  { isDirect: true, plane: PunchPlane, remote: Endpoint } |
  { isDirect: false, why: WhyNot }

/** What the session needs of the node. */
export interface SessionEnvironment {
  planes: readonly Plane[]
  /** Makes a libp2p connection of a raw one: outbound on the leader, inbound on the other side. */
  upgrade: (raw: MultiaddrConnection, direction: 'inbound' | 'outbound', signal: AbortSignal) => Promise<void>
  /** Resolves when an echo came back over the connection to the peer that the raw connection carries. */
  check: (raw: MultiaddrConnection, signal: AbortSignal) => Promise<void>
  /** Waits on the leader for the start signal to arrive on the other side. */
  pause: (ms: number, signal: AbortSignal) => Promise<void>
  now: () => number
  onFailure: (step: string, error: Error) => void
}

/** Half a round trip over the relay is waited at most this long, whatever was measured. */
const MAX_START_DELAY_MS = 500

/** Leads an attempt over an open channel; the last signal is sent, closing the channel is the caller's work. */
export async function leadPunch(environment: SessionEnvironment, { undertaking, channel, signal }: SessionInit): Promise<PunchOutcome> {
  let why: WhyNot = 'unsupported'
  for (const plane of environment.planes) {
    const result = await leadPlane(environment, { undertaking, channel, signal, plane })
    if (result.isDirect || result.isFinal === true) return result
    if (why === 'unsupported' || result.why !== 'unsupported') why = firstReason(why, result.why)
  }
  await channel.write({ kind: 'done', isDirect: false, why }, { signal })
  return { isDirect: false, why }
}

/** The reason of UDP explains more than that of TCP, which is tried after it. */
function firstReason(first: WhyNot, second: WhyNot): WhyNot {
  return first === 'unsupported' ? second : first
}

export interface SessionInit {
  undertaking: Undertaking
  channel: SignalChannel
  signal: AbortSignal
}

type PlaneOutcome = PunchOutcome & { isFinal?: boolean }

async function leadPlane(environment: SessionEnvironment, init: SessionInit & { plane: Plane }): Promise<PlaneOutcome> {
  const { undertaking, channel, signal, plane } = init
  const attempt = await plane.prepare(undertaking, signal)
  if (typeof attempt === 'string') return { isDirect: false, why: attempt }
  try {
    if (attempt.offer.nat === 'blocked') return { isDirect: false, why: blockedOn(plane.name) } // the other side need not find out about its own
    const askedAt = environment.now()
    await channel.write({ kind: 'offer', offer: attempt.offer }, { signal })
    const answer = await channel.read({ signal })
    if (answer.kind === 'refusal') return { isDirect: false, why: answer.reason, isFinal: answer.reason !== 'unsupported' }
    const remote = offerFor(attempt.offer, answer)
    const roundTripMs = environment.now() - askedAt - remote.gatherMs
    const plan = await attempt.plan(remote)
    if (plan.kind === 'skip') return { isDirect: false, why: plan.why }
    await channel.write({ kind: 'go', plane: plane.name }, { signal })
    await environment.pause(Math.max(0, Math.min(roundTripMs / 2, MAX_START_DELAY_MS)), signal)
    return await leadRace(environment, { ...init, attempt, remote, plan })
  } finally {
    attempt.release()
  }
}

function blockedOn(plane: PunchPlane): WhyNot {
  return plane === 'udp' ? 'udp-blocked' : 'tcp-blocked'
}

interface LeadRace extends SessionInit {
  plane: Plane
  attempt: PlaneAttempt
  remote: PunchOffer
  plan: RacePlan & { kind: 'race' }
}

async function leadRace(environment: SessionEnvironment, { channel, signal, plane, attempt, remote, plan }: LeadRace): Promise<PlaneOutcome> {
  const path = await attempt.run(remote, plan, signal)
  if (path === undefined) return { isDirect: false, why: signal.aborted ? 'timeout' : plan.whyIfLost }
  try {
    if (path.kind === 'connection') await environment.upgrade(path.connection, 'outbound', signal)
    await environment.check(path.connection, signal)
    await channel.write({ kind: 'done', isDirect: true, why: '' }, { signal })
    return { isDirect: true, plane: plane.name, remote: path.remote }
  } catch (error) {
    environment.onFailure(`${plane.name} upgrade`, toError(error))
    drop(path, toError(error))
    return { isDirect: false, why: 'upgrade-failed' }
  }
}

/** Follows the leader's signals; the first offer was read already. */
export async function followPunch(environment: SessionEnvironment, init: SessionInit & { first: PunchOffer }): Promise<PunchOutcome> {
  const { channel, signal } = init
  let step: FollowedPlane | undefined
  let next: PunchSignal = { kind: 'offer', offer: init.first }
  try {
    for (;;) {
      if (next.kind === 'offer') {
        await step?.stop(new Error('the leader tries another plane'))
        step = await answerOffer(environment, init, next.offer)
      } else if (next.kind === 'go' && step?.plane === next.plane) {
        step.start()
      } else if (next.kind === 'done') {
        return await step?.finish(next.isDirect) ?? { isDirect: false, why: 'unsupported' }
      } else {
        throw new PunchSignalError(`"${next.kind}" was not due`)
      }
      next = await channel.read({ signal, timeoutMs: FOLLOWER_PATIENCE_MS })
    }
  } finally {
    await step?.stop(new Error('the attempt ended'))
  }
}

/** The leader's race and upgrade happen between two of its signals. */
const FOLLOWER_PATIENCE_MS = 12_000

async function answerOffer(environment: SessionEnvironment, init: SessionInit, remote: PunchOffer): Promise<FollowedPlane | undefined> {
  const { undertaking, channel, signal } = init
  const plane = environment.planes.find(({ name }) => name === remote.plane)
  const attempt = remote.purpose === undertaking.purpose ? await plane?.prepare(undertaking, signal) ?? 'unsupported' : 'unsupported'
  if (typeof attempt === 'string') {
    await channel.write({ kind: 'refusal', reason: attempt }, { signal })
    return undefined
  }
  const step = new FollowedPlane({ environment, attempt, remote, signal })
  await channel.write({ kind: 'offer', offer: attempt.offer }, { signal })
  return step
}

interface FollowedInit {
  environment: SessionEnvironment
  attempt: PlaneAttempt
  remote: PunchOffer
  signal: AbortSignal
}

/** The following side of one plane: runs beside the reading of signals, so that the leader can call it off. */
class FollowedPlane {
  readonly #init: FollowedInit
  readonly #over = new AbortController()
  #running: Promise<FoundPath | undefined> | undefined
  #isKept = false

  constructor(init: FollowedInit) {
    this.#init = init
  }

  get plane(): PunchPlane {
    return this.#init.attempt.offer.plane
  }

  start(): void {
    this.#running ??= this.#run().catch((error: unknown) => {
      this.#init.environment.onFailure(`${this.plane} upgrade`, toError(error))
      return undefined
    })
  }

  /** The leader's verdict: it checked the path. */
  async finish(isDirect: boolean): Promise<PunchOutcome> {
    const path = isDirect ? await this.#running : undefined
    if (path === undefined) return { isDirect: false, why: 'timeout' }
    this.#isKept = true
    return { isDirect: true, plane: this.plane, remote: path.remote }
  }

  async stop(reason: Error): Promise<void> {
    this.#over.abort(reason)
    const path = await this.#running
    if (path !== undefined && !this.#isKept) drop(path, reason)
    this.#init.attempt.release()
  }

  async #run(): Promise<FoundPath | undefined> {
    const { attempt, environment, remote } = this.#init
    const signal = AbortSignal.any([this.#init.signal, this.#over.signal])
    const plan = await attempt.plan(remote)
    if (plan.kind === 'skip') return undefined
    const path = await attempt.run(remote, plan, signal)
    if (path?.kind !== 'connection') return path
    try {
      await environment.upgrade(path.connection, 'inbound', signal)
      return path
    } catch (error) {
      drop(path, toError(error))
      throw error
    }
  }
}

/** A moved connection is left to its own end: the old path may still carry it. */
function drop(path: FoundPath, error: Error): void {
  if (path.kind === 'connection') path.connection.abort(error)
}

function offerFor(own: PunchOffer, answer: PunchSignal): PunchOffer {
  if (answer.kind !== 'offer' || answer.offer.plane !== own.plane || answer.offer.purpose !== own.purpose) {
    throw new PunchSignalError(`an offer for ${own.plane} was due`)
  }
  return answer.offer
}
