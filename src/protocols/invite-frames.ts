/** Frames of `/libp2p-mesh/invite/1.0.0`: how a peer with a ticket and the one that gave it out prove to each other that they know its secret. */
import type { Stream } from '@libp2p/interface'
import { lpStream } from '@libp2p/utils'
import type { Uint8ArrayList } from 'uint8arraylist'
import { MAX_INVITE_FRAME_BYTES } from '../config/invite-limits.ts'
import { safeName } from '../lib/text.ts'
import { InviteFrame as PbFrame, type InviteProof } from './pb/invite.ts'

const REASONS = ['forged', 'used', 'expired', 'blocked', 'busy', 'fault'] as const
const ID_BYTES = 16
const MAC_BYTES = 32
export const INVITE_NONCE_BYTES = 32
const MAX_RETRY_AFTER_MS = 24 * 3_600_000

/** Why an inviter turns a peer away. `busy`: too many tries. `fault`: something broke over there. */
export type InviteRefusalReason = typeof REASONS[number]

/** What one side proves with, and the name that it gives itself: empty where that is not in the safe alphabet. */
export interface WireProof {
  /** 32 bytes */
  mac: Uint8Array
  name: string
}

/** What the joiner begins with. */
export interface InviteHello {
  /** 32 hex characters */
  invitationId: string
  /** 32 bytes */
  nonce: Uint8Array
}

/** How an exchange ends. */
export type InviteAnswer =
  { kind: 'welcome', proof: WireProof } |
  { kind: 'refusal', reason: InviteRefusalReason, retryAfterMs: number }

export type InviteFrame =
  { kind: 'hello', hello: InviteHello } |
  { kind: 'challenge', nonce: Uint8Array } |
  { kind: 'proof', proof: WireProof } |
  InviteAnswer

/** The peer's bytes are no valid frame, or not the one that was due. */
export class InviteFrameError extends Error {
  override readonly name = 'InviteFrameError'
}

export function encodeInviteFrame(frame: InviteFrame): Uint8Array {
  switch (frame.kind) {
    case 'hello': return PbFrame.encode({ hello: { invitationId: Buffer.from(frame.hello.invitationId, 'hex'), nonce: frame.hello.nonce.slice() } })
    case 'challenge': return PbFrame.encode({ challenge: frame.nonce.slice() })
    case 'proof': return PbFrame.encode({ proof: toPb(frame.proof) })
    case 'welcome': return PbFrame.encode({ welcome: toPb(frame.proof) })
    case 'refusal': return PbFrame.encode({ refusal: { reason: 1 + REASONS.indexOf(frame.reason), retryAfterMs: Math.min(frame.retryAfterMs, MAX_RETRY_AFTER_MS) } })
  }
}

/** @throws InviteFrameError on anything that is not exactly one valid frame */
export function decodeInviteFrame(bytes: Uint8Array): InviteFrame {
  const { hello, challenge, proof, welcome, refusal } = decode(bytes)
  if ([hello, challenge, proof, welcome, refusal].filter(field => field !== undefined).length !== 1) throw new InviteFrameError('not exactly one frame')
  if (hello !== undefined) {
    const invitationId = Buffer.from(sized(hello.invitationId, ID_BYTES)).toString('hex')
    return { kind: 'hello', hello: { invitationId, nonce: sized(hello.nonce, INVITE_NONCE_BYTES) } }
  }
  if (proof !== undefined) return { kind: 'proof', proof: fromPb(proof) }
  if (welcome !== undefined) return { kind: 'welcome', proof: fromPb(welcome) }
  if (refusal !== undefined) return { kind: 'refusal', reason: reasonOf(refusal.reason), retryAfterMs: Math.min(refusal.retryAfterMs, MAX_RETRY_AFTER_MS) }
  return { kind: 'challenge', nonce: sized(challenge ?? new Uint8Array(), INVITE_NONCE_BYTES) }
}

/** Frames over one stream. */
export class InviteChannel {
  readonly #stream: Stream
  readonly #frames: ReturnType<typeof lpStream>

  constructor(stream: Stream) {
    this.#stream = stream
    this.#frames = lpStream(stream, { lengthDecoder: readLength, maxDataLength: MAX_INVITE_FRAME_BYTES, maxBufferSize: 2 * MAX_INVITE_FRAME_BYTES })
  }

  async write(frame: InviteFrame, options: { signal: AbortSignal }): Promise<void> {
    await this.#frames.write(encodeInviteFrame(frame), options)
  }

  /** The next frame, which must be of that kind. */
  async read<K extends InviteFrame['kind']>(kinds: readonly K[], options: { signal: AbortSignal }): Promise<Extract<InviteFrame, { kind: K }>> {
    const frame = decodeInviteFrame((await this.#frames.read(options)).subarray())
    if (!isOfKind(frame, kinds)) throw new InviteFrameError(`"${frame.kind}" was not due`)
    return frame
  }

  async close(options: { signal: AbortSignal }): Promise<void> {
    await this.#stream.close(options)
  }
}

/** The varint before a frame; the library's own decoder would read one without an end for as long as bytes come. */
function readLength(prefix: Uint8ArrayList): number {
  const [low = 0, high] = prefix.subarray()
  if (low < 0x80) return low
  if (high === undefined) throw new RangeError('one more byte is needed')
  return low & 0x7f | high << 7
}

function isOfKind<K extends InviteFrame['kind']>(frame: InviteFrame, kinds: readonly K[]): frame is Extract<InviteFrame, { kind: K }> {
  return kinds.some(kind => kind === frame.kind)
}

function decode(bytes: Uint8Array): PbFrame {
  try {
    return PbFrame.decode(bytes)
  } catch (error) {
    throw new InviteFrameError('the bytes are no protobuf frame', { cause: error })
  }
}

function toPb({ mac, name }: WireProof): InviteProof {
  return { mac: Uint8Array.from(mac), name }
}

function fromPb({ mac, name }: InviteProof): WireProof {
  return { mac: sized(mac, MAC_BYTES), name: safeName(name) === name ? name : '' }
}

function sized(bytes: Uint8Array, length: number): Uint8Array {
  if (bytes.byteLength !== length) throw new InviteFrameError(`${String(bytes.byteLength)} bytes where ${String(length)} belong`)
  return bytes
}

/** A reason of a later version is a fault to us. */
function reasonOf(index: number): InviteRefusalReason {
  return REASONS[index - 1] ?? 'fault'
}
