/** The database of the mesh: what its parts keep on disk, and the lock of the state folder. */
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { openDatabase } from '../lib/sqlite.ts'
import { FORWARD_MIGRATIONS } from '../mailbox/forward-store.ts'
import { INBOX_MIGRATIONS } from '../mailbox/inbox-store.ts'
import { OUTBOX_MIGRATIONS } from '../mailbox/outbox-store.ts'
import { SEEN_BROADCASTS_MIGRATIONS } from '../mailbox/seen-broadcasts.ts'
import { CALL_MIGRATIONS } from '../sessions/call-store.ts'
import { INVITATION_MIGRATIONS } from '../trust/invitations.ts'
import { PEER_BOOK_MIGRATIONS } from '../trust/peer-record.ts'
import type { MeshInit } from './init.ts'

/** @throws MeshError when another mesh runs on the folder */
export function openMeshDatabase({ stateDir, clock, log }: MeshInit): DatabaseSync {
  return openDatabase(join(stateDir, 'mesh.db'), {
    migrations: {
      peers: PEER_BOOK_MIGRATIONS, outbox: OUTBOX_MIGRATIONS, inbox: INBOX_MIGRATIONS, broadcasts: SEEN_BROADCASTS_MIGRATIONS,
      forwards: FORWARD_MIGRATIONS, invitations: INVITATION_MIGRATIONS, calls: CALL_MIGRATIONS
    },
    isExclusive: true,
    now: clock.now,
    onMovedAside: (path, error) => {
      log.warn(`The mesh database ${path} was unreadable (${error.message}); it was moved aside and begun anew. Approvals and waiting messages are in the old file`)
    }
  })
}
