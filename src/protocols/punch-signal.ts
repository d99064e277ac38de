/** Signals of `/libp2p-mesh/punch/1.0.0`: two peers agree over a relayed connection on how they will meet directly. */
import type { Stream } from '@libp2p/interface'
import { lpStream } from '@libp2p/utils'
import { MAX_CANDIDATES, MAX_SIGNAL_BYTES, SIGNAL_TIMEOUT_MS } from '../config/nat-limits.ts'
import { Signal, type Candidate, type Offer } from './pb/punch.ts'

export const PUNCH_PROTOCOL = '/libp2p-mesh/punch/1.0.0'

const PLANES = ['udp', 'tcp'] as const
const PURPOSES = ['connect', 'move'] as const
const NAT_KINDS = ['unknown', 'open', 'easy', 'hard', 'blocked'] as const
const REFUSALS = ['not-approved', 'budget', 'busy', 'no-such-connection', 'unsupported'] as const
const TOKEN_BYTES = 16
const SIGNATURE_BYTES = 64
const ECHO_BYTES = 16
const MAX_WHY_CHARACTERS = 32
const MAX_GATHER_MS = 60_000

/** What carries the bytes of the direct path. */
export type PunchPlane = typeof PLANES[number]

/** `move` gives a live UDX connection a new path instead of making a new connection. */
export type PunchPurpose = typeof PURPOSES[number]

/**
 * What kind of NAT a host is behind. `open`: none (a firewall at most). `easy`: every destination sees the same port.
 * `hard`: each sees another one (symmetric). `blocked`: nothing comes back. `unknown`: only one observation, so easy until shown otherwise.
 */
export type NatKind = typeof NAT_KINDS[number]

/** Why a peer takes part in no attempt. `busy`: its own attempt leads this one. */
export type PunchRefusal = typeof REFUSALS[number]

export interface WireAttestation {
  /** The relay's clock. */
  timeMs: number
  /** 64 bytes */
  signature: Uint8Array
}

export interface WireCandidate {
  /** 4 or 16 bytes. */
  host: Uint8Array
  port: number
  attestation: WireAttestation | undefined
}

export interface PunchOffer {
  plane: PunchPlane
  purpose: PunchPurpose
  /** 16 bytes */
  token: Uint8Array
  /** 1 to 2^32 - 1 */
  streamId: number
  nat: NatKind
  candidates: WireCandidate[]
  gatherMs: number
}

export type PunchSignal =
  { kind: 'offer', offer: PunchOffer } |
  { kind: 'go', plane: PunchPlane } |
  { kind: 'done', isDirect: boolean, why: string } |
  { kind: 'refusal', reason: PunchRefusal } |
  { kind: 'echo', bytes: Uint8Array }

/** The peer's bytes are no valid signal, or not the one that was due. */
export class PunchSignalError extends Error {
  override readonly name = 'PunchSignalError'
}

export function encodeSignal(signal: PunchSignal): Uint8Array {
  switch (signal.kind) {
    case 'offer': return Signal.encode({ offer: encodeOffer(signal.offer) })
    case 'go': return Signal.encode({ go: 1 + PLANES.indexOf(signal.plane) })
    case 'done': return Signal.encode({ done: { isDirect: signal.isDirect, why: signal.why } })
    case 'refusal': return Signal.encode({ refusal: 1 + REFUSALS.indexOf(signal.reason) })
    case 'echo': return Signal.encode({ echo: signal.bytes.slice() })
  }
}

/** @throws PunchSignalError on anything that is not exactly one valid signal */
export function decodeSignal(bytes: Uint8Array): PunchSignal {
  const { offer, go, done, refusal, echo } = decode(bytes)
  if ([offer, go, done, refusal, echo].filter(field => field !== undefined).length !== 1) throw new PunchSignalError('not exactly one signal')
  if (offer !== undefined) return { kind: 'offer', offer: decodeOffer(offer) }
  if (go !== undefined) return { kind: 'go', plane: named(PLANES, go - 1) }
  if (done !== undefined) return { kind: 'done', isDirect: done.isDirect, why: plainWord(done.why) }
  if (refusal !== undefined) return { kind: 'refusal', reason: named(REFUSALS, refusal - 1) }
  if (echo?.byteLength !== ECHO_BYTES) throw new PunchSignalError(`an echo has ${String(ECHO_BYTES)} bytes`)
  return { kind: 'echo', bytes: echo }
}

/** Signals over one stream, each wait with a deadline. */
export class SignalChannel {
  readonly #stream: Stream
  readonly #frames: ReturnType<typeof lpStream>

  constructor(stream: Stream) {
    this.#stream = stream
    this.#frames = lpStream(stream, { maxDataLength: MAX_SIGNAL_BYTES, maxBufferSize: 2 * MAX_SIGNAL_BYTES })
  }

  async write(signal: PunchSignal, options: { signal: AbortSignal }): Promise<void> {
    await this.#frames.write(encodeSignal(signal), { signal: AbortSignal.any([options.signal, AbortSignal.timeout(SIGNAL_TIMEOUT_MS)]) })
  }

  /** The next signal. @param options.timeoutMs how long it may take, SIGNAL_TIMEOUT_MS unless told */
  async read(options: { signal: AbortSignal, timeoutMs?: number }): Promise<PunchSignal> {
    const deadline = AbortSignal.timeout(options.timeoutMs ?? SIGNAL_TIMEOUT_MS)
    const frame = await this.#frames.read({ signal: AbortSignal.any([options.signal, deadline]) })
    return decodeSignal(frame.subarray())
  }

  async close(options: { signal: AbortSignal }): Promise<void> {
    await this.#stream.close(options)
  }

  abort(error: Error): void {
    this.#stream.abort(error)
  }
}

function decode(bytes: Uint8Array): Signal {
  try {
    return Signal.decode(bytes)
  } catch (error) {
    throw new PunchSignalError('the bytes are no protobuf signal', { cause: error })
  }
}

function encodeOffer(offer: PunchOffer): Offer {
  return {
    plane: 1 + PLANES.indexOf(offer.plane),
    purpose: PURPOSES.indexOf(offer.purpose),
    token: offer.token.slice(),
    streamId: offer.streamId,
    nat: NAT_KINDS.indexOf(offer.nat),
    gatherMs: Math.round(offer.gatherMs),
    candidates: offer.candidates.map(({ host, port, attestation }) => ({
      host: host.slice(), port,
      ...attestation !== undefined && { attestation: { timeMs: BigInt(attestation.timeMs), signature: attestation.signature.slice() } }
    }))
  }
}

function decodeOffer(offer: Offer): PunchOffer {
  if (offer.token.byteLength !== TOKEN_BYTES) throw new PunchSignalError(`a token has ${String(TOKEN_BYTES)} bytes`)
  if (offer.streamId === 0) throw new PunchSignalError('0 is no stream ID')
  if (offer.candidates.length > MAX_CANDIDATES) throw new PunchSignalError(`more than ${String(MAX_CANDIDATES)} candidates`)
  return {
    plane: named(PLANES, offer.plane - 1),
    purpose: named(PURPOSES, offer.purpose),
    token: offer.token,
    streamId: offer.streamId,
    nat: named(NAT_KINDS, offer.nat),
    candidates: offer.candidates.map(decodeCandidate),
    gatherMs: Math.min(offer.gatherMs, MAX_GATHER_MS)
  }
}

function decodeCandidate({ host, port, attestation }: Candidate): WireCandidate {
  if (host.byteLength !== 4 && host.byteLength !== 16) throw new PunchSignalError('an address has 4 or 16 bytes')
  if (port < 1 || port > 65_535) throw new PunchSignalError(`${String(port)} is no port`)
  if (attestation === undefined) return { host, port, attestation }
  if (attestation.signature.byteLength !== SIGNATURE_BYTES) throw new PunchSignalError(`a signature has ${String(SIGNATURE_BYTES)} bytes`)
  return { host, port, attestation: { timeMs: Number(attestation.timeMs), signature: attestation.signature } }
}

function named<T>(names: readonly T[], index: number): T {
  const name = names[index]
  if (name === undefined) throw new PunchSignalError(`${String(index)} has no meaning here`)
  return name
}

function plainWord(text: string): string {
  return text.replace(/[^a-z-]/g, '').slice(0, MAX_WHY_CHARACTERS)
}
