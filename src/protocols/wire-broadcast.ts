/** What a broadcast carries: between validated values and the data of a gossipsub message. */
import { MAX_BROADCAST_TEXT_BYTES } from '../config/broadcast-limits.ts'
import { utf8Bytes } from '../lib/text.ts'
import { Broadcast } from './pb/broadcast.ts'
import { idFromBytes, idToBytes, MalformedFrameError } from './wire-message.ts'

/** The data of a broadcast; who sent it is what gossipsub signs. */
export interface WireBroadcast {
  /** In UUID form, unique for its author. */
  id: string
  sentAt: number
  hops: number
  text: string
}

export function encodeBroadcast({ id, ...rest }: WireBroadcast): Uint8Array<ArrayBuffer> {
  return Broadcast.encode({ id: idToBytes(id), ...rest })
}

/**
 * @throws MalformedFrameError that says what is wrong with the bytes
 */
export function decodeBroadcast(bytes: Uint8Array): WireBroadcast {
  const { id, sentAt, hops, text } = parse(bytes)
  if (text === '') throw new MalformedFrameError('a broadcast without text')
  if (utf8Bytes(text) > MAX_BROADCAST_TEXT_BYTES) throw new MalformedFrameError(`text longer than ${String(MAX_BROADCAST_TEXT_BYTES)} bytes`)
  if (!Number.isSafeInteger(sentAt)) throw new MalformedFrameError('time out of range')
  return { id: idFromBytes(id), sentAt, hops, text: text.toWellFormed() } // half of a surrogate pair is nothing that JSON readers take
}

function parse(bytes: Uint8Array): Broadcast {
  try {
    return Broadcast.decode(bytes)
  } catch (error) {
    throw new MalformedFrameError('not the data of a broadcast', { cause: error })
  }
}
