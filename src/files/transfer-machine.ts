/** What becomes of a file transfer: its states and what moves them, the same on both sides, pure. */
import type { TransferState } from '../mesh-api.ts'

/**
 * `ask`: the recipient's owner is asked. `accept`: he agreed. `begin`: bytes flow. `interrupt`: they do not any more. `complete`: the
 * recipient has the whole file. `reject`: the recipient wants none of it. `cancel`: the sender gives up. `fail`: it cannot be done.
 * `expire`: nothing happened for too long.
 */
export type TransferEvent = 'ask' | 'accept' | 'begin' | 'interrupt' | 'complete' | 'reject' | 'cancel' | 'fail' | 'expire'

const ENDINGS = { complete: 'received', reject: 'rejected', cancel: 'cancelled', fail: 'failed', expire: 'expired' } as const

/** Every event in every state that goes on. An event that changes nothing is late, repeated or out of order. */
const TABLE: Readonly<Record<'asking' | 'queued' | 'moving', Readonly<Record<TransferEvent, TransferState>>>> = {
  asking: { ...ENDINGS, ask: 'asking', accept: 'queued', begin: 'moving', interrupt: 'asking' },
  queued: { ...ENDINGS, ask: 'asking', accept: 'queued', begin: 'moving', interrupt: 'queued' },
  moving: { ...ENDINGS, ask: 'asking', accept: 'moving', begin: 'moving', interrupt: 'queued', expire: 'moving' }
}

/** Whether anything can still happen to it. */
export function isOpen(state: TransferState): state is keyof typeof TABLE {
  return Object.hasOwn(TABLE, state)
}

/** The state after the event; the same state where the event changes nothing. What ended stays as it is. */
export function nextTransferState(state: TransferState, event: TransferEvent): TransferState {
  return isOpen(state) ? TABLE[state][event] : state
}
