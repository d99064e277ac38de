/** The ticket of an invitation: who invites, where, until when, and the secret that proves the invitation; as text for people. */
import { createHash } from 'node:crypto'
import { publicKeyFromRaw } from '@libp2p/crypto/keys'
import type { PeerId } from '@libp2p/interface'
import { peerIdFromPublicKey } from '@libp2p/peer-id'
import { multiaddr, type Multiaddr } from '@multiformats/multiaddr'
import { base32crockford } from '@scure/base'
import { MAX_TICKET_CHARACTERS } from '../config/invite-limits.ts'
import { rawKeyOf } from '../lib/agent-id.ts'
import { MeshError } from '../lib/errors.ts'

/** What a ticket holds. */
export interface Ticket {
  /** Who invites. */
  peerId: PeerId
  /** 16 random bytes; whoever knows them is the one invited. */
  secret: Uint8Array
  /** Ms since the epoch, in whole seconds. */
  expiresAt: number
  /** Without the peer ID at the end. */
  addresses: Multiaddr[]
}

/** A ticket as people hand it on. */
export interface TicketText {
  /** Groups of four letters and digits, to read out and to type. */
  text: string
  /** One line to copy, and what the QR code holds. */
  uri: string
}

export const SECRET_BYTES = 16
const VERSION = 1
const KEY_BYTES = 32
const EXPIRY_BYTES = 4
const HEAD_BYTES = 1 + KEY_BYTES + SECRET_BYTES + EXPIRY_BYTES
const CHECKSUM_BYTES = 4
const SCHEME = 'libp2p-mesh:'

/** Version, key, secret and expiry, then each address after its length, then a checksum; in Crockford's base 32. */
export function formatTicket({ peerId, secret, expiresAt, addresses }: Ticket): TicketText {
  const expiry = Buffer.alloc(EXPIRY_BYTES)
  expiry.writeUInt32BE(Math.floor(expiresAt / 1_000))
  const listed = addresses.flatMap(({ bytes }) => [Uint8Array.of(bytes.byteLength), bytes])
  const body = Buffer.concat([Uint8Array.of(VERSION), rawKeyOf(peerId), secret, expiry, ...listed])
  const letters = base32crockford.encode(Buffer.concat([body, checksumOf(body)]))
  const groups = letters.match(/.{1,4}/g) ?? []
  return { text: groups.join('-'), uri: `${SCHEME}${letters}` }
}

/**
 * Reads a ticket in either form; case, dashes and white space do not matter, nor O for 0 and I or L for 1.
 *
 * @throws MeshError `INVALID_TICKET`, `mistyped` or `unsupported`
 */
export function parseTicket(text: string): Ticket {
  const bytes = decode(text)
  const body = bytes.subarray(0, -CHECKSUM_BYTES)
  if (bytes.byteLength < HEAD_BYTES + CHECKSUM_BYTES || Buffer.compare(checksumOf(body), bytes.subarray(-CHECKSUM_BYTES)) !== 0) throw mistyped()
  if (body[0] !== VERSION) {
    throw new MeshError('INVALID_TICKET', 'the ticket was made by another version of libp2p-mesh; update the older one of the two', { reason: 'unsupported' })
  }
  try {
    return readBody(body)
  } catch (error) {
    throw mistyped(error) // a checksum is no proof that a program made it
  }
}

function decode(text: string): Buffer {
  if (text.length > MAX_TICKET_CHARACTERS) throw mistyped()
  const letters = text.replace(/^\s*libp2p-mesh:/i, '').replaceAll(/[\s-]/g, '')
  if (letters === '') throw new MeshError('INVALID_TICKET', 'there is no ticket; paste what `openclaw p2p invite` printed on the other side', { reason: 'mistyped' })
  try {
    return Buffer.from(base32crockford.decode(letters))
  } catch (error) {
    throw mistyped(error)
  }
}

function readBody(body: Buffer): Ticket {
  const key = body.subarray(1, 1 + KEY_BYTES)
  const secret = body.subarray(1 + KEY_BYTES, 1 + KEY_BYTES + SECRET_BYTES)
  const expiresAt = body.readUInt32BE(HEAD_BYTES - EXPIRY_BYTES) * 1_000
  return { peerId: peerIdFromPublicKey(publicKeyFromRaw(key)), secret: Uint8Array.from(secret), expiresAt, addresses: readAddresses(body.subarray(HEAD_BYTES)) }
}

function readAddresses(bytes: Buffer): Multiaddr[] {
  const addresses: Multiaddr[] = []
  for (let at = 0; at < bytes.byteLength;) {
    const end = at + 1 + bytes.readUInt8(at)
    if (end > bytes.byteLength) throw new RangeError('an address is cut off')
    addresses.push(multiaddr(Uint8Array.from(bytes.subarray(at + 1, end))))
    at = end
  }
  return addresses
}

function checksumOf(body: Uint8Array): Buffer {
  return createHash('sha256').update('libp2p-mesh ticket').update(body).digest().subarray(0, CHECKSUM_BYTES)
}

function mistyped(cause?: unknown): MeshError {
  return new MeshError('INVALID_TICKET', 'the ticket is mistyped or not whole; copy it again, all of it', { cause, reason: 'mistyped' })
}
