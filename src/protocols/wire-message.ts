/** Messages and acknowledgements of `/libp2p-mesh/message/1.0.0`: between validated values and bytes. */
import { MAX_ACKS_PER_FRAME, MAX_FORWARD_TARGETS, MAX_TEXT_BYTES } from '../config/limits.ts'
import { oneLine, utf8Bytes } from '../lib/text.ts'
import { Frame, type Ack, type Call, type Envelope } from './pb/message.ts'

const KINDS = ['chat', 'reply', 'call', 'system'] as const
const ACTS = ['invite', 'ring', 'busy', 'accept', 'reject', 'say', 'escalate', 'end'] as const
const STAGES = ['refused', 'received', 'held', 'delivered', 'uncertain'] as const

/** What a message is for; only a `chat` may start an agent turn. */
export type MessageKind = typeof KINDS[number]

/** What a step of a call does. */
export type CallAct = typeof ACTS[number]

/** One step of a call; what is said, the topic and reasons in words are the message's text. */
export interface WireCall {
  /** In UUID form, chosen by the caller. */
  callId: string
  act: CallAct
  /** Counts the sender's steps of the call from 1. */
  seq: number
  /** Greater than that of every step that the sender had seen. */
  clock: number
  /** Of an end: why, as a short word. */
  reason?: string
}

/** What an acknowledgement proves. `refused` with `retryAfterMs` is temporary, without it final. */
export type AckStage = typeof STAGES[number]

export interface WireAck {
  /** ID of the acknowledged message, in UUID form. */
  id: string
  stage: AckStage
  code?: string
  text?: string
  retryAfterMs?: number
  /** What became of the message at each of the recipient's channels. */
  deliveries?: TargetDelivery[]
}

/** A channel of the recipient, and whether it showed the message. */
export interface TargetDelivery {
  channel: string
  target: string
  ok: boolean
  error?: string
}

export interface WireMessage {
  /** 16 bytes in UUID form. */
  id: string
  kind: MessageKind
  hops: number
  inReplyTo?: string
  conversation?: string
  ttlMs: number
  text: string
  /** A later stage of one of the recipient's own messages (kind `system`). */
  receipt?: WireAck
  /** The step of a call that this message is (kind `call`). */
  call?: WireCall
}

/** A validated frame. */
export type WireFrame =
  | { kind: 'message', message: WireMessage }
  | { kind: 'acks', acks: WireAck[] }
  | { kind: 'announce', record: Uint8Array }

/** Bytes of a peer that are no valid frame. */
export class MalformedFrameError extends Error {
  override readonly name = 'MalformedFrameError'
}

const ID_BYTES = 16
/** A number field holds no more; 50 days where it is milliseconds. */
const MAX_UINT32 = 0xffff_ffff
const MAX_CONVERSATION_CHARACTERS = 128
const MAX_CODE_CHARACTERS = 32
const MAX_ACK_TEXT_CHARACTERS = 300
const MAX_NAME_CHARACTERS = 128

export function encodeMessage(message: WireMessage): Uint8Array {
  return Frame.encode({
    message: {
      id: idToBytes(message.id),
      kind: KINDS.indexOf(message.kind),
      hops: message.hops,
      ttlMs: Math.min(message.ttlMs, MAX_UINT32),
      text: message.text,
      ...(message.inReplyTo === undefined ? {} : { inReplyTo: idToBytes(message.inReplyTo) }),
      ...(message.conversation === undefined ? {} : { conversation: message.conversation }),
      ...(message.receipt === undefined ? {} : { receipt: ackToPb(message.receipt) }),
      ...(message.call === undefined ? {} : { call: callToPb(message.call) })
    },
    acks: []
  })
}

/** At most `MAX_ACKS_PER_FRAME` of them. */
export function encodeAcks(acks: readonly WireAck[]): Uint8Array {
  return Frame.encode({ acks: acks.map(ackToPb) })
}

/** A signed instance record, see `announce.ts`. */
export function encodeAnnounce(record: Uint8Array): Uint8Array {
  return Frame.encode({ acks: [], announce: Uint8Array.from(record) })
}

/**
 * @throws MalformedFrameError that says what is wrong with the bytes
 */
export function decodeFrame(bytes: Uint8Array): WireFrame {
  const { message, acks, announce } = parseFrame(bytes)
  const parts = [message !== undefined, acks.length > 0, announce !== undefined].filter(Boolean).length
  if (parts !== 1) throw new MalformedFrameError(parts === 0 ? 'empty frame' : 'a frame holds one thing only')
  if (message !== undefined) return { kind: 'message', message: messageFromPb(message) }
  return announce === undefined ? { kind: 'acks', acks: acks.map(ackFromPb) } : { kind: 'announce', record: announce }
}

function parseFrame(bytes: Uint8Array): Frame {
  try {
    const ack = { deliveries: MAX_FORWARD_TARGETS }
    return Frame.decode(bytes, { limits: { acks: MAX_ACKS_PER_FRAME, acks$: ack, message: { receipt: ack } } })
  } catch (error) {
    throw new MalformedFrameError('not a protobuf frame of this protocol', { cause: error })
  }
}

function messageFromPb(envelope: Envelope): WireMessage {
  if (utf8Bytes(envelope.text) > MAX_TEXT_BYTES) throw new MalformedFrameError(`text longer than ${String(MAX_TEXT_BYTES)} bytes`)
  if ((envelope.conversation?.length ?? 0) > MAX_CONVERSATION_CHARACTERS) throw new MalformedFrameError('conversation ID too long')
  return {
    id: idFromBytes(envelope.id),
    kind: fromTable(KINDS, envelope.kind, 'message kind'),
    hops: envelope.hops,
    ttlMs: envelope.ttlMs,
    text: envelope.text.toWellFormed(), // the decoder lets half of a surrogate pair through, which no JSON reader behind us takes
    ...(envelope.inReplyTo === undefined ? {} : { inReplyTo: idFromBytes(envelope.inReplyTo) }),
    ...(envelope.conversation === undefined ? {} : { conversation: envelope.conversation }),
    ...(envelope.receipt === undefined ? {} : { receipt: ackFromPb(envelope.receipt) }),
    ...(envelope.call === undefined ? {} : { call: callFromPb(envelope.call) })
  }
}

function callToPb({ callId, act, ...rest }: WireCall): Call {
  return { callId: idToBytes(callId), act: ACTS.indexOf(act), ...rest }
}

function callFromPb({ callId, act, seq, clock, reason }: Call): WireCall {
  if (reason !== undefined && !/^[a-z-]{1,32}$/.test(reason)) throw new MalformedFrameError('malformed reason of a call')
  return {
    callId: idFromBytes(callId), act: fromTable(ACTS, act, 'step of a call'), seq, clock, ...(reason === undefined ? {} : { reason })
  }
}

function ackToPb(ack: WireAck): Ack {
  return {
    id: idToBytes(ack.id),
    stage: STAGES.indexOf(ack.stage),
    ...(ack.code === undefined ? {} : { code: ack.code }),
    ...(ack.text === undefined ? {} : { text: ack.text }),
    ...(ack.retryAfterMs === undefined ? {} : { retryAfterMs: Math.min(Math.ceil(ack.retryAfterMs), MAX_UINT32) }),
    deliveries: ack.deliveries ?? []
  }
}

function ackFromPb(ack: Ack): WireAck {
  if (ack.code !== undefined && (ack.code.length > MAX_CODE_CHARACTERS || !/^[A-Z_]+$/.test(ack.code))) {
    throw new MalformedFrameError('malformed error code')
  }
  return {
    id: idFromBytes(ack.id),
    stage: fromTable(STAGES, ack.stage, 'acknowledgement stage'),
    ...(ack.code === undefined ? {} : { code: ack.code }),
    ...(ack.text === undefined ? {} : { text: oneLine(ack.text, MAX_ACK_TEXT_CHARACTERS) }),
    ...(ack.retryAfterMs === undefined ? {} : { retryAfterMs: ack.retryAfterMs }),
    ...(ack.deliveries.length === 0 ? {} : { deliveries: ack.deliveries.map(cleanDelivery) })
  }
}

function cleanDelivery({ channel, target, ok, error }: TargetDelivery): TargetDelivery {
  const clean = { channel: oneLine(channel, MAX_NAME_CHARACTERS), target: oneLine(target, MAX_NAME_CHARACTERS), ok }
  return error === undefined ? clean : { ...clean, error: oneLine(error, MAX_ACK_TEXT_CHARACTERS) }
}

function fromTable<T>(table: readonly T[], index: number, what: string): T {
  const value = table[index]
  if (value === undefined) throw new MalformedFrameError(`unknown ${what} ${String(index)}`)
  return value
}

/** A message ID in UUID form as it travels. */
export function idToBytes(id: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(Buffer.from(id.replaceAll('-', ''), 'hex'))
}

/** @throws MalformedFrameError unless it has 16 bytes */
export function idFromBytes(bytes: Uint8Array): string {
  if (bytes.byteLength !== ID_BYTES) throw new MalformedFrameError(`message ID of ${String(bytes.byteLength)} bytes, expected ${String(ID_BYTES)}`)
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
