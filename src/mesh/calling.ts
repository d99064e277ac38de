/** Calls of the mesh, put together: what they take of its parts. */
import type { EventLog } from '../lib/event-log.ts'
import { parsePeerId } from '../lib/recipient.ts'
import type { Network } from '../node/network.ts'
import type { PeerKeeper } from '../node/peer-keeper.ts'
import { Calls, type CallsInit } from '../sessions/calls.ts'
import { checkAuthor } from '../trust/approvals.ts'
import type { PeerBook } from '../trust/peer-book.ts'
import { toCallEvent } from './call-views.ts'
import type { MeshInit } from './init.ts'
import type { UnnumberedEvent } from './views.ts'

export interface CallParts extends Pick<CallsInit, 'database' | 'commits' | 'mailbox'> {
  init: MeshInit
  events: EventLog<UnnumberedEvent>
  network: Network
  keeper: PeerKeeper
  book: PeerBook
}

/** Calls that keep their peers connected and tell of their changes. */
export function createCalls({ init, events, database, commits, network, keeper, mailbox, book }: CallParts): Calls {
  const { config: { autoAnswerCalls, deliveryAckTimeoutMs, messageTtlMs }, newId, clock, log } = init
  return new Calls({
    database, commits, mailbox, messageTtlMs, newId, clock, log,
    autoAnswer: autoAnswerCalls,
    dialWaitMs: deliveryAckTimeoutMs,
    checkAuthor: (peerId, author) => { checkAuthor(book, peerId, author) },
    isConnected: (text) => {
      const peerId = parsePeerId(text)
      return peerId !== undefined && network.isConnected(peerId)
    },
    onOpen: (text, isOpen) => {
      const peerId = parsePeerId(text)
      if (peerId !== undefined && isOpen) keeper.want(peerId, 'call')
      else if (peerId !== undefined) keeper.unwant(peerId, 'call')
    },
    onChange: (row) => { events.append(toCallEvent(row)) }
  })
}
