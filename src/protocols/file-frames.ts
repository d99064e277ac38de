/** Frames of `/libp2p-mesh/file/1.0.0`: how two peers agree on a file and on how far it got, and the stream that carries them. */
import type { Stream } from '@libp2p/interface'
import { lpStream } from '@libp2p/utils'
import { encode } from 'it-length-prefixed'
import { MAX_FILE_FRAME_BYTES, MAX_FILE_TEXT_BYTES, MAX_OFFERED_NAME_CHARACTERS } from '../config/file-limits.ts'
import { MeshError, type ErrorCode } from '../lib/errors.ts'
import { oneLine, utf8Bytes } from '../lib/text.ts'
import { FileFrame as PbFrame, type FileOffer as PbOffer, type FileRefusal as PbRefusal } from './pb/file.ts'
import { idFromBytes, idToBytes } from './wire-message.ts'

const ID_BYTES = 16
const MAX_REFUSAL_CHARACTERS = 300

/** A file as its sender describes it. */
export interface FileOffer {
  transferId: string
  /** As the sender wrote it: never a path, and to be escaped. */
  name: string
  bytes: number
  text: string
  callId: string | undefined
  /** How many agents the conversation passed through. */
  hops: number
}

/** Why a recipient takes no file. */
export interface FileRefusal {
  code: ErrorCode
  text: string
  /** The offer is taken again after this time; 0: never. */
  retryAfterMs: number
  /** Its owner wants none of it. */
  isRejected: boolean
}

export type FileFrame =
  | { kind: 'offer', offer: FileOffer }
  | { kind: 'cancel', transferId: string }
  | { kind: 'call', transferId: string }
  | { kind: 'go', offset: number }
  | { kind: 'written', offset: number }
  | { kind: 'ask' }
  | { kind: 'done' }
  | { kind: 'refusal', refusal: FileRefusal }

/** The peer's bytes are no valid frame, or not the one that was due. */
export class FileFrameError extends Error {
  override readonly name = 'FileFrameError'
}

const REFUSAL_CODES = [
  'BLOCKED', 'NOT_APPROVED', 'NOT_ALLOWED', 'RATE_LIMITED', 'QUEUE_FULL', 'QUOTA_EXCEEDED', 'DISK_FULL', 'TOO_LARGE', 'HASH_MISMATCH', 'NOT_FOUND',
  'INVALID_ARGUMENT', 'EXPIRED', 'NO_ACTIVE_CALL'
] as const satisfies readonly ErrorCode[]

/** What a recipient says for an error over there. */
export function refusalOf({ code, message, retryAfterMs }: MeshError, isRejected = false): FileRefusal {
  return { code, text: message, retryAfterMs: retryAfterMs ?? 0, isRejected }
}

/** A refusal as an error of ours. */
export function toRefusedError({ code, text, retryAfterMs, isRejected }: FileRefusal): MeshError {
  return new MeshError(code, `the recipient refused the file: ${text}`, {
    reason: isRejected ? 'rejected' : 'by-recipient', ...retryAfterMs > 0 && { retryAfterMs }
  })
}

export function encodeFileFrame(frame: FileFrame): Uint8Array {
  switch (frame.kind) {
    case 'offer': return PbFrame.encode({ offer: offerToPb(frame.offer) })
    case 'cancel': return PbFrame.encode({ cancel: idToBytes(frame.transferId) })
    case 'call': return PbFrame.encode({ call: idToBytes(frame.transferId) })
    case 'go': return PbFrame.encode({ go: frame.offset })
    case 'written': return PbFrame.encode({ written: frame.offset })
    case 'ask': return PbFrame.encode({ ask: true })
    case 'done': return PbFrame.encode({ done: true })
    case 'refusal': return PbFrame.encode({ refusal: { ...frame.refusal, text: frame.refusal.text.slice(0, MAX_REFUSAL_CHARACTERS) } })
  }
}

/** @throws FileFrameError on anything that is not exactly one valid frame */
export function decodeFileFrame(bytes: Uint8Array): FileFrame {
  const { offer, cancel, call, go, ask, written, done, refusal } = decode(bytes)
  if ([offer, cancel, call, go, ask, written, done, refusal].filter(field => field !== undefined).length !== 1) throw new FileFrameError('not exactly one frame')
  if (offer !== undefined) return { kind: 'offer', offer: offerFromPb(offer) }
  if (cancel !== undefined) return { kind: 'cancel', transferId: idOf(cancel) }
  if (call !== undefined) return { kind: 'call', transferId: idOf(call) }
  if (go !== undefined) return { kind: 'go', offset: sizeOf(go) }
  if (written !== undefined) return { kind: 'written', offset: sizeOf(written) }
  if (refusal !== undefined) return { kind: 'refusal', refusal: refusalFromPb(refusal) }
  return { kind: ask === undefined ? 'done' : 'ask' }
}

/** Frames over one stream; after the last frame that is read, the rest can be taken as plain bytes. */
export class FileChannel {
  readonly stream: Stream
  readonly #frames: ReturnType<typeof lpStream>

  constructor(stream: Stream) {
    this.stream = stream
    this.#frames = lpStream(stream, { lengthDecoder: readLength, maxDataLength: MAX_FILE_FRAME_BYTES, maxBufferSize: 2 * MAX_FILE_FRAME_BYTES })
  }

  write(frame: FileFrame): void {
    this.stream.send(encode.single(encodeFileFrame(frame)))
  }

  /** The next frame, which must be of one of these kinds. */
  async read<K extends FileFrame['kind']>(kinds: readonly K[], options: { signal: AbortSignal }): Promise<Extract<FileFrame, { kind: K }>> {
    const frame = decodeFileFrame((await this.#frames.read(options)).subarray())
    if (!isOfKind(frame, kinds)) throw new FileFrameError(`"${frame.kind}" was not due`)
    return frame
  }

  /** The stream without frames from here on; nothing can be read by `read` any more. */
  unframed(): Stream {
    this.#frames.unwrap()
    return this.stream
  }

  async close(options: { signal: AbortSignal }): Promise<void> {
    await this.stream.close(options)
  }
}

/** The varint before a frame; the library's own decoder would read one without an end for as long as bytes come. */
function readLength(prefix: { subarray: () => Uint8Array }): number {
  const [low = 0, high] = prefix.subarray()
  if (low < 0x80) return low
  if (high === undefined) throw new RangeError('one more byte is needed')
  return low & 0x7f | high << 7
}

function isOfKind<K extends FileFrame['kind']>(frame: FileFrame, kinds: readonly K[]): frame is Extract<FileFrame, { kind: K }> {
  return kinds.some(kind => kind === frame.kind)
}

function decode(bytes: Uint8Array): PbFrame {
  try {
    return PbFrame.decode(bytes)
  } catch (error) {
    throw new FileFrameError('the bytes are no protobuf frame', { cause: error })
  }
}

function offerToPb({ transferId, callId, ...rest }: FileOffer): PbOffer {
  return { ...rest, transferId: idToBytes(transferId), ...callId !== undefined && { callId: idToBytes(callId) } }
}

function offerFromPb({ transferId, name, bytes, text, callId, hops }: PbOffer): FileOffer {
  if (name.length > MAX_OFFERED_NAME_CHARACTERS || utf8Bytes(text) > MAX_FILE_TEXT_BYTES) throw new FileFrameError('a name or a text is too long')
  return {
    transferId: idOf(transferId), name: name.toWellFormed(), bytes: sizeOf(bytes), text: text.toWellFormed(), hops,
    callId: callId === undefined ? undefined : idOf(callId)
  }
}

/** A code of a later version is a fault to us. */
function refusalFromPb({ code, text, retryAfterMs, isRejected }: PbRefusal): FileRefusal {
  return { code: REFUSAL_CODES.find(known => known === code) ?? 'INTERNAL', text: oneLine(text, MAX_REFUSAL_CHARACTERS), retryAfterMs, isRejected }
}

function idOf(bytes: Uint8Array): string {
  if (bytes.byteLength !== ID_BYTES) throw new FileFrameError('an ID of another length')
  return idFromBytes(bytes)
}

function sizeOf(value: number): number {
  if (!Number.isSafeInteger(value)) throw new FileFrameError('a size that is none')
  return value
}
