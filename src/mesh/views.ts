/** From the mesh's parts to the plain data that its callers see. */
import type { DmPolicy } from '../config/schema.ts'
import { parsePeerId } from '../lib/recipient.ts'
import type { InboxRow } from '../mailbox/inbox-store.ts'
import type { ApprovalStatus, InboundMessage, InboxMessage, InboxQuery, InstanceSummary, MeshEvent, PeerSummary, Presence, ReceivedFile } from '../mesh-api.ts'
import type { ConnectionPath, Network } from '../node/network.ts'
import type { Route } from '../routes/instance-routes.ts'
import { identityOfText, pinHolder } from '../trust/approvals.ts'
import type { PeerBook } from '../trust/peer-book.ts'
import { betterWay, type PeerRecord } from '../trust/peer-record.ts'
import { inboundRight } from '../trust/policy.ts'

type WithoutSeq<E> = E extends unknown ? Omit<E, 'seq'> : never

/** An event before it has its place in the order. */
export type UnnumberedEvent = WithoutSeq<MeshEvent>

/** Where names of peers come from. */
export interface Names {
  book: PeerBook
  instances: { ofPeer: (peerId: string) => { instanceId: string } | undefined, pinHolderOf: (peerId: string) => string | undefined }
}

/** What is told with a message. */
export interface MessageFacts extends Names {
  sharing: { receivedIn: (messageId: string) => ReceivedFile | undefined }
}

function namesOf(peerId: string, { book, instances }: Names): { alias: string | undefined, instanceId: string | undefined } {
  return { alias: book.get(peerId)?.alias ?? undefined, instanceId: instances.ofPeer(peerId)?.instanceId }
}

/** The file that a message tells of. */
function fileOf(row: InboxRow, { sharing }: MessageFacts): { file?: ReceivedFile } {
  const file = row.kind === 'file' ? sharing.receivedIn(row.id) : undefined
  return file === undefined ? {} : { file }
}

/** A message of a peer whose messages are taken. */
export function toInboundMessage(row: InboxRow, names: MessageFacts): InboundMessage {
  const { alias, instanceId } = namesOf(row.peerId, names)
  return {
    messageId: row.id,
    from: row.peerId,
    agentId: names.book.get(row.peerId)?.agentId ?? identityOfText(row.peerId).agentId,
    kind: row.kind,
    text: row.text,
    at: row.receivedAt,
    hops: row.hops,
    ...alias !== undefined && { alias },
    ...instanceId !== undefined && { instanceId },
    ...row.inReplyTo !== undefined && { inReplyTo: row.inReplyTo },
    ...row.call !== undefined && { call: row.call },
    ...names.book.statusOf(row.peerId) !== 'approved' && { isStranger: true },
    ...row.topic !== undefined && { topic: row.topic },
    ...fileOf(row, names)
  }
}

/** A row of the inbox for whoever asks: an agent gets no text that its owner has not let in. */
export function toInboxMessage(row: InboxRow, names: MessageFacts, audience: InboxQuery['audience']): InboxMessage {
  const { alias, instanceId } = namesOf(row.peerId, names)
  const isShown = audience === 'owner' || row.state !== 'held'
  return {
    messageId: row.id,
    kind: row.kind,
    from: row.peerId,
    approved: names.book.statusOf(row.peerId) === 'approved',
    at: row.receivedAt,
    state: row.state,
    unread: row.isUnread,
    ...alias !== undefined && { alias },
    ...instanceId !== undefined && { instanceId },
    ...isShown && { text: row.text },
    ...row.inReplyTo !== undefined && { inReplyTo: row.inReplyTo },
    ...row.call !== undefined && { call: row.call },
    ...row.topic !== undefined && { topic: row.topic },
    ...fileOf(row, names)
  }
}

export interface PeerFacts {
  record: PeerRecord
  names: Names
  presence: Presence
  paths: ConnectionPath[]
  whyNotDirect: string | undefined
  addrs: string[]
  held: number
  dmPolicy: DmPolicy
}

export function toPeerSummary({ record, names, presence, paths, whyNotDirect, addrs, held, dmPolicy }: PeerFacts): PeerSummary {
  const { alias, instanceId } = namesOf(record.peerId, names)
  const status = names.book.statusOf(record.peerId)
  const claimsNameOf = names.instances.pinHolderOf(record.peerId)
  const [best] = paths
  return {
    peerId: record.peerId,
    agentId: record.agentId,
    ...alias !== undefined && { alias },
    ...instanceId !== undefined && { instanceId },
    approved: status === 'approved',
    status,
    connected: best !== undefined,
    presence,
    ...best !== undefined && { path: best.path, transport: best.transport, rttMs: best.rttMs, pathSince: best.since },
    ...best?.relay !== undefined && { relay: best.relay },
    ...best?.path === 'relay' && whyNotDirect !== undefined && { whyNotDirect },
    ...standingOf(record, { status, dmPolicy }),
    ...claimsNameOf !== undefined && { claimsNameOf },
    lastSeen: record.lastSeen,
    addrs,
    held,
    ...record.code !== null && { code: record.code }
  }
}

/** Those that matter first: approved ones, named or added ones, those that wait for approval; of each the ones online, then the ones seen last. */
export function comparePeers(one: PeerSummary, other: PeerSummary): number {
  return rankOf(one) - rankOf(other) || Number(other.presence === 'online') - Number(one.presence === 'online') || (other.lastSeen ?? 0) - (one.lastSeen ?? 0)
}

function rankOf({ status, alias, knownBy, held }: PeerSummary): number {
  if (status === 'approved') return 0
  if (status === 'blocked') return 4
  if (alias !== undefined || knownBy === 'added') return 1
  return held > 0 ? 2 : 3
}

function standingOf(record: PeerRecord, { status, dmPolicy }: { status: ApprovalStatus, dmPolicy: DmPolicy }) {
  const { introducedBy, firstSeen, isAgentBarred } = record
  const isConfigured = status === 'approved' && record.status === 'unknown'
  return {
    knownBy: isConfigured ? betterWay(record.knownBy, 'config') : record.knownBy,
    ...introducedBy !== null && { introducedBy },
    knownSince: firstSeen === 0 ? null : firstSeen,
    mayMessageUs: inboundRight(dmPolicy, status),
    agentMayMessage: !isAgentBarred && status !== 'blocked'
  }
}

/** An instance; what it says about its agent counts once its owner here lets it in. */
export function toInstanceSummary(route: Route, { network, book }: { network: Network, book: PeerBook }): InstanceSummary {
  const { instanceId, instanceName, source, lastSeenAt, card } = route
  const peerId = parsePeerId(route.peerId)
  const alias = book.get(route.peerId)?.alias ?? undefined
  const approved = book.statusOf(route.peerId) === 'approved'
  const holder = pinHolder(book, { peerId: route.peerId, name: instanceName })
  return {
    instanceId, instanceName, peerId: route.peerId, approved, source, lastSeenAt,
    connected: peerId !== undefined && network.isConnected(peerId),
    ...alias !== undefined && { alias },
    ...holder !== undefined && { claimsNameOf: holder.peerId },
    ...approved && card !== undefined && { card: { ...card } }
  }
}

/** The peer that an event is about. */
export function peerOf(event: UnnumberedEvent): string {
  return event.type === 'message' ? event.message.from : event.peerId
}
