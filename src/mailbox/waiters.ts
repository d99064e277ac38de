/** Those who wait for what becomes of a message: its acknowledgement first, perhaps a reply after that. */
import type { Clock } from '../lib/clock.ts'
import type { MeshError } from '../lib/errors.ts'
import type { DeliveryChange } from './outbox.ts'

/** The first thing that can be said about a message truthfully. */
export type FirstWord =
  | { kind: 'change', change: DeliveryChange }
  | { kind: 'unreachable', error: MeshError }
  | { kind: 'timeout' }

/** A sender that waits for news of one message. */
export interface Waiter {
  /** Resolves when the message left our hands, was refused, or cannot go out now. */
  firstWord: (timeoutMs: number) => Promise<FirstWord>
  /** Resolves when the message got as far as it will for now: delivered, held, refused, not forwarded, or unreachable. */
  lastWord: (timeoutMs: number) => Promise<FirstWord>
  /** The text of the first reply; undefined when none came in time. */
  reply: (timeoutMs: number) => Promise<string | undefined>
  /** Ends the waiting; call it always. */
  done: () => void
}

interface Waiting {
  peerId: string
  first: (word: FirstWord) => void
  last: (word: FirstWord) => void
  reply: (text: string) => void
}

export class Waiters {
  readonly #waiting = new Map<string, Waiting>()
  readonly #clock: Clock

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Starts to wait; call it before the message is queued, so that nothing is missed. */
  wait(peerId: string, messageId: string): Waiter {
    const first = Promise.withResolvers<FirstWord>()
    const last = Promise.withResolvers<FirstWord>()
    const reply = Promise.withResolvers<string>()
    this.#waiting.set(messageId, { peerId, first: first.resolve, last: last.resolve, reply: reply.resolve })
    return {
      firstWord: timeoutMs => this.#within(first.promise, timeoutMs, { kind: 'timeout' }),
      lastWord: timeoutMs => this.#within(last.promise, timeoutMs, { kind: 'timeout' }),
      reply: timeoutMs => this.#within(reply.promise, timeoutMs, undefined),
      done: () => { this.#waiting.delete(messageId) }
    }
  }

  handleChange(change: DeliveryChange): void {
    const isOnItsWay = (change.state === 'queued' && change.error === undefined) || change.state === 'sent'
    if (isOnItsWay) return
    const waiting = this.#waiting.get(change.messageId)
    waiting?.first({ kind: 'change', change })
    if (change.state !== 'received' || change.error !== undefined) waiting?.last({ kind: 'change', change })
  }

  handleReply(messageId: string, text: string): void {
    this.#waiting.get(messageId)?.reply(text)
  }

  handleUnreachable(peerId: string, error: MeshError): void {
    for (const waiting of this.#waiting.values()) {
      if (waiting.peerId !== peerId) continue
      waiting.first({ kind: 'unreachable', error })
      waiting.last({ kind: 'unreachable', error })
    }
  }

  async #within<T, F>(promise: Promise<T>, timeoutMs: number, otherwise: F): Promise<T | F> {
    const timeout = Promise.withResolvers<F>()
    const timer = this.#clock.after(timeoutMs, () => { timeout.resolve(otherwise) })
    try {
      return await Promise.race([promise, timeout.promise])
    } finally {
      timer.cancel()
    }
  }
}
