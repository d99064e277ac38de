/** Messages of calls in the inbox, as the calls move on: our own among them, and which of them may start a turn now. */
import { FINISHED_RETENTION_MS } from '../config/limits.ts'
import type { CallDraft } from './call-verdict.ts'
import type { InboxRow, InboxStore } from './inbox-store.ts'
import type { Inbox } from './inbox.ts'

export interface CallMessagesInit {
  inbox: Inbox
  store: InboxStore
  /** A call that waited rings now, and its message is told again. */
  onRings: (row: InboxRow) => void
}

export class CallMessages {
  readonly #init: CallMessagesInit

  constructor(init: CallMessagesInit) {
    this.#init = init
  }

  /** Stores a message that no peer sent, in the transaction that runs; `noteOwn` comes after it. */
  insertOwn(id: string, peerId: string, draft: CallDraft): InboxRow {
    return this.#init.inbox.insertOfCall({ id, peerId, address: '', ...draft, hops: 0, ttlMs: FINISHED_RETENTION_MS })
  }

  /** A message of `insertOwn` is on disk. */
  noteOwn(row: InboxRow): void {
    this.#init.inbox.noteOwn(row)
  }

  /** A call that waited rings now; call it in a transaction. The message that is to be announced after it. */
  openTurn(callId: string): InboxRow | undefined {
    const { store } = this.#init
    return store.moveTurn(callId, { from: 'none', to: 'open' }) ? store.get(callId) : undefined
  }

  /** What `openTurn` returned is on disk. */
  announce(row: InboxRow): void {
    this.#init.onRings(row)
  }

  /** What was said in a call that is over starts no turn any more; call it in a transaction. */
  closeTurns(callId: string): void {
    this.#init.store.closeTurnsOfCall(callId)
  }
}
