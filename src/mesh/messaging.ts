/** Messages from the side of whoever uses the mesh: sent by recipient, read, given to an agent, forwarded to channels. */
import type {
  DeliveryTarget, ForwardClaim, ForwardedMessage, ForwardOutcome, InboundMessage, InboxMessage, InboxQuery, InstanceSendRequest, InstanceSendResult,
  MessageStatus, SendRequest, SendResult, TurnClaim, TurnOutcome
} from '../mesh-api.ts'
import type { Mailbox } from '../mailbox/mailbox.ts'
import type { Network } from '../node/network.ts'
import type { PeerBook } from '../trust/peer-book.ts'
import type { Instances } from './instances.ts'
import type { Recipients } from './recipients.ts'
import { toInboundMessage, toInboxMessage } from './views.ts'

export interface MessagingParts {
  network: Network
  book: PeerBook
  mailbox: Mailbox
  instances: Instances
  recipients: Recipients
}

export class Messaging {
  readonly #parts: MessagingParts

  constructor(parts: MessagingParts) {
    this.#parts = parts
  }

  async send({ to, text, author, inReplyTo, hops, waitForReplyMs, port, messageId }: SendRequest): Promise<SendResult> {
    const { mailbox, network, recipients } = this.#parts
    const { peerId } = await recipients.resolveAddressee(to, author)
    if (port !== undefined) await network.connect(peerId, { port })
    return await mailbox.outgoing.send({ peerId: peerId.toString(), text, inReplyTo, hops, waitForReplyMs, messageId })
  }

  async sendToInstance({ instance, text, hops, author }: InstanceSendRequest): Promise<InstanceSendResult> {
    const { book, mailbox, instances, recipients } = this.#parts
    const peerId = (await recipients.resolveAddressee(instance, author)).peerId.toString()
    const { messageId, deliveries = [] } = await mailbox.outgoing.sendToInstance({ peerId, text, hops })
    const instanceId = instances.ofPeer(peerId)?.instanceId
    return {
      messageId, peerId, ...instanceId !== undefined && { instanceId }, approved: book.statusOf(peerId) === 'approved', state: 'delivered', deliveries
    }
  }

  async status(messageId: string): Promise<MessageStatus> {
    return await this.#parts.mailbox.outgoing.status(messageId)
  }

  async inbox({ audience, from, unreadOnly, limit, markRead }: InboxQuery): Promise<{ messages: InboxMessage[], unread: number }> {
    const { mailbox: { incoming }, recipients } = this.#parts
    const peerId = from === undefined ? undefined : (await recipients.resolveKnown(from)).peerId.toString()
    const rows = incoming.list({ peerId, unreadOnly, limit: limit ?? 20 })
    const messages = rows.map(row => toInboxMessage(row, this.#parts, audience))
    if (markRead === true) await incoming.markShown(rows.filter(row => audience === 'owner' || row.state !== 'held'))
    return { messages, unread: incoming.unread }
  }

  /** Stored messages that nobody took yet. */
  open(): InboundMessage[] {
    return this.#parts.mailbox.incoming.openMessages().map(row => toInboundMessage(row, this.#parts))
  }

  async claimTurn(messageId: string): Promise<TurnClaim> {
    const claim = await this.#parts.mailbox.incoming.claimTurn(messageId)
    return claim.claimed ? { claimed: true, message: toInboundMessage(claim.row, this.#parts) } : claim
  }

  async finishTurn(messageId: string, outcome: TurnOutcome): Promise<void> {
    await this.#parts.mailbox.incoming.finishTurn(messageId, outcome)
  }

  async beginForward(messageId: string, target: DeliveryTarget): Promise<ForwardClaim> {
    const row = await this.#parts.mailbox.incoming.beginForward(messageId, target)
    return row === undefined ? { begun: false } : { begun: true, message: toInboundMessage(row, this.#parts) }
  }

  async finishForward(messageId: string, target: DeliveryTarget, outcome: ForwardOutcome): Promise<void> {
    await this.#parts.mailbox.incoming.finishForward(messageId, target, outcome)
  }

  findForwarded(channel: string, platformId: string): ForwardedMessage[] {
    const found = this.#parts.mailbox.incoming.findForwarded(channel, platformId)
    return found.map(({ row, target }) => ({ message: toInboundMessage(row, this.#parts), target }))
  }
}
