/** The mailbox of a mesh, wired to its network, its trust and its events. */
import type { DatabaseSync } from 'node:sqlite'
import type { EventLog } from '../lib/event-log.ts'
import { toError } from '../lib/errors.ts'
import type { GroupCommit } from '../lib/group-commit.ts'
import { Mailbox } from '../mailbox/mailbox.ts'
import type { Network } from '../node/network.ts'
import type { PeerKeeper } from '../node/peer-keeper.ts'
import type { MessageProtocol } from '../protocols/message-protocol.ts'
import type { Calls } from '../sessions/calls.ts'
import { identityOfText } from '../trust/approvals.ts'
import type { PeerBook } from '../trust/peer-book.ts'
import type { MeshInit } from './init.ts'
import type { Instances } from './instances.ts'
import { toInboundMessage, type UnnumberedEvent } from './views.ts'

export interface MailboxSurroundings {
  init: MeshInit
  events: EventLog<UnnumberedEvent>
  database: DatabaseSync
  commits: GroupCommit
  network: Network
  book: PeerBook
  keeper: PeerKeeper
  protocol: MessageProtocol
  instances: Instances
  /** Made after the mailbox. */
  calls: () => Calls
}

/** What the mailbox takes in, holds and delivers becomes events. */
export function createMailbox({ init, events, database, commits, network, book, keeper, protocol, instances, calls }: MailboxSurroundings): Mailbox {
  const mailbox: Mailbox = new Mailbox({
    config: init.config, database, commits, protocol, newId: init.newId, clock: init.clock, log: init.log,
    statusOf: peerId => book.statusOf(peerId),
    reach: async (peerId) => {
      await network.connect(peerId)
      await protocol.link(peerId)
    },
    isConnected: peerId => network.isConnected(peerId),
    onWaiting: (peerId, isWaiting) => {
      if (isWaiting) keeper.want(peerId, 'messages')
      else keeper.unwant(peerId, 'messages')
    },
    onReceived: (row) => { events.append({ type: 'message', message: toInboundMessage(row, { book, instances }) }) },
    onHeld: (row) => {
      announceHeld(row.peerId, { book, events, held: () => mailbox.incoming.heldByPeer().get(row.peerId) ?? 0 })
        .catch((error: unknown) => { init.log.error(`The approval code of ${row.peerId} could not be stored: ${toError(error).message}`) })
    },
    onForwardDue: (row, target) => { events.append({ type: 'forward', messageId: row.id, peerId: row.peerId, target }) },
    random: init.random,
    judgeCall: step => calls().judge(step),
    onCallFailed: (callId, error) => { calls().handleFailed(callId, error) },
    onUnreachable: (peerId, error) => { calls().handleUnreachable(peerId, error) },
    onForwarded: ({ id, peerId }) => { events.append({ type: 'forwarded', messageId: id, peerId }) },
    onDelivery: ({ messageId, peerId, state }) => { events.append({ type: 'delivery', messageId, peerId, state }) }
  })
  return mailbox
}

async function announceHeld(peerId: string, { book, events, held }: Pick<MailboxSurroundings, 'book' | 'events'> & { held: () => number }): Promise<void> {
  const code = await book.codeOf(identityOfText(peerId))
  events.append({ type: 'held', peerId, code, held: held() })
}
