/** One attempt with each peer at a time; when both sides begin at once, the one with the lower peer ID leads. */
import type { PeerId } from '@libp2p/interface'
import { toError } from '../lib/errors.ts'
import type { PunchOutcome } from './punch-session.ts'

interface Session {
  result: Promise<PunchOutcome>
  /** Set while we lead: gives way to the other side's attempt. */
  leading?: { giveWay: AbortController, successor: PromiseWithResolvers<PunchOutcome> }
}

export class PunchSessions {
  readonly #self: string
  readonly #patienceMs: number
  readonly #sessions = new Map<string, Session>()

  /** @param patienceMs how long the attempt of the other side is waited for once it refused ours as busy */
  constructor(self: PeerId, patienceMs: number) {
    this.#self = self.toString()
    this.#patienceMs = patienceMs
  }

  /** Leads an attempt, or joins the one that runs; `run` is called off when the other side's attempt takes its place. */
  async lead(peerId: PeerId, run: (yielding: AbortSignal) => Promise<PunchOutcome>): Promise<PunchOutcome> {
    const key = peerId.toString()
    const running = this.#sessions.get(key)
    if (running !== undefined) return await running.result
    const leading = { giveWay: new AbortController(), successor: Promise.withResolvers<PunchOutcome>() }
    const result = this.#lead(leading, run)
    return await this.#track(key, { result, leading })
  }

  /** Whether an attempt of the peer has to be refused because ours leads, or one is being followed already. */
  leadsInstead(peerId: PeerId): boolean {
    const running = this.#sessions.get(peerId.toString())
    if (running === undefined) return false
    return running.leading === undefined || running.leading.giveWay.signal.aborted || this.#self < peerId.toString()
  }

  /** Follows the peer's attempt; one of ours that runs gives way and ends as this one does. Ask `leadsInstead` before. */
  async follow(peerId: PeerId, run: () => Promise<PunchOutcome>): Promise<PunchOutcome> {
    const own = this.#sessions.get(peerId.toString())?.leading
    if (own === undefined) return await this.#track(peerId.toString(), { result: run() })
    own.giveWay.abort(new Error('the peer leads'))
    const result = run()
    result.then(own.successor.resolve, own.successor.reject)
    return await result
  }

  /** Resolves when no attempt runs any more. */
  async idle(): Promise<void> {
    await Promise.allSettled([...this.#sessions.values()].map(async ({ result }) => await result))
  }

  async #track(key: string, session: Session): Promise<PunchOutcome> {
    this.#sessions.set(key, session)
    try {
      return await session.result
    } finally {
      if (this.#sessions.get(key) === session) this.#sessions.delete(key)
    }
  }

  async #lead({ giveWay, successor }: NonNullable<Session['leading']>, run: (yielding: AbortSignal) => Promise<PunchOutcome>): Promise<PunchOutcome> {
    successor.promise.catch((error: unknown) => toError(error)) // it is awaited below only when it matters
    const outcome = await run(giveWay.signal).catch((error: unknown) => {
      if (giveWay.signal.aborted) return undefined
      throw error
    })
    if (giveWay.signal.aborted) return await successor.promise
    if (outcome === undefined || outcome.isDirect || outcome.why !== 'busy') return outcome ?? { isDirect: false, why: 'timeout' }
    return await Promise.race([successor.promise, this.#patience(outcome)])
  }

  /** The side that leads may have finished before we asked: then its attempt does not come. */
  async #patience(outcome: PunchOutcome): Promise<PunchOutcome> {
    const { promise, resolve } = Promise.withResolvers<PunchOutcome>()
    setTimeout(() => { resolve(outcome) }, this.#patienceMs).unref()
    return await promise
  }
}
