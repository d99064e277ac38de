/** An instance's signed announce as a record of the DHT, under its agent ID: what is a record there, and which of two is the newer. */
import { RecordEnvelope } from '@libp2p/peer-record'
import type { Multiaddr } from '@multiformats/multiaddr'
import { CLOCK_TOLERANCE_MS, MAX_RECORD_BYTES, RECORD_LIFE_MS } from '../config/dht-limits.ts'
import { agentIdOf } from '../lib/agent-id.ts'
import { InvalidAnnounceError, openSigned, type SignedAnnounce } from './announce.ts'
import { InstanceRecord } from './pb/instance.ts'

/** First part of the keys. */
export const RECORD_NAMESPACE = 'mesh'

const KEY = /^\/mesh\/(?<agentId>[0-9a-f]{16})$/

export interface RecordRules {
  /** Whether an address may stand in a record: one that all may know. */
  isTold: (address: Multiaddr) => boolean
  now: () => number
}

/** The key of the records of an agent ID. */
export function recordKey(agentId: string): Uint8Array {
  return new TextEncoder().encode(`/${RECORD_NAMESPACE}/${agentId}`)
}

/**
 * Checks that the bytes are a record of that key.
 *
 * @throws InvalidAnnounceError that says what is wrong: forged, of another key, too large, expired, or with addresses that are nobody's business
 */
export async function openRecord(key: Uint8Array, bytes: Uint8Array, { isTold, now }: RecordRules): Promise<SignedAnnounce> {
  const agentId = KEY.exec(new TextDecoder().decode(key))?.groups?.['agentId']
  if (agentId === undefined) throw new InvalidAnnounceError('not a key of instance records')
  if (bytes.byteLength > MAX_RECORD_BYTES) throw new InvalidAnnounceError(`record of ${bytes.byteLength} bytes`)
  const signed = await openSigned(bytes)
  const { peerId, announce: { expiresAt, addrs, card, recipientBootIds } } = signed
  if (peerId.type !== 'Ed25519' || agentIdOf(peerId) !== agentId) throw new InvalidAnnounceError('record of another agent ID')
  if (expiresAt === undefined || card !== undefined || recipientBootIds.length > 0) throw new InvalidAnnounceError('announce for one peer, not for all')
  if (expiresAt <= now()) throw new InvalidAnnounceError('record that expired')
  if (expiresAt > now() + RECORD_LIFE_MS + CLOCK_TOLERANCE_MS) throw new InvalidAnnounceError('record that would live too long')
  if (!addrs.every(isTold)) throw new InvalidAnnounceError('record with a private address')
  return signed
}

/** The index of the record with the highest sequence number, the first of equals; all were checked before. */
export function newestRecord(records: readonly Uint8Array[]): number {
  const sequences = records.map(record => InstanceRecord.decode(RecordEnvelope.createFromProtobuf(record).payload).seq)
  return sequences.indexOf(Math.max(...sequences))
}
