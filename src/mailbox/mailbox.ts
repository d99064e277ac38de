/** Messages in both directions: our own, those of peers, and what the message protocol brings for either. */
import type { Connection, PeerId } from '@libp2p/interface'
import type { MessageHandler } from '../protocols/message-link.ts'
import type { WireAck, WireMessage } from '../protocols/wire-message.ts'
import { Incoming, type IncomingInit } from './incoming.ts'
import { Outgoing, type OutgoingInit } from './outgoing.ts'

/** What both directions need; each gets the other through the mailbox. */
export type MailboxInit = OutgoingInit & Omit<IncomingInit, 'findSent' | 'countReply' | 'onReplied' | 'sendReceipt'>

export class Mailbox implements Pick<MessageHandler, 'handleMessage' | 'handleAcks' | 'handleLinkClosed'> {
  readonly outgoing: Outgoing
  readonly incoming: Incoming

  constructor(init: MailboxInit) {
    const outgoing = new Outgoing(init)
    this.outgoing = outgoing
    this.incoming = new Incoming({
      ...init,
      findSent: messageId => outgoing.get(messageId),
      countReply: (messageId) => { outgoing.countReply(messageId) },
      onReplied: (sent, text) => { outgoing.handleReply(sent, text) },
      sendReceipt: async (peerId, receipt) => { await outgoing.sendReceipt(peerId, receipt) }
    })
  }

  /** Takes up what the last run left. */
  async start(): Promise<void> {
    this.outgoing.start()
    await this.incoming.start()
  }

  stop(): void {
    this.incoming.stop()
    this.outgoing.stop()
  }

  async handleMessage(from: PeerId, message: WireMessage, connection: Connection): Promise<WireAck> {
    if (message.kind !== 'system') return await this.incoming.receive(from, message, hostOf(connection))
    const isKnown = message.receipt !== undefined && await this.outgoing.applyReceipt(from.toString(), message.receipt)
    return isKnown ? { id: message.id, stage: 'received' } : { id: message.id, stage: 'refused', code: 'INVALID_ARGUMENT', text: 'a receipt of no message of ours to you' }
  }

  handleAcks(from: PeerId, acks: WireAck[]): void {
    this.outgoing.handleAcks(from, acks)
  }

  handleLinkClosed(peerId: PeerId): void {
    this.outgoing.handleLinkClosed(peerId)
  }

  async keepHouse(): Promise<void> {
    await this.outgoing.keepHouse()
    await this.incoming.keepHouse()
  }
}

function hostOf(connection: Connection): string {
  const [host] = connection.remoteAddr.getComponents()
  return host?.value ?? 'unknown'
}
