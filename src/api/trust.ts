/** Standing of peers, and how they become known, as plain data. */
export type ApprovalStatus = 'unknown' | 'approved' | 'blocked'

/**
 * How a peer became known: it was connected (`contact`), another peer told of it (`peer`), it was met on the LAN, it stands in the
 * configuration, the owner or the agent added it, the owner approved it, or it was linked by an invite. The strongest one counts.
 */
export type KnownBy = 'contact' | 'peer' | 'lan' | 'config' | 'added' | 'approval' | 'invite'

/** Whether a peer may message this node: `held` messages wait for the owner. */
export type InboundRight = 'yes' | 'held' | 'no'

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
  path?: 'direct' | 'relay'
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
