/** The datagrams of a race: which step, and the receiver's token, which only the two peers know. */

/** `probe`: are you there? `ack`: I heard you. `nominate`: let us use this pair. `confirm`: agreed. */
export type ProbeKind = 'probe' | 'ack' | 'nominate' | 'confirm'

export interface Probe {
  kind: ProbeKind
  /** The token of the receiver, TOKEN_BYTES long. */
  token: Uint8Array
}

export const TOKEN_BYTES = 16

/** First byte 10: neither STUN with its cookie nor UDX (255). */
const MAGIC = Uint8Array.of(0x0a, 0x6d, 0x65, 0x73, 0x68, 0x70, 0x75, 0x01)
const KINDS: readonly ProbeKind[] = ['probe', 'ack', 'nominate', 'confirm']

export function encodeProbe({ kind, token }: Probe): Uint8Array {
  const bytes = new Uint8Array(MAGIC.byteLength + 1 + TOKEN_BYTES)
  bytes.set(MAGIC)
  bytes[MAGIC.byteLength] = KINDS.indexOf(kind)
  bytes.set(token.subarray(0, TOKEN_BYTES), MAGIC.byteLength + 1)
  return bytes
}

/** The probe in a datagram, or undefined when it is none. */
export function decodeProbe(bytes: Uint8Array): Probe | undefined {
  if (bytes.byteLength !== MAGIC.byteLength + 1 + TOKEN_BYTES || !MAGIC.every((byte, index) => bytes[index] === byte)) return undefined
  const kind = KINDS[bytes[MAGIC.byteLength] ?? KINDS.length]
  return kind === undefined ? undefined : { kind, token: bytes.slice(MAGIC.byteLength + 1) }
}
