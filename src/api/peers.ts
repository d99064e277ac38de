/** Instances and peers as plain data. Times are milliseconds since the epoch unless a name ends in `Ms` (a duration). */

import type { OpenCall } from './calls.ts'
import type { ApprovalStatus, InboundRight, KnownBy } from './trust.ts'

/** The path a connection takes. */
export type PathKind = 'direct' | 'relay'

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
  /** Without those whom a question of the DHT connected, and nothing else. */
  connectedPeers: number
  /** How many of the connected peers are reached on each kind of path. */
  paths: Record<PathKind, number>
  knownPeers: number
  /** Messages in the inbox that were not read, held ones included. */
  unread: number
  /** Messages of ours that no peer has confirmed yet. */
  queued: number
  openCalls: OpenCall[]
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
  /** Servers that were asked; `stun` has those that answered first. */
  stunAsked: string[]
  /** Why there is no UDP port although hole punching is on. */
  udpError?: string
  /** Multiaddrs that a router forwards to this node. */
  mappedPorts: string[]
  /** Own public multiaddrs that other peers tried and did not reach. */
  unreachedAddrs: string[]
  /** Routers that answered the last check (UPnP), each with its own outside address. */
  routers: RouterSummary[]
  /** Relays' clocks, as their signed answers tell. */
  clocks: Array<{ peerId: string, offsetMs: number }>
}

export interface RouterSummary {
  outsideHost: string
  /** False behind a further NAT. */
  isPublic: boolean
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
  /** The relay's peer ID, of a relayed path. */
  relay?: string
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
  /** Approved, pinned and connected peers. */
  peers: PeerReach[]
  /** Addresses of this machine's network interfaces, loopback left out. */
  hostAddrs: string[]
  /** Switches of the configuration that are off: `enableHolePunch`, `enableUPnP` ... */
  off: string[]
}

/** How one peer is reached. */
export interface PeerReach {
  peerId: string
  alias?: string
  approved: boolean
  /** The best one in use. */
  path: PathKind | 'none'
  transport?: string
  /** The relay's peer ID, of a relayed path. */
  relay?: string
  remoteAddr?: string
  rttMs?: number | null
  since?: number
  /** Of a relayed path, once an attempt at a direct one ended. */
  whyNotDirect?: string
  /** Without a path, why the last attempt failed: `refused`, `timeout`, `wrong-key` ... */
  whyNot?: string
  /** Whether it has an address in a network of this machine. */
  isNear: boolean
  lastSeen: number | null
}

/** `online`: connected and heard just now. `left`: it said goodbye. `away`: neither; nobody knows whether it runs. */
export type Presence = 'online' | 'left' | 'away'

export interface PeerSummary {
  peerId: string
  agentId: string
  instanceId?: string
  alias?: string
  approved: boolean
  status: ApprovalStatus
  connected: boolean
  presence: Presence
  path?: PathKind
  transport?: string
  /** The relay's peer ID, of a relayed path. */
  relay?: string
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

export interface PingResult {
  peerId: string
  rttMs: number
  path: PathKind
  transport: string
  /** The relay's peer ID, of a relayed path. */
  relay?: string
  remoteAddr: string
  /** When the connection was opened. */
  since: number
  whyNotDirect?: string
}
