/** Instances and peers as plain data. Times are milliseconds since the epoch unless a name ends in `Ms` (a duration). */

/** The path a connection takes. */
export type PathKind = 'direct' | 'relay'

export type ApprovalStatus = 'unknown' | 'approved' | 'blocked'

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
  /** Peer IDs whose keys two live nodes use, as copied machines do; our own included. */
  duplicateKeys: string[]
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
  /** The owner's own name for the peer. */
  alias?: string
  /** Whether the peer is approved here; the name of an instance that is not is nothing to rely on. */
  approved: boolean
  connected: boolean
  lastSeenAt: number
  source: 'announce' | 'dht'
  /** What the peer says about its agent; of approved peers only. */
  card?: { description: string, skills: string[] }
}

export interface ResolvedInstance {
  instanceId: string
  peerId: string
  approved: boolean
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
