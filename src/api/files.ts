/** Files between peers as plain data. Times are milliseconds since the epoch unless a name ends in `Ms`. */

/**
 * How far a file got; the same word on both sides. `asking`: the recipient's owner has to accept it. `queued`: nothing moves now, it goes
 * on by itself. `moving`: bytes flow. `received`: the recipient has it whole, checked against its SHA-256. `rejected`: the recipient
 * wants none of it. `cancelled`: the sender does not send it any more.
 */
export type TransferState = 'asking' | 'queued' | 'moving' | 'received' | 'rejected' | 'cancelled' | 'failed' | 'expired'

export interface Transfer {
  transferId: string
  direction: 'in' | 'out'
  /** The other side. */
  peerId: string
  alias?: string
  /** In a safe alphabet where a peer gave it. */
  name: string
  bytes: number
  /** 64 hex characters. Absent until the file was read as a whole here, or is here and was checked. */
  sha256?: string
  state: TransferState
  /** How many bytes the recipient has. */
  moved: number
  /** While it moves. */
  bytesPerSecond?: number
  /** Of ours: the file that is sent. Of a received one: where it is. */
  path?: string
  callId?: string
  startedAt: number
  updatedAt: number
  /** Why it does not move, or ended. */
  error?: { code: string, message: string, cause?: string, retryAfterMs?: number }
}

export interface SendFileRequest {
  /** Absent: the peer of the call. */
  to?: string
  /** Absolute. */
  path: string
  /** Folders that the file must lie in, links resolved. Absent: any, for the owner decides. */
  roots?: readonly string[]
  /** An agent is kept from peers that its owner keeps for himself. @default 'owner' */
  author?: 'agent' | 'owner'
  /** Goes with the file. */
  text?: string
  /** The call that it belongs to. @default the one that is on, where no recipient is given */
  callId?: string
  hops?: number
  /** Wait this long for the file to arrive (0: do not wait). @default 0 */
  waitMs?: number
}

export interface TransferQuery {
  /** Only this one; `NOT_FOUND` where there is none. */
  transferId?: string
  direction?: 'in' | 'out'
  /** The newest ones. @default 50 */
  limit?: number
}

/** A file of a peer, which came with a message of its inbox. Untrusted, and kept apart from everything else. */
export interface ReceivedFile {
  transferId: string
  name: string
  bytes: number
  sha256: string
  path: string
}
