/** The steps of calls that happen in one transaction, and what is due once it is on disk. */
import type { CallMessages } from '../mailbox/call-messages.ts'
import type { InboxRow } from '../mailbox/inbox-store.ts'
import type { Outgoing } from '../mailbox/outgoing.ts'
import type { CallEvent } from './call-machine.ts'
import { CallSteps, type CallStepsInit, type StepFacts } from './call-steps.ts'
import type { CallRow, CallStore } from './call-store.ts'

export interface CallTransactionInit extends Omit<CallStepsInit, 'post'> {
  store: CallStore
  outgoing: Pick<Outgoing, 'insert'>
  messages: Pick<CallMessages, 'openTurn' | 'closeTurns' | 'insertOwn'>
  /** Peers whose calls are answered at once. */
  autoAnswer: ReadonlySet<string>
  /** How long whoever calls waits to hear what became of it. */
  dialWaitMs: number
}

export class CallTransaction {
  /** Calls as they are after it, by ID. */
  readonly changed = new Map<string, CallRow>()
  /** The peer of each message that was stored for sending. */
  readonly posted: string[] = []
  /** Messages of the inbox that are to be told. */
  readonly announced: InboxRow[] = []
  /** Messages of our own for the owner. */
  readonly noted: InboxRow[] = []
  readonly #init: CallTransactionInit
  readonly #steps: CallSteps

  constructor(init: CallTransactionInit) {
    this.#init = init
    this.#steps = new CallSteps({
      ...init,
      post: (draft) => {
        init.outgoing.insert(draft)
        this.posted.push(draft.peerId)
      }
    })
  }

  /** See {@link CallSteps.take}; a call that ends lets the next one ring. */
  take(row: CallRow, event: CallEvent, facts: StepFacts = {}): CallRow {
    const after = this.#steps.take(row, event, facts)
    this.changed.set(after.id, after)
    if (after.phase === 'ringing' && row.phase !== 'ringing') return this.#rang(after)
    if (after.phase === 'ended' && row.phase !== 'ended') {
      this.#init.messages.closeTurns(after.id)
      if (TIMEOUTS.has(event) || after.endReason === 'broken' || this.#isLate(after, event)) this.#noteOver(after)
      this.#freeLine()
    }
    return after
  }

  #rang(row: CallRow): CallRow {
    return this.#init.autoAnswer.has(row.peerId) ? this.take(row, 'accept', { speaker: 'agent' }) : row
  }

  /** Whoever called was told by now that the call goes on trying. */
  #isLate({ role, startedAt }: CallRow, event: CallEvent): boolean {
    return role === 'caller' && DIAL_FAILURES.has(event) && this.#init.now() - startedAt >= this.#init.dialWaitMs
  }

  /** Nobody here or there ended it, so nobody else tells the owner. */
  #noteOver({ id, peerId, topic, endReason }: CallRow): void {
    const { messages, newId } = this.#init
    const draft = { text: `the call is over (${endReason ?? 'ended'})`, call: { callId: id, topic, act: 'over' }, isTurn: false } as const
    this.noted.push(messages.insertOwn(newId(), peerId, draft))
  }

  #freeLine(): void {
    const open = this.#init.store.open()
    const next = open.find(row => row.phase === 'queued')
    if (next === undefined || open.some(isOnLine)) return
    this.take(next, 'line-free')
    const message = this.#init.messages.openTurn(next.id)
    if (message !== undefined) this.announced.push(message)
  }
}

const TIMEOUTS: ReadonlySet<CallEvent> = new Set<CallEvent>(['ring-timeout', 'idle-timeout', 'away-timeout'])
const DIAL_FAILURES: ReadonlySet<CallEvent> = new Set<CallEvent>(['refused', 'no-room', 'unreachable'])

/** Whether a call keeps others waiting. */
export function isOnLine({ phase }: Pick<CallRow, 'phase'>): boolean {
  return phase !== 'idle' && phase !== 'queued' && phase !== 'ended'
}
