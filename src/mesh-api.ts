/**
 * The plain data that goes into and comes out of a mesh: everything above `mesh.ts` (OpenClaw, bench, tests)
 * speaks these types only, so that the mesh can move into a worker or a process of its own.
 *
 * Times are milliseconds since the epoch unless a name ends in `Ms` (a duration).
 */

/** How far a message got; each value says what is proven (ARCHITECTURE: "A message's life"). */
export type DeliveryState = 'queued' | 'sent' | 'received' | 'held' | 'delivered' | 'replied' | 'uncertain' | 'failed' | 'expired'

/** The path a connection takes. */
export type PathKind = 'direct' | 'relay'

export type ApprovalStatus = 'unknown' | 'approved' | 'blocked'

/** `direct` is what a person or agent wrote to this node; `reply` answers one of our messages. */
export type InboxKind = 'direct' | 'reply'

export interface InstanceIdentity {
  instanceId: string
  instanceName: string
  agentId: string
  peerId: string
  /** Raw Ed25519 public key, base64url. */
  publicKey: string
}

export interface MeshStatus {
  peerId: string
  agentId: string
  instanceId: string
  started: boolean
  listenAddrs: string[]
  announcedAddrs: string[]
  connectedPeers: number
  knownPeers: number
  /** Messages in the inbox that were not read, held ones included. */
  unread: number
  /** Messages of ours that no peer has confirmed yet. */
  queued: number
  /** Unapproved peers that left messages and wait for the owner's approval. */
  pendingApprovals: PendingApproval[]
  nat: { reachability: 'unknown' | 'public' | 'private', type: string, relays: string[] }
  version: string
}

export interface PendingApproval {
  peerId: string
  code: string
  held: number
}

export interface ConnectionSummary {
  peerId: string
  remoteAddr: string
  path: PathKind
  /** `tcp`, `ws`, `udx`, ... : what carries the bytes. */
  transport: string
  /** Round trip of the last ping over this connection; null before the first one came back. */
  rttMs: number | null
}

export interface NetworkInfo {
  peerId: string
  instanceId: string
  listenAddrs: string[]
  connections: ConnectionSummary[]
}

export interface PeerSummary {
  peerId: string
  agentId: string
  instanceId?: string
  alias?: string
  approved: boolean
  status: ApprovalStatus
  connected: boolean
  path?: PathKind
  lastSeen: number | null
  addrs: string[]
  /** Messages of this peer that are held until the owner approves it. */
  held: number
  /** The code to approve an unapproved peer with. */
  code?: string
}

/** A known instance. */
export interface InstanceSummary {
  /** `<name>@<agent ID>`: the agent ID is derived from the peer's key, the name is the peer's claim. */
  instanceId: string
  instanceName: string
  peerId: string
  connected: boolean
  lastSeenAt: number
  source: 'announce' | 'dht'
  card?: { description: string, skills: string[] }
}

export interface ResolvedInstance {
  instanceId: string
  peerId: string
  addrs: string[]
}

export interface AddPeerRequest {
  /** Peer ID, multiaddr ending in `/p2p/<id>`, agent ID, instance ID or alias. */
  recipient: string
  alias?: string
  /** Re-pin an alias that another peer holds. The owner's command only, never a tool. */
  replace?: boolean
}

export interface AddedPeer {
  peerId: string
  agentId: string
  alias?: string
  reachable: boolean
  path?: PathKind
}

export interface PingResult {
  peerId: string
  rttMs: number
  path: PathKind
  transport: string
  remoteAddr: string
}

export interface SendRequest {
  to: string
  text: string
  /** Present when this answers a received message; the message is then a `reply`, which starts no turn over there. */
  inReplyTo?: string
  /** How many agents the conversation passed through to get here. @default 0 */
  hops?: number
  /** Wait this long for a reply (0: do not wait). @default 0 */
  waitForReplyMs?: number
  /** Prefer the peer's known TCP address with this port when a dial is needed. */
  port?: number
}

export interface SendResult {
  messageId: string
  peerId: string
  state: 'received' | 'delivered' | 'held' | 'queued' | 'replied'
  /** Text of the reply when one was waited for and came. */
  reply?: string
  /** For `queued`: the short word for why it is not there yet (`refused`, `timeout`, `no-address` ...). */
  cause?: string
}

export interface InstanceSendResult {
  messageId: string
  peerId: string
  instanceId: string
  state: 'delivered' | 'replied'
  /** Each target of the recipient; empty where its agent took the message. */
  deliveries: TargetDelivery[]
}

export interface MessageStatus {
  messageId: string
  peerId: string
  state: DeliveryState
  history: Array<{ state: DeliveryState, at: number }>
  error?: { code: string, message: string, retryAfterMs?: number }
  /** What the recipient said about its channels. */
  deliveries?: TargetDelivery[]
}

export interface InboxQuery {
  /** `agent` never sees the text of an unapproved sender; `owner` does. */
  audience: 'agent' | 'owner'
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
  | { kind: 'sent', platformId?: string }
  | { kind: 'retry', error: string, retryAfterMs?: number }
  | { kind: 'failed', error: string }
  | { kind: 'uncertain', error: string }

export type ForwardClaim = { begun: true, message: InboundMessage } | { begun: false }

/** How a claimed turn ended; the sender is told `delivered` or `uncertain`. */
export type TurnOutcome = 'delivered' | 'uncertain' | 'received'

/** What happened, in order; `seq` counts up by one. */
export type MeshEvent =
  | { seq: number, type: 'message', message: InboundMessage }
  | { seq: number, type: 'held', peerId: string, code: string, held: number }
  | { seq: number, type: 'delivery', messageId: string, peerId: string, state: DeliveryState }
  | { seq: number, type: 'peer-connected' | 'peer-disconnected', peerId: string }
  | { seq: number, type: 'instance', instanceId: string, peerId: string }
  /** A message may be forwarded to that target now. */
  | { seq: number, type: 'forward', messageId: string, peerId: string, target: DeliveryTarget }

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

/** Everything that a running mesh can be asked to do. Failures are `MeshError`s with a code of INTERFACE.md. */
export interface MeshApi {
  start: () => Promise<void>
  stop: () => Promise<void>
  /** Resolves when everything written so far is on disk. */
  flush: () => Promise<void>
  identity: () => Promise<InstanceIdentity>
  status: () => Promise<MeshStatus>
  networkInfo: () => Promise<NetworkInfo>
  listPeers: (query?: { online?: boolean }) => Promise<PeerSummary[]>
  listInstances: () => Promise<InstanceSummary[]>
  /** By instance ID, agent ID, or a name that only one instance carries. */
  resolveInstance: (instance: string) => Promise<ResolvedInstance>
  addPeer: (request: AddPeerRequest) => Promise<AddedPeer>
  removePeer: (recipient: string) => Promise<{ peerId: string }>
  /** Approves by pending code or recipient and releases what was held, exactly once. */
  approvePeer: (codeOrRecipient: string) => Promise<{ peerId: string, agentId: string, released: number }>
  blockPeer: (recipient: string) => Promise<{ peerId: string }>
  ping: (recipient: string) => Promise<PingResult>
  sendMessage: (request: SendRequest) => Promise<SendResult>
  /** Sends to an instance and succeeds only when it was delivered there: forwarded to every target, or taken by its agent. */
  sendInstanceMessage: (request: { instance: string, text: string, hops?: number }) => Promise<InstanceSendResult>
  messageStatus: (messageId: string) => Promise<MessageStatus>
  inbox: (query: InboxQuery) => Promise<{ messages: InboxMessage[], unread: number }>
  watch: (request: WatchRequest) => Promise<WatchResult>
  /** Marks the message as taken before an agent turn starts, within the turn budgets. */
  claimTurn: (messageId: string) => Promise<TurnClaim>
  /** Marks a target as handed to its channel before the channel gets the message. */
  beginForward: (messageId: string, target: DeliveryTarget) => Promise<ForwardClaim>
  finishForward: (messageId: string, target: DeliveryTarget, outcome: ForwardOutcome) => Promise<void>
  /** The forwarded message that a channel shows under this ID; undefined when it is none of ours. */
  findForwarded: (channel: string, platformId: string) => Promise<InboundMessage | undefined>
  finishTurn: (messageId: string, outcome: TurnOutcome) => Promise<void>
  /** Calls `listener` for each event from now on, and for each stored message that nobody took yet; returns the way to stop. */
  subscribe: (listener: (event: MeshEvent) => void) => () => void
}
