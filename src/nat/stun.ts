/** STUN messages (RFC 8489): binding requests and responses with XOR-MAPPED-ADDRESS, and a relay's signature on the mapping. */
import { endpointOfBytes, hostBytes, type Endpoint } from './endpoint.ts'

/** A relay's word for a mapping: it received a datagram from there, and the receiver of the answer is there. */
export interface Attestation {
  /** The relay's clock, milliseconds since the epoch. */
  timeMs: number
  /** Ed25519, 64 bytes. */
  signature: Uint8Array
}

export interface StunRequest {
  kind: 'request'
  /** 12 random bytes. */
  transactionId: Uint8Array
  /** Whether a signature on the mapping is asked for; the request is then long enough for such an answer. */
  wantsAttestation: boolean
}

export interface StunResponse {
  kind: 'response'
  transactionId: Uint8Array
  /** Where the request came from, as the server saw it. */
  mapped: Endpoint
  attestation?: Attestation
}

export type StunMessage = StunRequest | StunResponse

export const TRANSACTION_ID_BYTES = 12
const SIGNATURE_BYTES = 64
/** Bytes before the attributes; they say how many bytes follow. */
export const STUN_HEADER_BYTES = 20

const MAGIC_COOKIE = 0x2112_a442
const BINDING_REQUEST = 0x0001
const BINDING_RESPONSE = 0x0101
const XOR_MAPPED_ADDRESS = 0x0020
/** Of the range that a receiver may ignore. */
const ATTEST_REQUEST = 0xcf4d
const ATTESTATION = 0xcf4e
/** Pads a request to 64 bytes: the answer with IPv6 address and signature takes 120. */
const ATTEST_PADDING_BYTES = 40

/** Whether a datagram is STUN rather than a probe or UDX. */
export function isStun(bytes: Uint8Array): boolean {
  return bytes.byteLength >= STUN_HEADER_BYTES && ((bytes[0] ?? 255) & 0xc0) === 0 && viewOf(bytes).getUint32(4) === MAGIC_COOKIE
}

/** Length of the message that these header bytes begin, or undefined when they begin none. */
export function stunLength(header: Uint8Array): number | undefined {
  return isStun(header) ? STUN_HEADER_BYTES + viewOf(header).getUint16(2) : undefined
}

/** The message in `bytes`; undefined for anything malformed or of another kind. */
export function decodeStun(bytes: Uint8Array): StunMessage | undefined {
  if (stunLength(bytes) !== bytes.byteLength) return undefined
  const attributes = readAttributes(bytes)
  if (attributes === undefined) return undefined
  const transactionId = bytes.slice(8, STUN_HEADER_BYTES)
  switch (viewOf(bytes).getUint16(0)) {
    case BINDING_REQUEST: return { kind: 'request', transactionId, wantsAttestation: attributes.has(ATTEST_REQUEST) }
    case BINDING_RESPONSE: return decodeResponse(transactionId, attributes)
    default: return undefined
  }
}

export function encodeStunRequest(request: Omit<StunRequest, 'kind'>): Uint8Array {
  const attributes: Attribute[] = request.wantsAttestation ? [{ type: ATTEST_REQUEST, value: new Uint8Array(ATTEST_PADDING_BYTES) }] : []
  return encode(BINDING_REQUEST, request.transactionId, attributes)
}

export function encodeStunResponse(response: Omit<StunResponse, 'kind'>): Uint8Array {
  const attributes: Attribute[] = [{ type: XOR_MAPPED_ADDRESS, value: encodeMapped(response) }]
  if (response.attestation !== undefined) attributes.push({ type: ATTESTATION, value: encodeAttestation(response.attestation) })
  return encode(BINDING_RESPONSE, response.transactionId, attributes)
}

interface Attribute {
  type: number
  value: Uint8Array
}

function encode(type: number, transactionId: Uint8Array, attributes: Attribute[]): Uint8Array {
  const length = attributes.reduce((sum, { value }) => sum + 4 + padded(value.byteLength), 0)
  const bytes = new Uint8Array(STUN_HEADER_BYTES + length)
  const view = viewOf(bytes)
  view.setUint16(0, type)
  view.setUint16(2, length)
  view.setUint32(4, MAGIC_COOKIE)
  bytes.set(transactionId, 8)
  let offset = STUN_HEADER_BYTES
  for (const attribute of attributes) {
    view.setUint16(offset, attribute.type)
    view.setUint16(offset + 2, attribute.value.byteLength)
    bytes.set(attribute.value, offset + 4)
    offset += 4 + padded(attribute.value.byteLength)
  }
  return bytes
}

/** The first attribute of each type, or undefined when one reaches beyond the message. */
function readAttributes(bytes: Uint8Array): Map<number, Uint8Array> | undefined {
  const view = viewOf(bytes)
  const attributes = new Map<number, Uint8Array>()
  let offset = STUN_HEADER_BYTES
  while (offset < bytes.byteLength) {
    if (offset + 4 > bytes.byteLength) return undefined
    const type = view.getUint16(offset)
    const end = offset + 4 + view.getUint16(offset + 2)
    if (end > bytes.byteLength) return undefined
    if (!attributes.has(type)) attributes.set(type, bytes.slice(offset + 4, end))
    offset = offset + 4 + padded(end - offset - 4)
  }
  return attributes
}

function decodeResponse(transactionId: Uint8Array, attributes: Map<number, Uint8Array>): StunResponse | undefined {
  const address = attributes.get(XOR_MAPPED_ADDRESS)
  const mapped = address === undefined ? undefined : decodeMapped(address, transactionId)
  if (mapped === undefined) return undefined
  const attestation = attributes.get(ATTESTATION)
  if (attestation?.byteLength !== 8 + SIGNATURE_BYTES) return { kind: 'response', transactionId, mapped }
  const timeMs = Number(viewOf(attestation).getBigUint64(0))
  return { kind: 'response', transactionId, mapped, attestation: { timeMs, signature: attestation.slice(8) } }
}

function encodeMapped({ mapped, transactionId }: Omit<StunResponse, 'kind'>): Uint8Array {
  const host = xorHost(hostBytes(mapped), transactionId)
  const value = new Uint8Array(4 + host.byteLength)
  value[1] = mapped.family === 4 ? 1 : 2
  viewOf(value).setUint16(2, mapped.port ^ (MAGIC_COOKIE >>> 16))
  value.set(host, 4)
  return value
}

function decodeMapped(value: Uint8Array, transactionId: Uint8Array): Endpoint | undefined {
  if (value.byteLength < 8 || (value[1] === 1 ? 8 : 20) !== value.byteLength) return undefined
  return endpointOfBytes(xorHost(value.subarray(4), transactionId), viewOf(value).getUint16(2) ^ (MAGIC_COOKIE >>> 16))
}

/** The address is hidden from NATs that rewrite addresses in payloads. */
function xorHost(host: Uint8Array, transactionId: Uint8Array): Uint8Array {
  const key = new Uint8Array(4 + TRANSACTION_ID_BYTES)
  viewOf(key).setUint32(0, MAGIC_COOKIE)
  key.set(transactionId, 4)
  return host.map((byte, index) => byte ^ (key[index] ?? 0))
}

function encodeAttestation({ timeMs, signature }: Attestation): Uint8Array {
  const value = new Uint8Array(8 + SIGNATURE_BYTES)
  viewOf(value).setBigUint64(0, BigInt(timeMs))
  value.set(signature.subarray(0, SIGNATURE_BYTES), 8)
  return value
}

function padded(length: number): number {
  return (length + 3) & ~3
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
