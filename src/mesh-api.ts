/**
 * The interface of a mesh: everything above `mesh.ts` (OpenClaw, bench, tests) speaks it and its plain data only, so that the
 * mesh can move into a worker or a process of its own.
 */
import type { CallAnswer, CallChoice, CallRequest, CallSpeech, CallSummary, CallTranscript } from './api/calls.ts'
import type { Invite, InviteRequest, JoinedPeer, JoinRequest } from './api/invites.ts'
import type {
  BroadcastRequest, BroadcastResult, DeliveryTarget, ForwardClaim, ForwardedMessage, ForwardOutcome, InboxMessage, InboxQuery, InstanceSendRequest,
  InstanceSendResult, MeshEvent, MessageStatus, SendRequest, SendResult, TargetDelivery, TurnClaim, TurnOutcome, WatchRequest, WatchResult
} from './api/messages.ts'
import type {
  InstanceIdentity, InstanceSummary, MeshStatus, NetworkInfo, PeerSummary, PingResult, ResolvedInstance
} from './api/peers.ts'
import type { AddPeerRequest, AddedPeer, ApprovedPeer, DiscoverResult } from './api/trust.ts'

export type * from './api/calls.ts'
export type * from './api/invites.ts'
export type * from './api/messages.ts'
export type * from './api/peers.ts'
export type * from './api/trust.ts'

/** Everything that a running mesh can be asked to do. Failures are `MeshError`s with a code of INTERFACE.md. */
export interface MeshApi {
  start: () => Promise<void>
  stop: () => Promise<void>
  /** Resolves when everything written so far is on disk. */
  flush: () => Promise<void>
  identity: () => Promise<InstanceIdentity>
  status: () => Promise<MeshStatus>
  /** As known; with `check` after asking STUN servers, routers and peers anew, which takes seconds. */
  networkInfo: (query?: { check?: boolean }) => Promise<NetworkInfo>
  listPeers: (query?: { online?: boolean }) => Promise<PeerSummary[]>
  listInstances: () => Promise<InstanceSummary[]>
  /** By instance ID, agent ID, or a name that only one instance carries. */
  resolveInstance: (instance: string) => Promise<ResolvedInstance>
  addPeer: (request: AddPeerRequest) => Promise<AddedPeer>
  removePeer: (recipient: string) => Promise<{ peerId: string }>
  /** Approves by pending code or recipient and releases what was held, exactly once. */
  approvePeer: (codeOrRecipient: string) => Promise<ApprovedPeer>
  blockPeer: (recipient: string) => Promise<{ peerId: string }>
  /** Asks others for peers and connects to those that they name. */
  discover: () => Promise<DiscoverResult>
  /** Makes a ticket for one peer, which lets it in. */
  createInvite: (request: InviteRequest) => Promise<Invite>
  /** Goes to the peer that made the ticket; both approve each other. */
  joinInvite: (request: JoinRequest) => Promise<JoinedPeer>
  /** Four words that follow from the peer's key and ours. */
  safetyWords: (peerId: string) => Promise<string[]>
  ping: (recipient: string) => Promise<PingResult>
  sendMessage: (request: SendRequest) => Promise<SendResult>
  /** Sends to an instance and succeeds only when it was delivered there: forwarded to every target, or taken by its agent. */
  sendInstanceMessage: (request: InstanceSendRequest) => Promise<InstanceSendResult>
  /** Sends a text to everybody on a topic, known or not. */
  broadcast: (request: BroadcastRequest) => Promise<BroadcastResult>
  messageStatus: (messageId: string) => Promise<MessageStatus>
  inbox: (query: InboxQuery) => Promise<{ messages: InboxMessage[], unread: number }>
  watch: (request: WatchRequest) => Promise<WatchResult>
  /** Marks the message as taken before an agent turn starts, within the turn budgets. */
  claimTurn: (messageId: string) => Promise<TurnClaim>
  /** Marks a target as handed to its channel before the channel gets the message. */
  beginForward: (messageId: string, target: DeliveryTarget) => Promise<ForwardClaim>
  finishForward: (messageId: string, target: DeliveryTarget, outcome: ForwardOutcome) => Promise<void>
  /** What a channel shows under this ID: none of ours, one message, or one in each of several chats that number theirs alike. */
  findForwarded: (channel: string, platformId: string) => Promise<ForwardedMessage[]>
  finishTurn: (messageId: string, outcome: TurnOutcome) => Promise<void>
  /** Calls a peer; resolves once it rings there, or is answered. */
  call: (request: CallRequest) => Promise<CallSummary>
  answerCall: (answer: CallAnswer) => Promise<CallSummary>
  sayInCall: (speech: CallSpeech) => Promise<{ callId: string, seq: number }>
  /** Fetches the owner into a call: forwarded like a message, told to the peer; the results are those known when every channel was tried once. */
  escalateCall: (speech: CallSpeech) => Promise<{ callId: string, notified: TargetDelivery[] }>
  /** Ends a call, if that did not happen yet. */
  endCall: (choice: CallChoice) => Promise<CallTranscript>
  /** The newest first. */
  listCalls: () => Promise<CallSummary[]>
  /** Without a call ID that of the newest call. */
  transcript: (choice: CallChoice) => Promise<CallTranscript>
  /** Calls `listener` for each event from now on, and for each stored message that nobody took yet; returns the way to stop. */
  subscribe: (listener: (event: MeshEvent) => void) => () => void
}
