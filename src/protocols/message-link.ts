/** One message stream to one peer: messages out, messages in with bounded work in hand, acknowledgements batched. */
import type { Connection, PeerId, Stream } from '@libp2p/interface'
import {
  MAX_ACKS_PER_FRAME, MAX_FRAME_BYTES, MAX_MESSAGES_IN_HAND, MAX_PARTIAL_FRAME_MS, MAX_REFUSALS_PER_STREAM, MAX_WRITE_QUEUE_BYTES,
  RETIRE_QUIET_MS, RETIRE_TIMEOUT_MS
} from '../config/limits.ts'
import type { Clock, Timer } from '../lib/clock.ts'
import { toError } from '../lib/errors.ts'
import { FrameChannel } from './frame-channel.ts'
import { decodeFrame, encodeAcks, encodeAnnounce, encodeMessage, type WireAck, type WireMessage } from './wire-message.ts'

/** What the owner of the links does with what comes in. */
export interface MessageHandler {
  /** Stores or refuses a message; resolves with what to tell the sender once that is on disk. */
  handleMessage: (from: PeerId, message: WireMessage, connection: Connection) => Promise<WireAck>
  handleAcks: (from: PeerId, acks: WireAck[]) => void
  /** What the peer says about itself, still unchecked. */
  handleAnnounce: (from: PeerId, record: Uint8Array, connection: Connection) => void
  /** A stream to the peer is there. */
  handleLinkOpened: (peerId: PeerId, connection: Connection) => void
  /** A stream to the peer ended, the last one or with messages unacknowledged: these must be sent again. */
  handleLinkClosed: (peerId: PeerId) => void
}

export interface MessageLinkInit {
  stream: Stream
  connection: Connection
  clock: Clock
  handler: MessageHandler
  onClose: (link: MessageLink, error: Error | undefined) => void
}

/** The peer sent more messages in a row that had to be refused than an honest sender would. */
export class TooManyRefusalsError extends Error {
  override readonly name = 'TooManyRefusalsError'
}

/** A message stream in use. */
export class MessageLink {
  readonly connection: Connection
  readonly peerId: PeerId
  readonly #init: MessageLinkInit
  readonly #channel: FrameChannel
  #inHand = 0
  #refusals = 0
  #acks: WireAck[] = []
  /** Messages that were written here and that the peer has not answered. */
  readonly #unanswered = new Set<string>()
  #retiring: { quiet: Timer, deadline: Timer, end: () => void } | undefined

  constructor(init: MessageLinkInit) {
    this.#init = init
    this.connection = init.connection
    this.peerId = init.connection.remotePeer
    this.#channel = new FrameChannel({
      stream: init.stream,
      clock: init.clock,
      maxFrameBytes: MAX_FRAME_BYTES,
      maxPartialFrameMs: MAX_PARTIAL_FRAME_MS,
      maxWriteQueueBytes: MAX_WRITE_QUEUE_BYTES,
      onFrame: (frame) => { this.#handleFrame(frame) },
      onClose: (error) => {
        this.#stopRetiring()
        init.onClose(this, error)
      }
    })
  }

  /** Whether our side opened the stream. */
  get isOurs(): boolean {
    return this.#init.stream.direction === 'outbound'
  }

  get isOpen(): boolean {
    return this.#channel.isOpen
  }

  /** Whether messages that were written here may have got lost, were it to end now. */
  get hasUnanswered(): boolean {
    return this.#unanswered.size > 0
  }

  open(): void {
    this.#channel.open()
  }

  send(message: WireMessage): void {
    this.#unanswered.add(message.id)
    this.#channel.send(encodeMessage(message))
  }

  /** The peer answered these messages, on whichever stream. */
  settle(acks: readonly WireAck[]): void {
    const before = this.#unanswered.size
    for (const { id } of acks) this.#unanswered.delete(id)
    if (this.#unanswered.size < before) this.#waitForQuiet()
  }

  /** Another stream has taken over: `end` is called once nothing is under way here, at the latest after some seconds. */
  retire(end: () => void): void {
    if (this.#retiring !== undefined || !this.isOpen) return
    const { clock } = this.#init
    const quiet = { cancel: (): void => undefined }
    const deadline = clock.after(RETIRE_TIMEOUT_MS, () => {
      this.#stopRetiring()
      end()
    })
    this.#retiring = { quiet, deadline, end }
    this.#waitForQuiet()
  }

  announce(record: Uint8Array): void {
    this.#channel.send(encodeAnnounce(record))
  }

  async close(options: { signal: AbortSignal }): Promise<void> {
    this.#flushAcks()
    await this.#channel.close(options)
  }

  abort(error: Error): void {
    this.#channel.abort(error)
  }

  /** What the peer wrote before it knew of the other stream may still be on its way, so quiet has to last a moment. */
  #waitForQuiet(): void {
    const retiring = this.#retiring
    if (retiring === undefined) return
    retiring.quiet.cancel()
    if (this.hasUnanswered || this.#inHand > 0 || this.#acks.length > 0) return
    retiring.quiet = this.#init.clock.after(RETIRE_QUIET_MS, () => {
      this.#stopRetiring()
      retiring.end()
    })
  }

  #stopRetiring(): void {
    this.#retiring?.quiet.cancel()
    this.#retiring?.deadline.cancel()
    this.#retiring = undefined
  }

  #handleFrame(bytes: Uint8Array): void {
    const frame = decodeFrame(bytes)
    switch (frame.kind) {
      case 'acks':
        this.#init.handler.handleAcks(this.peerId, frame.acks)
        return
      case 'announce':
        this.#init.handler.handleAnnounce(this.peerId, frame.record, this.connection)
        return
      case 'message':
        this.#takeInHand(frame.message)
    }
  }

  #takeInHand(message: WireMessage): void {
    this.#inHand += 1
    if (this.#inHand === MAX_MESSAGES_IN_HAND) this.#channel.pause()
    this.#init.handler.handleMessage(this.peerId, message, this.connection).then(
      (ack) => { this.#acknowledge(ack) },
      (error: unknown) => { this.abort(toError(error)) } // not stored: without an acknowledgement the sender sends it again
    ).finally(() => {
      this.#inHand -= 1
      if (this.#inHand === MAX_MESSAGES_IN_HAND / 2) this.#channel.resume()
      this.#waitForQuiet()
    })
    this.#waitForQuiet()
  }

  #acknowledge(ack: WireAck): void {
    this.#refusals = ack.stage === 'refused' ? this.#refusals + 1 : 0
    if (this.#refusals > MAX_REFUSALS_PER_STREAM) {
      this.abort(new TooManyRefusalsError(`${String(this.#refusals)} messages in a row had to be refused`))
      return
    }
    if (this.#acks.length === 0) process.nextTick(() => { this.#flushAcks() })
    this.#acks.push(ack)
  }

  #flushAcks(): void {
    const acks = this.#acks
    this.#acks = []
    for (let start = 0; start < acks.length; start += MAX_ACKS_PER_FRAME) {
      this.#channel.send(encodeAcks(acks.slice(start, start + MAX_ACKS_PER_FRAME)))
    }
    this.#waitForQuiet()
  }
}
