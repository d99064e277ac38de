/** Messages, what becomes of them, and events, as plain data. Times are milliseconds since the epoch unless a name ends in `Ms`. */

import type { CallEndReason, CallNote, CallState } from './calls.ts'

/** How far a message got; each value says what is proven. */
export type DeliveryState = 'queued' | 'sent' | 'received' | 'held' | 'delivered' | 'replied' | 'uncertain' | 'failed' | 'expired'

/** `direct` is what a person or agent wrote to this node; `reply` answers one of our messages; `broadcast` went to everybody; `call` belongs to a call. */
export type InboxKind = 'direct' | 'reply' | 'broadcast' | 'call'

export interface BroadcastRequest {
  text: string
  /** @default the topic of the configuration */
  topic?: string
  /** How many agents the conversation passed through to get here. @default 0 */
  hops?: number
}

export interface BroadcastResult {
  messageId: string
  topic: string
  /** Connected peers that it was sent to, which pass it on; 0 when none takes broadcasts of this topic. */
  recipients: number
}

/** Who acts: an agent may do and see less than its owner. */
export type Audience = 'agent' | 'owner'

export interface SendRequest {
  to: string
  text: string
  /** An agent that writes on its own is kept from peers that its owner keeps for himself. @default 'owner' */
  author?: Audience
  /** Present when this answers a received message; the message is then a `reply`, which starts no turn over there. */
  inReplyTo?: string
  /** How many agents the conversation passed through to get here. @default 0 */
  hops?: number
  /** Wait this long for a reply (0: do not wait). @default 0 */
  waitForReplyMs?: number
  /** Prefer the peer's known TCP address with this port when a dial is needed. */
  port?: number
  /** A UUID of the caller's choice: when a message of ours has it already, nothing is sent, and the result tells how far that one got. */
  messageId?: string
}

export interface SendResult {
  messageId: string
  peerId: string
  state: 'received' | 'delivered' | 'held' | 'queued' | 'replied'
  /** Text of the reply when one was waited for and came. */
  reply?: string
  /** For `queued`: the short word for why it is not there yet (`refused`, `timeout`, `no-address` ...). */
  cause?: string
  /** For `queued` because of the recipient's limit: when it goes out. */
  retryAfterMs?: number
}

/** A send that counts once it was delivered there. */
export interface InstanceSendRequest extends Pick<SendRequest, 'text' | 'author' | 'hops'> {
  instance: string
}

export interface InstanceSendResult {
  messageId: string
  peerId: string
  /** Absent while the recipient has not announced itself. */
  instanceId?: string
  /** Whether the recipient is approved here; the name of an instance that is not is its own claim. */
  approved: boolean
  state: 'delivered'
  /** Each target of the recipient; empty where its agent took the message. */
  deliveries: TargetDelivery[]
}

export interface MessageStatus {
  messageId: string
  peerId: string
  state: DeliveryState
  history: Array<{ state: DeliveryState, at: number }>
  error?: { code: string, message: string, cause?: string, retryAfterMs?: number }
  /** What the recipient said about its channels. */
  deliveries?: TargetDelivery[]
}

export interface InboxQuery {
  /** `agent` never sees the text of an unapproved sender; `owner` does. */
  audience: Audience
  /** Only messages of this peer (any recipient form). */
  from?: string
  unreadOnly?: boolean
  /** @default 20 */
  limit?: number
  markRead?: boolean
}

export interface InboxMessage {
  messageId: string
  kind: InboxKind
  from: string
  instanceId?: string
  alias?: string
  approved: boolean
  /** Absent for the agent while the sender is unapproved. */
  text?: string
  at: number
  state: 'received' | 'held' | 'delivered' | 'uncertain'
  unread: boolean
  inReplyTo?: string
  call?: CallNote
  /** Of a broadcast. */
  topic?: string
}

/** A stored message of an approved sender, as it is handed to the layer that shows it or gives it to an agent. */
export interface InboundMessage {
  messageId: string
  from: string
  agentId: string
  instanceId?: string
  alias?: string
  kind: InboxKind
  text: string
  at: number
  hops: number
  inReplyTo?: string
  /** The sender is not approved: its message was taken because everybody may write, or because it answers one of ours. */
  isStranger?: true
  call?: CallNote
  /** Of a broadcast. */
  topic?: string
}

/** Whether a stored message may start an agent turn, decided and marked on disk before the turn starts. */
export type TurnClaim =
  | { claimed: true, message: InboundMessage }
  | { claimed: false, reason: 'unknown-message' | 'already-taken' | 'not-approved' | 'reply' | 'hop-limit' | 'peer-budget' | 'global-budget' }

/** A place in one of the owner's channels that messages are forwarded to. */
export interface DeliveryTarget {
  /** Channel of the host, e.g. `feishu`. */
  channel: string
  /** In the channel's own form, e.g. `user:ou_xxx`. */
  target: string
  accountId?: string
}

/** What became of a message at one target. */
export interface TargetDelivery {
  channel: string
  target: string
  ok: boolean
  error?: string
}

/** How one attempt to forward ended; `uncertain`: the channel never said. */
export type ForwardOutcome =
  /** With the channel's own IDs of what it shows; a long text may be several messages there. */
  | { kind: 'sent', platformIds: string[] }
  | { kind: 'retry', error: string, retryAfterMs?: number }
  | { kind: 'failed', error: string }
  | { kind: 'uncertain', error: string }

/** A message of a peer and the place where one of the owner's channels shows it. */
export interface ForwardedMessage {
  message: InboundMessage
  target: DeliveryTarget
}

export type ForwardClaim = { begun: true, message: InboundMessage } | { begun: false }

/** How a claimed turn ended; the sender is told `delivered` or `uncertain`. */
export type TurnOutcome = 'delivered' | 'uncertain' | 'received'

/** What happened, in order; `seq` counts up by one. */
export type MeshEvent =
  | { seq: number, type: 'message', message: InboundMessage }
  | { seq: number, type: 'held', peerId: string, code: string, held: number }
  | { seq: number, type: 'delivery', messageId: string, peerId: string, state: DeliveryState }
  /** Somebody came with a ticket of ours, and both have approved each other. */
  | { seq: number, type: 'joined', peerId: string, inviteId: string, alias?: string, safetyWords: string[] }
  | { seq: number, type: 'peer-connected' | 'peer-disconnected', peerId: string }
  | { seq: number, type: 'instance', instanceId: string, peerId: string }
  /** A message may be forwarded to that target now. */
  | { seq: number, type: 'forward', messageId: string, peerId: string, target: DeliveryTarget }
  /** Every channel was tried once. */
  | { seq: number, type: 'forwarded', messageId: string, peerId: string }
  /** A call is in another state, or was told to wait. `isConfirmed`: the peer has the call. */
  | { seq: number, type: 'call', callId: string, peerId: string, state: CallState, isConfirmed: boolean, waits: boolean, endReason?: CallEndReason }

export interface WatchRequest {
  /** Events with a greater `seq` are wanted; absent: from now on. */
  after?: number
  /** Only events of this peer (any recipient form). */
  peer?: string
  /** How long to wait for the first event. */
  timeoutMs: number
}

export interface WatchResult {
  events: MeshEvent[]
  /** Pass as `after` next time. */
  cursor: number
}
