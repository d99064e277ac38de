/** Pairs of connected libp2p streams in memory, and the far end of one as a test plays it. */

import type { Stream } from '@libp2p/interface'
import { LengthPrefixedDecoder, multiaddrConnectionPair, streamPair } from '@libp2p/utils'
import { yamux } from '@libp2p/yamux'
import { encode } from 'it-length-prefixed'
import type { Uint8ArrayList } from 'uint8arraylist'
import { Seen } from './seen.ts'

/** Two ends of a stream, opened by the first. */
export type Ends = [opener: Stream, acceptor: Stream]

/** A pair with next to no buffer between the ends. */
export async function plainPair(): Promise<Ends> {
  return await streamPair()
}

/** A pair with the flow control of the real muxer: whoever is not read cannot write for ever. */
export async function yamuxPair(): Promise<Ends> {
  const [outbound, inbound] = multiaddrConnectionPair({ capacity: 1_000 })
  const muxer = yamux({ enableKeepAlive: false })()
  const near = muxer.createStreamMuxer(outbound)
  const far = muxer.createStreamMuxer(inbound)
  const accepted = new Seen<Stream>()
  far.addEventListener('stream', (event) => { accepted.add(event.detail) })
  const opened = await near.createStream()
  return [opened, await accepted.first()]
}

/** How a stream ended. */
export type End = 'closed' | 'aborted' | 'reset'

/** The other side of the protocol, played by hand: it sends what a test wants and keeps what it gets. */
export class FarEnd {
  readonly stream: Stream
  readonly frames = new Seen<Uint8Array>()
  /** Sizes of the pieces in which the bytes came. */
  readonly pieces = new Seen<number>()
  readonly ended = new Seen<End>()
  readonly writeClosed = new Seen<true>()

  constructor(stream: Stream) {
    this.stream = stream
    const decoder = new LengthPrefixedDecoder()
    stream.addEventListener('message', ({ data }) => {
      for (const frame of decoder.decode(data)) this.frames.add(frame.subarray())
      this.pieces.add(data.byteLength)
    })
    stream.addEventListener('remoteCloseWrite', () => { this.writeClosed.add(true) })
    stream.addEventListener('close', () => {
      const { status } = stream
      if (status === 'closed' || status === 'aborted' || status === 'reset') this.ended.add(status)
    })
  }

  /** Sends frames in one piece. */
  send(...frames: Uint8Array[]): void {
    this.sendRaw(Buffer.concat(frames.map(frame => prefixed(frame).subarray())))
  }

  /** Sends bytes as they are. */
  sendRaw(bytes: Uint8Array): void {
    this.stream.send(bytes)
  }
}

/** A frame as it looks on the wire. */
export function prefixed(frame: Uint8Array): Uint8ArrayList {
  return encode.single(frame)
}
