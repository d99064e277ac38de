/** What an instance announces about itself: a record that only the key of its peer can sign. */
import type { PeerId, PrivateKey } from '@libp2p/interface'
import { peerIdFromPublicKey } from '@libp2p/peer-id'
import { RecordEnvelope } from '@libp2p/peer-record'
import { multiaddr, type Multiaddr } from '@multiformats/multiaddr'
import {
  MAX_ANNOUNCED_ADDRESSES, MAX_ANNOUNCE_BYTES, MAX_CARD_DESCRIPTION_CHARACTERS, MAX_CARD_SKILLS, MAX_CARD_SKILL_CHARACTERS
} from '../config/limits.ts'
import { oneLine, safeName } from '../lib/text.ts'
import { InstanceRecord } from './pb/instance.ts'

/** Separates these signatures from every other use of the key. */
const DOMAIN = 'libp2p-mesh-instance'
const PAYLOAD_TYPE = new TextEncoder().encode('/libp2p-mesh/instance/1')
const BOOT_ID_BYTES = 8
/** The two that met. */
const MAX_RECIPIENT_BOOT_IDS = 2
const LIMITS = { addrs: MAX_ANNOUNCED_ADDRESSES, recipientBootIds: MAX_RECIPIENT_BOOT_IDS, card: { skills: MAX_CARD_SKILLS } }

/** A public description of an agent, from its owner's configuration. */
export interface AgentCard {
  description: string
  skills: string[]
}

/** What an instance says about itself. */
export interface Announce {
  instanceName: string
  /** Grows with every record of the peer. */
  seq: number
  /** Multiaddrs without the peer ID. */
  addrs: Multiaddr[]
  card?: AgentCard
  /** 16 hex characters, random for each start of the node. */
  bootId: string
  /** Runs of the recipient's key that the announcer hears at the same time; none unless there are several. */
  recipientBootIds: string[]
  /** The announcer is stopping: this is its goodbye, and the last of its records until it is back. */
  isLeaving?: true
  /** Until when others may tell it, in ms since the epoch; absent in one that is for its recipient only. */
  expiresAt?: number
}

/** An announce and the peer that signed it. */
export interface SignedAnnounce {
  peerId: PeerId
  announce: Announce
}

/** A record that is forged, malformed or of another peer. */
export class InvalidAnnounceError extends Error {
  override readonly name = 'InvalidAnnounceError'
}

/** Signs an announce; the bytes may travel over any path. */
export async function sealAnnounce(announce: Announce, privateKey: PrivateKey): Promise<Uint8Array> {
  const payload = InstanceRecord.encode({
    instanceName: announce.instanceName,
    seq: announce.seq,
    addrs: announce.addrs.slice(0, MAX_ANNOUNCED_ADDRESSES).map(address => Uint8Array.from(address.bytes)),
    bootId: bootIdToBytes(announce.bootId),
    recipientBootIds: announce.recipientBootIds.slice(0, MAX_RECIPIENT_BOOT_IDS).map(bootIdToBytes),
    isLeaving: announce.isLeaving === true,
    ...announce.card !== undefined && { card: announce.card },
    ...announce.expiresAt !== undefined && { expiresAt: announce.expiresAt }
  })
  const record = { domain: DOMAIN, codec: PAYLOAD_TYPE, marshal: () => payload, equals: () => false }
  return (await RecordEnvelope.seal(record, privateKey)).marshal()
}

/**
 * Checks signature and shape of a record that `from` told about itself.
 *
 * @throws InvalidAnnounceError that says what is wrong
 */
export async function openAnnounce(bytes: Uint8Array, from: PeerId): Promise<Announce> {
  const { peerId, announce } = await openSigned(bytes)
  if (!peerId.equals(from)) throw new InvalidAnnounceError('record of another peer')
  return announce
}

/**
 * Checks signature and shape of a record that anybody brought.
 *
 * @throws InvalidAnnounceError that says what is wrong
 */
export async function openSigned(bytes: Uint8Array): Promise<SignedAnnounce> {
  if (bytes.byteLength > MAX_ANNOUNCE_BYTES) throw new InvalidAnnounceError(`record of ${bytes.byteLength} bytes`)
  const envelope = await openEnvelope(bytes)
  if (Buffer.compare(envelope.payloadType, PAYLOAD_TYPE) !== 0) throw new InvalidAnnounceError('record of another type')
  return { peerId: peerIdFromPublicKey(envelope.publicKey), announce: validate(parse(envelope.payload)) }
}

async function openEnvelope(bytes: Uint8Array): Promise<RecordEnvelope> {
  try {
    return await RecordEnvelope.openAndCertify(bytes, DOMAIN)
  } catch (error) {
    throw new InvalidAnnounceError('signature not valid', { cause: error })
  }
}

function parse(payload: Uint8Array): InstanceRecord {
  try {
    return InstanceRecord.decode(payload, { limits: LIMITS })
  } catch (error) {
    throw new InvalidAnnounceError('not an instance record', { cause: error })
  }
}

function validate(record: InstanceRecord): Announce {
  const { instanceName, seq, card, bootId, recipientBootIds, isLeaving, expiresAt } = record
  if (instanceName === '' || safeName(instanceName) !== instanceName) throw new InvalidAnnounceError('instance name outside of a-z, 0-9 and "-"')
  if (!Number.isSafeInteger(seq) || seq <= 0) throw new InvalidAnnounceError('sequence number out of range')
  return {
    instanceName,
    seq,
    addrs: record.addrs.map(toMultiaddr),
    bootId: bootIdFromBytes(bootId),
    recipientBootIds: recipientBootIds.map(bootIdFromBytes),
    ...card !== undefined && { card: cleanCard(card) },
    ...isLeaving && { isLeaving },
    ...expiresAt !== undefined && { expiresAt }
  }
}

function bootIdToBytes(bootId: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(Buffer.from(bootId, 'hex'))
}

function bootIdFromBytes(bytes: Uint8Array): string {
  if (bytes.byteLength !== BOOT_ID_BYTES) throw new InvalidAnnounceError('malformed boot ID')
  return Buffer.from(bytes).toString('hex')
}

function toMultiaddr(bytes: Uint8Array): Multiaddr {
  try {
    return multiaddr(bytes)
  } catch (error) {
    throw new InvalidAnnounceError('malformed multiaddr', { cause: error })
  }
}

function cleanCard(card: AgentCard): AgentCard {
  return {
    description: oneLine(card.description, MAX_CARD_DESCRIPTION_CHARACTERS),
    skills: card.skills.map(skill => oneLine(skill, MAX_CARD_SKILL_CHARACTERS))
  }
}
