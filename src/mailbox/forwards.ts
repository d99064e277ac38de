/** Messages on their way to the owner's channels: to each target in order and one at a time, marked before it is tried, tried again while that can help. */
import { FINISHED_RETENTION_MS, FORWARD_FIRST_RETRY_MS, FORWARD_GIVE_UP_MS, FORWARD_MAX_RETRY_MS, MAX_PLATFORM_IDS, MAX_PLATFORM_ID_CHARACTERS } from '../config/limits.ts'
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

/** What a channel shows under an ID. */
export interface ShownMessage {
  messageId: string
  target: DeliveryTarget
}

const MAX_ERROR_CHARACTERS = 200

export class Forwards {
  readonly #init: ForwardsInit
  #timer: Timer | undefined
  /** Grows with each message, so that messages of one millisecond keep their order. */
  #lastPlannedAt = 0

  constructor(init: ForwardsInit) {
    this.#init = init
  }

  get isOn(): boolean {
    return this.#init.targets.length > 0
  }

  /** Forwards that a crash cut off become `uncertain`, those to a target that is not configured any more `failed`; the messages' reports are returned. */
  async start(): Promise<ForwardReport[]> {
    const { store, commits, targets } = this.#init
    const isConfigured = (row: ForwardRow): boolean => targets.some(target => isSame(row, keyOf(target)))
    const ended = store.open().filter(row => row.state === 'handed' || !isConfigured(row))
    await commits.write(() => {
      for (const row of ended) store.setState(row.messageId, row, row.state === 'handed' ? INTERRUPTED : ABANDONED)
    })
    return [...new Set(ended.map(row => row.messageId))].map(messageId => this.#report(messageId))
  }

  stop(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }

  /** Notes that a message goes to every target; call it in the transaction that stores the message. */
  plan(messageId: string): void {
    const now = this.#init.clock.now()
    const plannedAt = Math.max(now, this.#lastPlannedAt + 1)
    this.#lastPlannedAt = plannedAt
    for (const target of this.#init.targets) this.#init.store.insert(messageId, keyOf(target), { now, plannedAt })
  }

  /** Tells what each target may be handed: its oldest message, now or when a retry comes, and nothing while it has one in hand. */
  announceDue(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    const now = this.#init.clock.now()
    const heads = this.#init.targets.flatMap(target => this.#init.store.head(keyOf(target)) ?? []).filter(row => row.state === 'pending')
    for (const row of heads.filter(head => head.dueAt <= now)) this.#init.onDue(row.messageId, targetOf(row))
    const later = heads.filter(head => head.dueAt > now).map(head => head.dueAt - now)
    if (later.length > 0) this.#timer = this.#init.clock.after(Math.min(...later), () => { this.announceDue() })
  }

  /** Marks the target as handed to its channel; false when that is already so, or the message does not go there. */
  async begin(messageId: string, target: DeliveryTarget): Promise<boolean> {
    return await this.#init.commits.write(() => this.#init.store.hand(messageId, keyOf(target)))
  }

  /** Notes how the attempt ended, also when the answer comes after it was called uncertain; the report when that is worth telling the sender. */
  async finish(messageId: string, target: DeliveryTarget, outcome: ForwardOutcome): Promise<ForwardReport | undefined> {
    const { store, commits } = this.#init
    const key = keyOf(target)
    const isNews = await commits.write(() => {
      const row = store.ofMessage(messageId).find(candidate => isSame(candidate, key))
      const isAwaited = row?.state === 'handed' || (row?.state === 'uncertain' && outcome.kind !== 'uncertain')
      if (row === undefined || !isAwaited) return false
      const change = this.#changeFor(row, outcome)
      store.setState(messageId, row, change)
      if (outcome.kind === 'sent') this.#noteShown(messageId, key, outcome.platformIds)
      const isWorthTelling = change.state !== 'pending' || row.attempts === 1
      return isWorthTelling && !store.ofMessage(messageId).some(isInFirstAttempt)
    })
    this.announceDue()
    return isNews ? this.#report(messageId) : undefined
  }

  deliveriesOf(messageId: string): TargetDelivery[] {
    return this.#report(messageId).deliveries
  }

  shownAs(channel: string, platformId: string): ShownMessage[] {
    return this.#init.store.shownAs(channel, platformId).map(shown => ({ messageId: shown.messageId, target: targetOf(shown) }))
  }

  async keepHouse(): Promise<void> {
    const before = this.#init.clock.now() - 2 * FINISHED_RETENTION_MS
    await this.#init.commits.write(() => { this.#init.store.prune(before) })
    this.announceDue() // what nobody took when it was announced
  }

  #noteShown(messageId: string, key: ForwardTarget, platformIds: readonly string[]): void {
    const at = this.#init.clock.now()
    const noted = platformIds.filter(id => id !== '' && id.length <= MAX_PLATFORM_ID_CHARACTERS).slice(0, MAX_PLATFORM_IDS)
    for (const platformId of noted) this.#init.store.noteShown(messageId, key, { platformId, at })
  }

  #changeFor(row: ForwardRow, outcome: ForwardOutcome): ForwardChange {
    const now = this.#init.clock.now()
    switch (outcome.kind) {
      case 'sent':
        return { state: 'done', error: null, dueAt: 0 }
      case 'failed':
      case 'uncertain':
        return { state: outcome.kind, error: oneLine(outcome.error, MAX_ERROR_CHARACTERS), dueAt: 0 }
      case 'retry': {
        const delay = backoffDelay({ firstMs: FORWARD_FIRST_RETRY_MS, maxMs: FORWARD_MAX_RETRY_MS }, row.attempts, this.#init.random)
        const dueAt = now + Math.max(delay, outcome.retryAfterMs ?? 0)
        const isOver = dueAt > row.createdAt + FORWARD_GIVE_UP_MS
        return { state: isOver ? 'failed' : 'pending', error: oneLine(outcome.error, MAX_ERROR_CHARACTERS), dueAt }
      }
    }
  }

  #report(messageId: string): ForwardReport {
    const rows = this.#init.store.ofMessage(messageId)
    return { messageId, state: stateOf(rows), deliveries: rows.map(toDelivery) }
  }
}

const INTERRUPTED: ForwardChange = { state: 'uncertain', error: 'a restart came before the channel answered', dueAt: 0 }
const ABANDONED: ForwardChange = { state: 'failed', error: 'the recipient took this channel out of its configuration', dueAt: 0 }

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
