/** Sends one message and waits until something true can be said about it. */
import { MAX_TEXT_BYTES } from '../config/limits.ts'
import type { MeshConfig } from '../config/resolve.ts'
import type { Clock } from '../lib/clock.ts'
import { MeshError } from '../lib/errors.ts'
import { utf8Bytes } from '../lib/text.ts'
import type { DeliveryState, SendResult } from '../mesh-api.ts'
import { isWaiting, reasonOf } from './delivery.ts'
import type { OutboxDraft } from './outbox-store.ts'
import type { DeliveryChange } from './outbox.ts'
import { Waiters, type Word } from './waiters.ts'

export interface SenderInit {
  config: Pick<MeshConfig, 'messageTtlMs' | 'deliveryAckTimeoutMs'>
  /** Stores the message and sets it on its way; false when a message of ours has its ID already. */
  post: (draft: OutboxDraft) => Promise<boolean>
  /** How far one of our messages is now. */
  stateOf: (messageId: string) => DeliveryState
  newId: () => string
  clock: Clock
}

/** A message as its author means it. */
export interface Letter {
  peerId: string
  text: string
  inReplyTo?: string | undefined
  hops?: number | undefined
  /** 0 or absent: does not wait for a reply. */
  waitForReplyMs?: number | undefined
  /** In UUID form; absent: a fresh one. */
  messageId?: string | undefined
}

export class Sender {
  readonly #init: SenderInit
  readonly #waiters: Waiters

  constructor(init: SenderInit) {
    this.#init = init
    this.#waiters = new Waiters(init.clock)
  }

  /**
   * Queues a message and waits for what can be said about it.
   *
   * @throws MeshError `TOO_LARGE`, `INVALID_ARGUMENT`, `QUEUE_FULL`, `DISK_FULL`, or the recipient's refusal
   */
  async send(letter: Letter): Promise<SendResult> {
    checkText(letter.text)
    const id = letter.messageId ?? this.#init.newId()
    const waiter = this.#waiters.wait(letter.peerId, id)
    try {
      if (!await this.#init.post(this.#draft(id, letter))) return knownResult(id, letter.peerId, this.#init.stateOf(id))
      const result = toResult(id, letter.peerId, await waiter.firstWord(this.#init.config.deliveryAckTimeoutMs))
      if (letter.waitForReplyMs === undefined || letter.waitForReplyMs === 0 || result.state === 'queued') return result
      const reply = await waiter.reply(letter.waitForReplyMs)
      return reply === undefined ? result : { ...result, state: 'replied', reply }
    } finally {
      waiter.done()
    }
  }

  /**
   * Sends to an instance and waits until it was delivered there.
   *
   * @throws MeshError what is known short of that, with `messageId`, `state` and whether it is still `queued`
   */
  async sendToInstance(letter: Letter): Promise<DeliveryChange> {
    checkText(letter.text)
    const id = this.#init.newId()
    const waiter = this.#waiters.wait(letter.peerId, id)
    try {
      await this.#init.post(this.#draft(id, letter))
      const word = await waiter.lastWord(this.#init.config.deliveryAckTimeoutMs)
      return deliveredOrThrow(word, { messageId: id, state: this.#init.stateOf(id) })
    } finally {
      waiter.done()
    }
  }

  handleChange(change: DeliveryChange): void {
    this.#waiters.handleChange(change)
  }

  handleReply(messageId: string, text: string): void {
    this.#waiters.handleReply(messageId, text)
  }

  handleUnreachable(peerId: string, error: MeshError): void {
    this.#waiters.handleUnreachable(peerId, error)
  }

  /** A short pause is waited out. */
  handlePaused(messageId: string, retryAfterMs: number): void {
    if (retryAfterMs > this.#init.config.deliveryAckTimeoutMs) this.#waiters.handlePaused(messageId, retryAfterMs)
  }

  stop(): void {
    this.#waiters.stop()
  }

  #draft(id: string, letter: Letter): OutboxDraft {
    return {
      id,
      peerId: letter.peerId,
      kind: letter.inReplyTo === undefined ? 'chat' : 'reply',
      text: letter.text,
      hops: letter.hops ?? 0,
      expiresAt: this.#init.clock.now() + this.#init.config.messageTtlMs,
      ...letter.inReplyTo !== undefined && { inReplyTo: letter.inReplyTo }
    }
  }
}

function checkText(text: string): void {
  if (text.trim() === '') throw new MeshError('INVALID_ARGUMENT', 'the message is empty')
  const bytes = utf8Bytes(text)
  if (bytes > MAX_TEXT_BYTES) {
    throw new MeshError('TOO_LARGE', `the message has ${String(bytes)} bytes, at most ${String(MAX_TEXT_BYTES)} fit; send a file or several messages`, reasonOf('TOO_LARGE'))
  }
}

function toResult(messageId: string, peerId: string, word: Word): SendResult {
  switch (word.kind) {
    case 'timeout':
    case 'stopped':
      return { messageId, peerId, state: 'queued', cause: word.kind }
    case 'paused':
      return { messageId, peerId, state: 'queued', cause: 'rate-limited', retryAfterMs: word.retryAfterMs }
    case 'unreachable':
      return { messageId, peerId, state: 'queued', ...word.error.reason !== undefined && { cause: word.error.reason } }
    case 'change':
      return fromChange(word.change)
  }
}

/** How far a message got that was sent before under the same ID. */
function knownResult(messageId: string, peerId: string, state: DeliveryState): SendResult {
  return isWaiting(state) ? { messageId, peerId, state: 'queued' } : fromChange({ messageId, peerId, state })
}

function fromChange({ messageId, peerId, state, error }: Omit<DeliveryChange, 'kind'>): SendResult {
  switch (state) {
    case 'received':
    case 'held':
    case 'delivered':
    case 'replied':
      return { messageId, peerId, state }
    case 'uncertain':
      return { messageId, peerId, state: 'received' }
    case 'queued':
    case 'sent':
    case 'failed':
    case 'expired':
      throw refusal(messageId, state, error ?? new MeshError('INTERNAL', `the message is ${state}`))
  }
}

function refusal(messageId: string, state: DeliveryState, error: MeshError): MeshError {
  return new MeshError(error.code, error.message, {
    messageId, state, queued: state === 'queued', ...error.reason !== undefined && { reason: error.reason }, ...error.retryAfterMs !== undefined && { retryAfterMs: error.retryAfterMs }
  })
}

/** What is known of a message that was not delivered, so that nobody sends it again for want of knowing. */
interface Known {
  messageId: string
  state: DeliveryState
}

function deliveredOrThrow(word: Word, known: Known): DeliveryChange {
  const facts = { ...known, queued: isWaiting(known.state) }
  switch (word.kind) {
    case 'change':
      return checkDelivered(word.change)
    case 'unreachable': {
      const { message, reason } = word.error
      throw new MeshError('UNREACHABLE', message, { ...facts, cause: word.error, ...reason !== undefined && { reason } })
    }
    case 'paused':
      throw new MeshError('RATE_LIMITED', 'the recipient takes no more messages of ours for now', { ...facts, ...reasonOf('RATE_LIMITED'), retryAfterMs: word.retryAfterMs })
    case 'stopped':
      throw new MeshError('NOT_RUNNING', `this node stopped while it waited for the delivery; ${knownText(known)}`, { ...facts, reason: 'stopped' })
    case 'timeout':
      throw new MeshError('ACK_TIMEOUT', `the delivery was not confirmed in time; ${knownText(known)}`, { ...facts, reason: 'timeout' })
  }
}

function knownText({ state }: Known): string {
  return isWaiting(state) ? 'the recipient has not said that it has the message, which stays queued' : 'the recipient has the message and has not said yet that it was delivered'
}

function checkDelivered(change: DeliveryChange): DeliveryChange {
  const { messageId, state, error, deliveries } = change
  if (state === 'delivered' && error === undefined) return change
  const facts = { messageId, state, queued: isWaiting(state) }
  if (state === 'held') throw new MeshError('HELD_FOR_APPROVAL', 'the recipient has the message and holds it until its owner approves this node', { ...facts, reason: 'by-recipient' })
  const failure = error ?? new MeshError('ACK_TIMEOUT', 'the recipient has the message, and whether it was delivered there will never be known', { reason: 'uncertain' })
  throw new MeshError(failure.code, failure.message, {
    ...facts,
    ...failure.retryAfterMs !== undefined && { retryAfterMs: failure.retryAfterMs },
    ...failure.reason !== undefined && { reason: failure.reason },
    ...deliveries !== undefined && { deliveries }
  })
}
