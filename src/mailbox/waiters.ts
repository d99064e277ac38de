/** Those who wait for what becomes of a message: its acknowledgement first, perhaps a reply after that. */
import type { Clock } from '../lib/clock.ts'
import type { MeshError } from '../lib/errors.ts'
import type { DeliveryState } from '../mesh-api.ts'
import type { DeliveryChange } from './outbox.ts'

/** Something that can be said about a message truthfully. */
export type Word =
  | { kind: 'change', change: DeliveryChange }
  | { kind: 'unreachable', error: MeshError }
  /** The recipient asked us to wait with its messages; this one waits too. */
  | { kind: 'paused', retryAfterMs: number }
  /** This node stops. */
  | { kind: 'stopped' }
  | { kind: 'timeout' }

/** A sender that waits for news of one message. */
export interface Waiter {
  /** Resolves when the message left our hands, was refused, or cannot go out now. */
  firstWord: (timeoutMs: number) => Promise<Word>
  /** Resolves when the message got as far as it will for now: delivered, held, refused, not forwarded, or unreachable. */
  lastWord: (timeoutMs: number) => Promise<Word>
  /** The text of the first reply; undefined when none came in time. */
  reply: (timeoutMs: number) => Promise<string | undefined>
  /** Ends the waiting; call it always. */
  done: () => void
}

interface Waiting {
  peerId: string
  /** The recipient has the message: whether it can be reached decides nothing any more. */
  isReceived: boolean
  first: (word: Word) => void
  last: (word: Word) => void
  reply: (text: string | undefined) => void
}

export class Waiters {
  readonly #waiting = new Map<string, Waiting>()
  readonly #clock: Clock

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Starts to wait; call it before the message is queued, so that nothing is missed. */
  wait(peerId: string, messageId: string): Waiter {
    const first = Promise.withResolvers<Word>()
    const last = Promise.withResolvers<Word>()
    const reply = Promise.withResolvers<string | undefined>()
    this.#waiting.set(messageId, { peerId, isReceived: false, first: first.resolve, last: last.resolve, reply: reply.resolve })
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
    if (waiting === undefined) return
    waiting.isReceived = change.state !== 'queued'
    waiting.first({ kind: 'change', change })
    if (change.error !== undefined || !isOpen(change.state)) waiting.last({ kind: 'change', change })
  }

  handleReply(messageId: string, text: string): void {
    this.#waiting.get(messageId)?.reply(text)
  }

  handleUnreachable(peerId: string, error: MeshError): void {
    for (const waiting of this.#waiting.values()) {
      if (waiting.peerId === peerId && !waiting.isReceived) tell(waiting, { kind: 'unreachable', error })
    }
  }

  handlePaused(messageId: string, retryAfterMs: number): void {
    const waiting = this.#waiting.get(messageId)
    if (waiting !== undefined) tell(waiting, { kind: 'paused', retryAfterMs })
  }

  /** Nobody waits for what cannot come any more. */
  stop(): void {
    for (const waiting of this.#waiting.values()) {
      tell(waiting, { kind: 'stopped' })
      waiting.reply(undefined)
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

/** The recipient has the message and may still say more: an agent's answer tells nothing about the channels of its owner. */
function isOpen(state: DeliveryState): boolean {
  return state === 'received' || state === 'replied'
}

function tell(waiting: Waiting, word: Word): void {
  waiting.first(word)
  waiting.last(word)
}
