/** Ends of a stream that are the peer's fault, for which it is not served for a while. */

/** The peer opened more streams than it can have a use for. */
export class TooManyStreamsError extends Error {
  override readonly name = 'TooManyStreamsError'
}

const OFFENCES = new Set(['MalformedFrameError', 'FrameChannelError', 'TooManyRefusalsError', 'TooManyAnnouncesError', 'InvalidMessageLengthError', 'InvalidParametersError'])

/** Whether the end of a stream was the peer's breach of the protocol rather than the network's. */
export function isOffence(error: Error): boolean {
  return OFFENCES.has(error.name)
}
