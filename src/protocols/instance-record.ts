/** An instance's signed announce as a record of the DHT, under its agent ID: what is a record there, and which of two is the newer. */
import { RecordEnvelope } from '@libp2p/peer-record'
import type { Multiaddr } from '@multiformats/multiaddr'
import { CLOCK_TOLERANCE_MS, MAX_RECORD_BYTES, RECORD_LIFE_MS } from '../config/dht-limits.ts'
import { agentIdOf } from '../lib/agent-id.ts'
import { InvalidAnnounceError, openSigned, type SignedAnnounce } from './announce.ts'
import { InstanceRecord } from './pb/instance.ts'

/** First part of the keys. */
const NAMESPACE = 'mesh'

const KEY = /^\/mesh\/(?<agentId>[0-9a-f]{16})$/

export interface RecordRules {
  /** Whether an address may stand in a record: one that all may know. */
  isTold: (address: Multiaddr) => boolean
  now: () => number
}

/** The key of the records of an agent ID. */
export function recordKey(agentId: string): Uint8Array {
  return new TextEncoder().encode(`/${NAMESPACE}/${agentId}`)
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
  const { peerId, announce: { expiresAt, addrs, card, recipientBootIds, isLeaving } } = signed
  if (peerId.type !== 'Ed25519' || agentIdOf(peerId) !== agentId) throw new InvalidAnnounceError('record of another agent ID')
  if (expiresAt === undefined || card !== undefined || isLeaving === true || recipientBootIds.length > 0) throw new InvalidAnnounceError('announce for one peer, not for all')
  if (expiresAt <= now()) throw new InvalidAnnounceError('record that expired')
  if (expiresAt > now() + RECORD_LIFE_MS + CLOCK_TOLERANCE_MS) throw new InvalidAnnounceError('record that would live too long')
  if (!addrs.every(isTold)) throw new InvalidAnnounceError('record with a private address')
  return signed
}

/** What a DHT needs to know of these records. */
export interface RecordKind {
  namespace: string
  /** @throws when the value is none for that key */
  validate: (key: Uint8Array, value: Uint8Array, isTold: RecordRules['isTold']) => Promise<void>
  /** The index of the value with the highest sequence number, the first of equals; all were checked before. */
  newest: (values: readonly Uint8Array[]) => number
}

export function instanceRecords(now: () => number): RecordKind {
  return {
    namespace: NAMESPACE,
    validate: async (key, value, isTold) => { await openRecord(key, value, { isTold, now }) },
    newest: (values) => {
      const sequences = values.map(value => InstanceRecord.decode(RecordEnvelope.createFromProtobuf(value).payload).seq)
      return sequences.indexOf(Math.max(...sequences))
    }
  }
}
