/** From the mesh's parts to the plain data that its callers see. */
import type { InboxRow } from '../mailbox/inbox-store.ts'
import type { InboundMessage, InboxMessage, InboxQuery, MeshEvent, PeerSummary } from '../mesh-api.ts'
import type { ConnectionPath } from '../node/network.ts'
import { identityOfText } from '../trust/approvals.ts'
import type { PeerBook, PeerRecord } from '../trust/peer-book.ts'

type WithoutSeq<E> = E extends unknown ? Omit<E, 'seq'> : never

/** An event before it has its place in the order. */
export type UnnumberedEvent = WithoutSeq<MeshEvent>

/** A message of a peer whose messages are taken. */
export function toInboundMessage(row: InboxRow, book: PeerBook): InboundMessage {
  const peer = book.get(row.peerId)
  const alias = peer?.alias ?? undefined
  return {
    messageId: row.id,
    from: row.peerId,
    agentId: peer?.agentId ?? identityOfText(row.peerId).agentId,
    kind: row.kind,
    text: row.text,
    at: row.receivedAt,
    hops: row.hops,
    ...alias !== undefined && { alias },
    ...row.inReplyTo !== undefined && { inReplyTo: row.inReplyTo }
  }
}

/** A row of the inbox for whoever asks: an agent gets no text that its owner has not let in. */
export function toInboxMessage(row: InboxRow, book: PeerBook, audience: InboxQuery['audience']): InboxMessage {
  const alias = book.get(row.peerId)?.alias ?? undefined
  const isShown = audience === 'owner' || row.state !== 'held'
  return {
    messageId: row.id,
    kind: row.kind,
    from: row.peerId,
    approved: book.statusOf(row.peerId) === 'approved',
    at: row.receivedAt,
    state: row.state,
    unread: row.isUnread,
    ...alias !== undefined && { alias },
    ...isShown && { text: row.text },
    ...row.inReplyTo !== undefined && { inReplyTo: row.inReplyTo }
  }
}

export interface PeerFacts {
  record: PeerRecord
  book: PeerBook
  paths: ConnectionPath[]
  addrs: string[]
  held: number
}

export function toPeerSummary({ record, book, paths, addrs, held }: PeerFacts): PeerSummary {
  const status = book.statusOf(record.peerId)
  const [best] = paths
  return {
    peerId: record.peerId,
    agentId: record.agentId,
    ...record.alias !== null && { alias: record.alias },
    approved: status === 'approved',
    status,
    connected: best !== undefined,
    ...best !== undefined && { path: best.path },
    lastSeen: record.lastSeen,
    addrs,
    held,
    ...record.code !== null && { code: record.code }
  }
}
