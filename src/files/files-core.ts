/** What both directions of file transfers work with. */
import type { PeerId } from '@libp2p/interface'
import type { Clock } from '../lib/clock.ts'
import type { GroupCommit } from '../lib/group-commit.ts'
import type { Logger } from '../lib/log.ts'
import type { ApprovalStatus } from '../mesh-api.ts'
import type { FileProtocol } from '../protocols/file-protocol.ts'
import type { SourceHashes } from './source-hashes.ts'
import type { TransferRow, TransferStore } from './transfer-store.ts'

export interface FilesCore {
  store: TransferStore
  commits: GroupCommit
  statusOf: (peerId: string) => ApprovalStatus
  /** A transfer changed its state, or why it waits. */
  onChange: (row: TransferRow) => void
  clock: Clock
  log: Logger
}

/** What files that go out need besides. */
export interface OutgoingFilesInit extends FilesCore {
  hashes: SourceHashes
  protocol: Pick<FileProtocol, 'open' | 'tell'>
  /** Connects to the peer; rejects when that fails now. */
  reach: (peerId: PeerId) => Promise<void>
  /** Whether files wait for the peer, so that it is kept connected while they do. */
  onWaiting: (peerId: PeerId, isWaiting: boolean) => void
  maxBytes: number
  /** Runs in the transaction that notes a file as received over there; what it returns runs after that. */
  onDelivering: (row: TransferRow) => () => void
  newId: () => string
  random: () => number
}
