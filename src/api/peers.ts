/** Instances and peers as plain data. Times are milliseconds since the epoch unless a name ends in `Ms` (a duration). */

/** The path a connection takes. */
export type PathKind = 'direct' | 'relay'

export type ApprovalStatus = 'unknown' | 'approved' | 'blocked'

/**
 * How a peer became known: it was connected (`contact`), another peer told of it (`peer`), it was met on the LAN, it stands in the
 * configuration, the owner or the agent added it, the owner approved it, or it was linked by an invite. The strongest one counts.
 */
export type KnownBy = 'contact' | 'peer' | 'lan' | 'config' | 'added' | 'approval' | 'invite'

/** Whether a peer may message this node: `held` messages wait for the owner. */
export type InboundRight = 'yes' | 'held' | 'no'

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
  /** How many of the connected peers are reached on each kind of path. */
  paths: Record<PathKind, number>
  knownPeers: number
  /** Messages in the inbox that were not read, held ones included. */
  unread: number
  /** Messages of ours that no peer has confirmed yet. */
  queued: number
  /** Unapproved peers that left messages and wait for the owner's approval. */
  pendingApprovals: PendingApproval[]
  nat: NatSummary
  /** Peer IDs whose keys two live nodes use, as copied machines do; our own included. */
  duplicateKeys: string[]
  version: string
}

/** How the network sees this node. */
export interface NatSummary {
  /** `public`: an address that can be dialled without a relay is announced. `private`: STUN says that a NAT or a firewall is in the way. */
  reachability: 'unknown' | 'public' | 'private'
  /** `open` (no NAT), `easy`, `hard` (symmetric), `blocked` (no UDP), `unknown`. */
  type: string
  /** Peer IDs of the relays through which this node can be reached now. */
  relays: string[]
  /** Every relay of the configuration. */
  relayList: RelaySummary[]
  /** Port of hole punching and STUN; 0 where there is none. */
  udpPort: number
  /** `1.2.3.4:5`, how STUN servers saw that port. */
  mappedAddrs: string[]
  stun: Array<{ server: string, mapped: string, rttMs: number }>
}

export interface RelaySummary {
  peerId: string
  address: string
  /** `reserved`: peers reach this node through it. `waiting`: they do not, and it is tried again. */
  state: 'reserved' | 'waiting'
  /** Since when. */
  since: number
  /** While waiting: `unreachable`, `not-a-relay`, `full`, `refused`, `lost`. */
  why?: string
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
  since: number
  /** Of a relayed one, once an attempt at a direct path ended: `udp-blocked`, `both-symmetric`, `not-approved`, `timeout` ... */
  whyNotDirect?: string
}

export interface NetworkInfo {
  peerId: string
  instanceId: string
  listenAddrs: string[]
  announcedAddrs: string[]
  connections: ConnectionSummary[]
  nat: NatSummary
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
  transport?: string
  rttMs?: number | null
  /** Since when this path is in use. */
  pathSince?: number
  /** Why the peer is not reached directly, while it is reached through a relay. */
  whyNotDirect?: string
  knownBy: KnownBy
  /** The peer that told of it. */
  introducedBy?: string
  /** Since when; null for one that the configuration names and that never connected. */
  knownSince: number | null
  mayMessageUs: InboundRight
  /** Whether the agent here may message it on its own. */
  agentMayMessage: boolean
  /** It calls itself by a name that is pinned to this other peer. */
  claimsNameOf?: string
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
  /** Its name is pinned to this other peer, which it is not. */
  claimsNameOf?: string
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
  /** Whether the agent may message it on its own. The owner's command only, never a tool. @default as it is; true for a new peer */
  agentMayMessage?: boolean
}

export interface AddedPeer {
  peerId: string
  agentId: string
  alias?: string
  agentMayMessage: boolean
  reachable: boolean
  path?: PathKind
}

export interface ApprovedPeer {
  peerId: string
  agentId: string
  /** Held messages that were given out. */
  released: number
  /** It calls itself by a name that is pinned to this other peer. */
  claimsNameOf?: string
}

export interface AskedPeer {
  /** The address of the configuration, or the peer ID. */
  node: string
  reached: boolean
  /** Why it was not: `refused`, `timeout`, `no-address` ... */
  cause?: string
}

export interface DiscoverResult {
  /** Peers that this node had not known before. */
  found: number
  /** Peers that it knows now. */
  known: number
  asked: AskedPeer[]
}

export interface PingResult {
  peerId: string
  rttMs: number
  path: PathKind
  transport: string
  remoteAddr: string
  whyNotDirect?: string
}
