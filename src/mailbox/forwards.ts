/** Messages on their way to the owner's channels: each target marked before it is tried, tried again while that can help, told once. */
import { FINISHED_RETENTION_MS, FORWARD_FIRST_RETRY_MS, FORWARD_GIVE_UP_MS, FORWARD_MAX_RETRY_MS } from '../config/limits.ts'
import { backoffDelay } from '../lib/backoff.ts'
import type { Clock, Timer } from '../lib/clock.ts'
import type { GroupCommit } from '../lib/group-commit.ts'
import { oneLine } from '../lib/text.ts'
import type { DeliveryTarget, ForwardOutcome, TargetDelivery } from '../mesh-api.ts'
import type { ForwardChange, ForwardRow, ForwardStore, ForwardTarget } from './forward-store.ts'

export interface ForwardsInit {
  targets: readonly DeliveryTarget[]
  store: ForwardStore
  commits: GroupCommit
  /** A target of a message may be tried now. */
  onDue: (messageId: string, target: DeliveryTarget) => void
  clock: Clock
  random: () => number
}

/** What is known about all targets of a message. */
export interface ForwardReport {
  messageId: string
  /** `done`: all have it; `open`: some are tried again; `failed`, `uncertain`: as far as it will get. */
  state: 'done' | 'open' | 'failed' | 'uncertain'
  deliveries: TargetDelivery[]
}

const BATCH = 500
const MAX_ERROR_CHARACTERS = 200

export class Forwards {
  readonly #init: ForwardsInit
  #timer: Timer | undefined

  constructor(init: ForwardsInit) {
    this.#init = init
  }

  get isOn(): boolean {
    return this.#init.targets.length > 0
  }

  /** Forwards that a crash cut off become `uncertain`; the messages' reports are returned. */
  async start(): Promise<ForwardReport[]> {
    const { store, commits } = this.#init
    const interrupted = store.interrupted()
    await commits.write(() => {
      for (const row of interrupted) {
        store.settle(row.messageId, row, { state: 'uncertain', error: 'a restart came before the channel answered', dueAt: 0, platformId: null })
      }
    })
    return [...new Set(interrupted.map(row => row.messageId))].map(messageId => this.#report(messageId))
  }

  stop(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }

  /** Notes that a message goes to every target; call it in the transaction that stores the message. */
  plan(messageId: string): void {
    const now = this.#init.clock.now()
    for (const target of this.#init.targets) this.#init.store.insert(messageId, keyOf(target), now)
  }

  /** Tells which targets are due, now and when retries come. */
  announceDue(): void {
    this.#timer?.cancel()
    const now = this.#init.clock.now()
    const pending = this.#init.store.pending(BATCH)
    for (const row of pending.filter(candidate => candidate.dueAt <= now)) this.#init.onDue(row.messageId, targetOf(row))
    const next = pending.find(row => row.dueAt > now)
    if (next !== undefined) this.#timer = this.#init.clock.after(next.dueAt - now, () => { this.announceDue() })
  }

  /** Marks the target as handed to its channel; false when that is already so, or the message does not go there. */
  async begin(messageId: string, target: DeliveryTarget): Promise<boolean> {
    return await this.#init.commits.write(() => this.#init.store.hand(messageId, keyOf(target)))
  }

  /** Notes how the attempt ended; the report when that is worth telling the sender. */
  async finish(messageId: string, target: DeliveryTarget, outcome: ForwardOutcome): Promise<ForwardReport | undefined> {
    const { store, commits } = this.#init
    const isNews = await commits.write(() => {
      const row = store.ofMessage(messageId).find(candidate => isSame(candidate, keyOf(target)))
      if (row?.state !== 'handed') return false
      const change = this.#changeFor(row, outcome)
      store.settle(messageId, row, change)
      const isWorthTelling = change.state !== 'pending' || row.attempts === 1
      return isWorthTelling && !store.ofMessage(messageId).some(isInFirstAttempt)
    })
    this.announceDue()
    return isNews ? this.#report(messageId) : undefined
  }

  deliveriesOf(messageId: string): TargetDelivery[] {
    return this.#report(messageId).deliveries
  }

  messageShownAs(channel: string, platformId: string): string | undefined {
    return this.#init.store.messageShownAs(channel, platformId)
  }

  async keepHouse(): Promise<void> {
    const before = this.#init.clock.now() - 2 * FINISHED_RETENTION_MS
    await this.#init.commits.write(() => { this.#init.store.prune(before) })
  }

  #changeFor(row: ForwardRow, outcome: ForwardOutcome): ForwardChange {
    const now = this.#init.clock.now()
    switch (outcome.kind) {
      case 'sent':
        return { state: 'done', error: null, dueAt: 0, platformId: outcome.platformId ?? null }
      case 'failed':
      case 'uncertain':
        return { state: outcome.kind, error: oneLine(outcome.error, MAX_ERROR_CHARACTERS), dueAt: 0, platformId: null }
      case 'retry': {
        const delay = backoffDelay({ firstMs: FORWARD_FIRST_RETRY_MS, maxMs: FORWARD_MAX_RETRY_MS }, row.attempts, this.#init.random)
        const dueAt = now + Math.max(delay, outcome.retryAfterMs ?? 0)
        const isOver = dueAt > row.createdAt + FORWARD_GIVE_UP_MS
        return { state: isOver ? 'failed' : 'pending', error: oneLine(outcome.error, MAX_ERROR_CHARACTERS), dueAt, platformId: null }
      }
    }
  }

  #report(messageId: string): ForwardReport {
    const rows = this.#init.store.ofMessage(messageId)
    return { messageId, state: stateOf(rows), deliveries: rows.map(toDelivery) }
  }
}

function stateOf(rows: readonly ForwardRow[]): ForwardReport['state'] {
  const has = (state: ForwardRow['state']): boolean => rows.some(row => row.state === state)
  if (has('pending') || has('handed')) return 'open'
  if (has('uncertain')) return 'uncertain'
  return has('failed') ? 'failed' : 'done'
}

/** Nothing is told before every target was tried once: a sender that waits would take it for a failure. */
function isInFirstAttempt({ state, attempts }: ForwardRow): boolean {
  return (state === 'pending' && attempts === 0) || (state === 'handed' && attempts === 1)
}

function toDelivery(row: ForwardRow): TargetDelivery {
  const { channel, target, state } = row
  if (state === 'done') return { channel, target, ok: true }
  const retried = state === 'pending' || state === 'handed' ? ' (will be tried again)' : ''
  const unknown = state === 'uncertain' ? ' (whether it was shown is not known)' : ''
  return { channel, target, ok: false, error: `${row.error ?? 'not tried yet'}${retried}${unknown}` }
}

function keyOf({ channel, target, accountId }: DeliveryTarget): ForwardTarget {
  return { channel, target, accountId: accountId ?? '' }
}

function targetOf({ channel, target, accountId }: ForwardTarget): DeliveryTarget {
  return { channel, target, ...accountId !== '' && { accountId } }
}

function isSame(one: ForwardTarget, other: ForwardTarget): boolean {
  return one.channel === other.channel && one.target === other.target && one.accountId === other.accountId
}
