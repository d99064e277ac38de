/** What both directions of file transfers work with. */
import type { Clock } from '../lib/clock.ts'
import type { GroupCommit } from '../lib/group-commit.ts'
import type { Logger } from '../lib/log.ts'
import type { ApprovalStatus } from '../mesh-api.ts'
import type { FileHasher } from './file-hasher.ts'
import type { TransferRow, TransferStore } from './transfer-store.ts'

export interface FilesCore {
  store: TransferStore
  commits: GroupCommit
  hasher: FileHasher
  statusOf: (peerId: string) => ApprovalStatus
  /** A transfer changed its state, or why it waits. */
  onChange: (row: TransferRow) => void
  clock: Clock
  log: Logger
}
