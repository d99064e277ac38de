/** What the owner and the agent can do with calls, as plain data. */
import { FORWARD_DEADLINE_MS } from '../config/limits.ts'
import { MeshError } from '../lib/errors.ts'
import type { EventLog } from '../lib/event-log.ts'
import type { CallAnswer, CallChoice, CallRequest, CallSpeech, CallSummary, CallTranscript, TargetDelivery } from '../mesh-api.ts'
import type { Mailbox } from '../mailbox/mailbox.ts'
import type { CreatedNode } from '../node/create-node.ts'
import type { CallRow } from '../sessions/call-store.ts'
import { endError } from '../sessions/call-steps.ts'
import type { Calls } from '../sessions/calls.ts'
import type { PeerBook } from '../trust/peer-book.ts'
import { toCallEvent, toCallSummary, toTranscript } from './call-views.ts'
import type { FileSharing } from './file-sharing.ts'
import type { MeshInit } from './init.ts'
import type { Recipients } from './recipients.ts'
import type { UnnumberedEvent } from './views.ts'

export interface CallDeskParts {
  init: MeshInit
  events: EventLog<UnnumberedEvent>
  node: CreatedNode
  book: PeerBook
  mailbox: Mailbox
  calls: Calls
  sharing: FileSharing
  recipients: Recipients
}

export class CallDesk {
  readonly #parts: CallDeskParts

  constructor(parts: CallDeskParts) {
    this.#parts = parts
  }

  /** Resolves once the peer has the call; a call that waits there goes on although that is a failure. */
  async call({ to, topic, speaker, hops }: CallRequest): Promise<CallSummary> {
    const { peerId } = await this.#parts.recipients.resolveAddressee(to, speaker)
    const after = this.#parts.events.lastSeq
    const dialled = await this.#parts.calls.dial({ peerId: peerId.toString(), topic, speaker, hops })
    await this.#parts.events.wait({
      after, timeoutMs: this.#parts.init.config.deliveryAckTimeoutMs,
      matches: event => event.type === 'call' && event.callId === dialled.id && (event.isConfirmed || event.state === 'ended')
    })
    const row = this.#latest(dialled)
    const facts = { messageId: row.id, state: toCallEvent(row).state }
    if (row.phase === 'waiting') {
      throw new MeshError('CALL_BUSY', `${row.peerId} is in another call; this one waits there for a minute and rings when that is over`, { ...facts, queued: true })
    }
    if (row.phase === 'calling' && row.inSeq === 0) {
      throw new MeshError('ACK_TIMEOUT', `${row.peerId} has not confirmed that it rings there; the call goes on trying for a minute`, { ...facts, queued: true })
    }
    if (row.phase !== 'ended') return this.#summary(row)
    const { code, message } = endError(row)
    throw new MeshError(code, message, facts)
  }

  async answer(answer: CallAnswer): Promise<CallSummary> {
    return this.#summary(await this.#parts.calls.answer(answer))
  }

  async say(speech: CallSpeech): Promise<{ callId: string, seq: number }> {
    const { id, outSeq } = await this.#parts.calls.say(speech)
    return { callId: id, seq: outSeq }
  }

  async escalate(speech: CallSpeech): Promise<{ callId: string, notified: TargetDelivery[] }> {
    const after = this.#parts.events.lastSeq
    const { row, message } = await this.#parts.calls.escalate(speech)
    if (this.#parts.mailbox.incoming.deliveriesOf(message.id).length > 0) {
      await this.#parts.events.wait({ after, timeoutMs: FORWARD_DEADLINE_MS, matches: event => event.type === 'forwarded' && event.messageId === message.id })
    }
    return { callId: row.id, notified: this.#parts.mailbox.incoming.deliveriesOf(message.id) }
  }

  async end(choice: CallChoice): Promise<CallTranscript> {
    return this.#transcript(await this.#parts.calls.end(choice))
  }

  list(): CallSummary[] {
    return this.#parts.calls.list().map(row => this.#summary(row))
  }

  transcript({ callId }: CallChoice): CallTranscript {
    const row = callId === undefined ? this.#parts.calls.list()[0] : this.#parts.calls.get(callId)
    if (row === undefined) throw new MeshError('NOT_FOUND', callId === undefined ? 'there was no call yet' : `no call has the ID ${callId}`)
    return this.#transcript(row)
  }

  /** A call that crossed one of the peer went on as that one. */
  #latest(dialled: CallRow): CallRow {
    const { calls } = this.#parts
    const row = calls.get(dialled.id) ?? dialled
    if (row.endReason !== 'crossed') return row
    return calls.list().find(({ peerId, phase }) => peerId === row.peerId && phase === 'active') ?? row
  }

  #summary(row: CallRow): CallSummary {
    const { book, calls } = this.#parts
    return toCallSummary(row, { alias: book.get(row.peerId)?.alias ?? undefined, isEscalated: calls.isEscalated(row.id) })
  }

  #transcript(row: CallRow): CallTranscript {
    const { calls, sharing, node } = this.#parts
    return toTranscript(row, calls.entries(row), { self: node.libp2p.peerId.toString(), pathOf: transferId => sharing.pathOf(transferId, row.peerId) })
  }
}
