/** A message stream as a hostile or half-made peer uses it: raw bytes out, what comes in decoded and kept. */

import { randomUUID } from 'node:crypto'
import type { Stream } from '@libp2p/interface'
import { LengthPrefixedDecoder } from '@libp2p/utils'
import { encode } from 'it-length-prefixed'
import { decodeFrame, encodeAcks, encodeAnnounce, encodeMessage, type WireAck, type WireMessage } from '../../src/protocols/wire-message.ts'
import { Recorder } from './recorder.ts'

/** A complete message; what is not given is harmless. */
export function wireMessage(fields: Partial<WireMessage> = {}): WireMessage {
  return { id: randomUUID(), kind: 'chat', hops: 0, ttlMs: 60_000, text: 'hello', ...fields }
}

/** A frame with its length before it. */
export function framed(frame: Uint8Array): Uint8Array {
  return encode.single(frame).subarray()
}

export class RawStream {
  readonly acks = new Recorder<WireAck>()
  readonly messages = new Recorder<WireMessage>()
  /** Signed instance records. */
  readonly announces = new Recorder<Uint8Array>()
  readonly #ends = new Recorder<{ error: Error | undefined }>()
  readonly #stream: Stream
  #answer = (_message: WireMessage): void => undefined
  readonly #decoder = new LengthPrefixedDecoder({ maxBufferSize: 2 ** 28 })

  constructor(stream: Stream) {
    this.#stream = stream
    stream.addEventListener('close', ({ error }) => { this.#ends.add({ error }) })
    if (stream.status !== 'open') this.#ends.add({ error: new Error(`the stream was ${stream.status} at once`) })
    stream.addEventListener('message', ({ data }) => { this.#read(data) })
  }

  get isOpen(): boolean {
    return this.#stream.status === 'open'
  }

  /** Waits until the stream has ended; the error when that was not orderly. */
  async ended(): Promise<Error | undefined> {
    return (await this.#ends.waitFor('the stream to end', ends => ends[0])).error
  }

  /** Writes bytes as they are; false when the other side takes no more for now. On a stream that ended nothing happens. */
  write(bytes: Uint8Array): boolean {
    return this.isOpen && this.#stream.writeStatus === 'writable' && this.#stream.send(bytes)
  }

  /** Writes a frame with its length before it. */
  writeFrame(frame: Uint8Array): boolean {
    return this.write(framed(frame))
  }

  /** Writes a message; returns its ID. */
  send(fields: Partial<WireMessage> = {}): string {
    const message = wireMessage(fields)
    this.writeFrame(encodeMessage(message))
    return message.id
  }

  /** Writes an instance record, whatever it is; false when the other side takes no more for now. */
  announce(record: Uint8Array): boolean {
    return this.writeFrame(encodeAnnounce(record))
  }

  /** Waits until the other side takes more, or the stream has ended. */
  async drained(): Promise<void> {
    await this.#stream.onDrain({ signal: AbortSignal.timeout(60_000) }).catch((error: unknown) => { if (this.isOpen) throw error })
  }

  acknowledge(acks: readonly WireAck[]): void {
    this.writeFrame(encodeAcks(acks))
  }

  /** The answer to the message with this ID. */
  async ackOf(id: string): Promise<WireAck> {
    return await this.acks.waitFor(`an acknowledgement of ${id}`, acks => acks.find(ack => ack.id === id))
  }

  /** Calls `answer` for each message that comes in. */
  onMessage(answer: (message: WireMessage) => void): void {
    this.#answer = answer
  }

  /** Reads nothing any more. */
  pause(): void {
    this.#stream.pause()
  }

  /** Ends our side in order. */
  async closeWrite(): Promise<void> {
    await this.#stream.close()
  }

  abort(): void {
    this.#stream.abort(new Error('enough'))
  }

  #read(data: Parameters<LengthPrefixedDecoder['decode']>[0]): void {
    for (const bytes of this.#decoder.decode(data)) {
      const frame = decodeFrame(bytes.subarray())
      if (frame.kind === 'acks') for (const ack of frame.acks) this.acks.add(ack)
      if (frame.kind === 'announce') this.announces.add(frame.record)
      if (frame.kind !== 'message') continue
      this.messages.add(frame.message)
      this.#answer(frame.message)
    }
  }
}
