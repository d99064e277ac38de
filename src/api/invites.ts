/** Invitations as plain data. Times are milliseconds since the epoch unless a name ends in `Ms`. */

export interface InviteRequest {
  /** The alias of whoever joins. @default the name that it gives itself, where nobody has it */
  name?: string
  /** @default 15 minutes */
  expiresInMs?: number
}

/** A ticket for one peer; whoever has it is let in. */
export interface Invite {
  inviteId: string
  /** Who invites: this node. */
  peerId: string
  /** Groups of four letters and digits, to read out and to type. */
  ticket: string
  /** The same as `libp2p-mesh:...`. */
  uri: string
  /** Where the ticket says that this node can be reached, relayed addresses included. */
  addrs: string[]
  expiresAt: number
}

export interface JoinRequest {
  /** In either form, as people copy it. */
  ticket: string
  /** The alias of whoever invites. @default the name that it gives itself, where nobody has it */
  name?: string
}

/** Whoever invited this node; both have approved each other. */
export interface JoinedPeer {
  peerId: string
  agentId: string
  /** Absent where the name that it gives itself is taken here. */
  alias?: string
  instanceId?: string
  /** How many messages of it that were held are delivered now. */
  released: number
  /** A fingerprint of both keys, the same on either side. */
  safetyWords: string[]
}
