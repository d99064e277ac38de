/** The owner's answers in a chat: whoever quotes a forwarded message answers the peer, and no agent takes the answer for a request. */
import { createHash } from 'node:crypto'
import { BoundedMap } from '../lib/bounded-map.ts'
import { toMeshError } from '../lib/errors.ts'
import { oneLine } from '../lib/text.ts'
import type { DeliveryTarget, ForwardedMessage, SendResult } from '../mesh-api.ts'
import { answerInCall, isOfCall, type CallOutcome } from './call-answers.ts'
import { plainChatText } from './chat-text.ts'
import { chatName, isForwardText } from './forward-text.ts'
import type { ChannelSender, HostConfig } from './host.ts'
import { findMesh, waitForMesh, type LiveMesh } from './live-mesh.ts'
import { bareId, isOwner, isSameChat, type ChatSender } from './owner.ts'

/** What somebody wrote in a channel, as far as an answer needs it. */
export interface ChatMessage extends ChatSender {
  messageId: string | undefined
  text: string
  /** IDs of the quoted message. */
  quotedIds: readonly string[]
  quotedText: string | undefined
}

/** Which message of which chat. */
export type ChatPlace = Pick<ChatMessage, 'channel' | 'accountId' | 'conversationId' | 'messageId'>

export interface OwnerAnswersInit {
  config: () => HostConfig
  /** The configured forwarding targets. */
  targets: () => readonly DeliveryTarget[]
  sendToChannel: ChannelSender
}

/** What the host is told: nothing (the message is not for us), or that it is done, with a text to show where we could not. */
export type Handled = { handled: true, text?: string } | undefined

/** Channels send an event again within minutes. */
const MAX_REMEMBERED = 512
/** How long an answer waits for a channel that restarts; the owner looks at the screen. */
const RESTART_WAIT_MS = 10_000
const MAX_SHOWN_ERROR = 300
/** What stands for an attachment where there is no text. */
const PLACEHOLDERS = /<media:[^>]*>|^\[[^\]]*\]$/g

export class OwnerAnswers {
  readonly #init: OwnerAnswersInit
  readonly #withAttachments = new BoundedMap<string, true>(MAX_REMEMBERED)
  readonly #answered = new BoundedMap<string, Promise<Handled>>(MAX_REMEMBERED)

  constructor(init: OwnerAnswersInit) {
    this.#init = init
  }

  /** Notes that a message carries attachments, which the host tells apart from its text. */
  noteAttachments(message: ChatPlace): void {
    const key = keyOf(message)
    if (key !== undefined) this.#withAttachments.set(key, true)
  }

  /** Sends the message to the peer whose message it quotes, once, when the owner wrote it. */
  async handle(message: ChatMessage): Promise<Handled> {
    if (message.quotedIds.length === 0 || !isOwner(message, this.#init.targets(), this.#init.config())) return undefined
    const key = keyOf(message)
    const before = key === undefined ? undefined : this.#answered.get(key)
    if (before !== undefined) return await before === undefined ? undefined : { handled: true }
    const answering = this.#answer(message)
    if (key !== undefined) this.#answered.set(key, answering)
    return answering
  }

  async #answer(message: ChatMessage): Promise<Handled> {
    const isClearlyOurs = isForwardText(message.quotedText ?? '')
    try {
      const live = findMesh() ?? (isClearlyOurs ? await waitForMesh(RESTART_WAIT_MS) : undefined)
      const quoted = live === undefined ? undefined : await findQuoted(live, message)
      if (live === undefined || quoted === undefined) return undefined
      return await this.#tell({ ...message, conversationId: quoted.target.target }, await this.#send(live, message, quoted))
    } catch (thrown) {
      return isClearlyOurs ? this.#tell(message, `Your answer was not sent: ${errorText(thrown)}`) : undefined
    }
  }

  /** Sends what can be sent; what the owner is told about it. */
  async #send({ mesh }: LiveMesh, message: ChatMessage, { message: quoted }: ForwardedMessage): Promise<string> {
    const name = chatName(quoted)
    const key = keyOf(message)
    const hasAttachments = key !== undefined && this.#withAttachments.has(key)
    const text = (hasAttachments ? message.text.replaceAll(PLACEHOLDERS, '') : message.text).trim()
    if (text === '') return `Nothing was sent to ${name}: ${hasAttachments ? 'attachments are not carried, only text' : 'your answer has no text'}.`
    try {
      if (isOfCall(quoted)) return callText(name, await answerInCall(mesh, quoted, { texts: [text], speaker: 'owner' }))
      const result = await mesh.sendMessage({ to: quoted.from, text, inReplyTo: quoted.messageId, hops: 0, ...key !== undefined && { messageId: uuidOf(key) } })
      return `${sentText(name, result)}${hasAttachments ? ' The attachment was not sent: only text is carried.' : ''}`
    } catch (thrown) {
      const waits = toMeshError(thrown).queued === true
      return waits ? `Your answer to ${name} waits and is sent by itself: ${errorText(thrown)}` : `Your answer was not sent to ${name}: ${errorText(thrown)}`
    }
  }

  /** The host keeps its own text back where the owner wants an agent to speak only through a tool, so we show it ourselves. */
  async #tell({ channel, accountId, conversationId, messageId }: ChatMessage, text: string): Promise<Handled> {
    const place = { channel, target: conversationId, ...accountId !== undefined && { accountId } }
    const outcome = await this.#init.sendToChannel(place, () => text, { replyToId: messageId })
    return outcome.kind === 'failed' || outcome.kind === 'retry' ? { handled: true, text } : { handled: true }
  }
}

async function findQuoted({ mesh }: LiveMesh, message: ChatMessage): Promise<ForwardedMessage | undefined> {
  for (const quotedId of message.quotedIds) {
    const shown = await mesh.findForwarded(message.channel, quotedId)
    const quoted = shown.find(({ target }) => isSameChat(target, message))
    if (quoted !== undefined) return quoted
  }
  return undefined
}

/** Names a message of a channel, also across restarts; undefined where the channel gives it no ID. */
function keyOf({ channel, accountId, conversationId, messageId }: ChatPlace): string | undefined {
  return messageId === undefined ? undefined : JSON.stringify([channel, accountId ?? '', bareId(conversationId), messageId])
}

/** A UUID (version 8) made of the key, so that an event that comes twice cannot send twice. */
function uuidOf(key: string): string {
  const bytes = createHash('sha256').update(key).digest().subarray(0, 16)
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6)
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

function callText(name: string, outcome: CallOutcome): string {
  switch (outcome) {
    case 'accepted':
      return `✓ You are in a call with ${name}.`
    case 'rejected':
      return `✓ You rejected the call of ${name}.`
    case 'said':
    case 'silent':
      return `✓ Said in the call with ${name}.`
    case 'over':
      return `Nothing was sent to ${name}: the call is over.`
    case 'undecided':
      return `${name} is calling: begin your answer with accept or reject.`
  }
}

function sentText(name: string, { state, cause }: SendResult): string {
  switch (state) {
    case 'received':
    case 'delivered':
    case 'replied':
      return `✓ ${name} has your answer.`
    case 'held':
      return `${name} has your answer and holds it until its owner approves this node.`
    case 'queued':
      return `${name} cannot be reached now${cause === undefined ? '' : ` (${cause})`}; your answer waits and is sent by itself.`
  }
}

function errorText(thrown: unknown): string {
  return plainChatText(oneLine(toMeshError(thrown).message, MAX_SHOWN_ERROR))
}
