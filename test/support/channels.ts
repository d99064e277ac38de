/** A frame channel with the far end of its stream in the hands of the test. */

import { FrameChannel } from '../../src/protocols/frame-channel.ts'
import { FakeClock } from './fake-clock.ts'
import { Seen } from './seen.ts'
import { FarEnd, plainPair, type Ends } from './streams.ts'

export const MAX_FRAME = 10_000
export const MAX_QUEUE = 1_000_000
export const PARTIAL_MS = 30_000

export const bytes = (text: string): Uint8Array => Buffer.from(text)
export const filled = (length: number): Uint8Array => new Uint8Array(length).fill(7)
export const texts = (frames: Uint8Array[]): string[] => frames.map(frame => Buffer.from(frame).toString())

interface TestChannel {
  clock: FakeClock
  channel: FrameChannel
  frames: Seen<Uint8Array>
  ends: Seen<Error | undefined>
  near: Ends[0]
  far: FarEnd
}

/** An open channel; `onFrame` is called with each frame after it was noted. */
export async function createChannel(pair: () => Promise<Ends> = plainPair, onFrame?: (channel: FrameChannel) => void): Promise<TestChannel> {
  const clock = new FakeClock()
  const [near, far] = await pair()
  const frames = new Seen<Uint8Array>()
  const ends = new Seen<Error | undefined>()
  const channel = new FrameChannel({
    stream: near, clock, maxFrameBytes: MAX_FRAME, maxPartialFrameMs: PARTIAL_MS, maxWriteQueueBytes: MAX_QUEUE,
    onFrame: (frame) => {
      frames.add(frame)
      onFrame?.(channel)
    },
    onClose: (error) => { ends.add(error) }
  })
  channel.open()
  return { clock, channel, frames, ends, near, far: new FarEnd(far) }
}
