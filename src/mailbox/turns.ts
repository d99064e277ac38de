/** Which stored messages may start an agent turn, within the budgets; marked on disk before a turn starts. */
import { MAX_HOPS, STRANGERS_SHARE, TURN_DAY_MS, TURN_MAX_AGE_MS, TURN_WINDOW_MS } from '../config/limits.ts'
import type { MeshConfig } from '../config/resolve.ts'
import type { GroupCommit } from '../lib/group-commit.ts'
import type { ApprovalStatus, TurnClaim, TurnOutcome } from '../mesh-api.ts'
import type { InboxRow, InboxStore } from './inbox-store.ts'

export interface TurnsInit {
  dmPolicy: MeshConfig['dmPolicy']
  budget: MeshConfig['turnBudget']
  store: InboxStore
  commits: GroupCommit
  statusOf: (peerId: string) => ApprovalStatus
  now: () => number
}

export type ClaimedRow = { claimed: true, row: InboxRow } | Extract<TurnClaim, { claimed: false }>

type RefusedClaim = Extract<TurnClaim, { claimed: false }>['reason']

/** Most messages that are taken up after a restart; more than the budgets allow would be pointless. */
const RECOVERY_BATCH = 500

export class Turns {
  readonly #init: TurnsInit

  constructor(init: TurnsInit) {
    this.#init = init
  }

  /** Takes a message for a turn. A claim over a budget or a bound is final: the message starts no turn later. */
  async claim(messageId: string): Promise<ClaimedRow> {
    return await this.#init.commits.write(() => {
      const row = this.#init.store.get(messageId)
      if (row === undefined) return { claimed: false, reason: 'unknown-message' } as const
      const reason = this.#refusal(row)
      if (reason !== undefined) {
        this.#init.store.moveTurn(messageId, { from: 'open', to: 'none' })
        return { claimed: false, reason } as const
      }
      this.#init.store.moveTurn(messageId, { from: 'open', to: 'claimed', at: this.#init.now() })
      return { claimed: true, row } as const
    })
  }

  /** Ends a claimed turn; the row when that told something new about the message. */
  async finish(messageId: string, outcome: TurnOutcome): Promise<InboxRow | undefined> {
    const { store, commits } = this.#init
    return await commits.write(() => {
      if (!store.moveTurn(messageId, { from: 'claimed', to: 'done' }) || outcome === 'received') return undefined
      store.setState(messageId, outcome)
      store.markRead([messageId])
      return store.get(messageId)
    })
  }

  /** Turns that a crash cut off: nobody knows what they did, so they are `uncertain` and not repeated. */
  async recover(): Promise<InboxRow[]> {
    const interrupted = this.#init.store.withTurn('claimed', 0, RECOVERY_BATCH)
    const uncertain = await Promise.all(interrupted.map(row => this.finish(row.id, 'uncertain')))
    return uncertain.filter(row => row !== undefined)
  }

  /** Messages that nobody took yet and that are recent enough to be answered. */
  open(): InboxRow[] {
    return this.#init.store.withTurn('open', this.#init.now() - TURN_MAX_AGE_MS, RECOVERY_BATCH)
  }

  /** An owner may have changed his mind since the message came. */
  #isLetIn({ kind, peerId }: InboxRow): boolean {
    const status = this.#init.statusOf(peerId)
    return status === 'approved' || (kind !== 'broadcast' && status === 'unknown' && this.#init.dmPolicy === 'open')
  }

  #refusal(row: InboxRow): RefusedClaim | undefined {
    const { store, budget, statusOf, now } = this.#init
    if (row.kind === 'reply') return 'reply'
    if (row.state === 'held' || !this.#isLetIn(row)) return 'not-approved'
    if (row.turn !== 'open') return 'already-taken'
    if (row.hops >= MAX_HOPS) return 'hop-limit'
    const since = now() - TURN_WINDOW_MS
    if (store.turnsSince(since, row.peerId) >= budget.perPeerPerHour) return 'peer-budget'
    const share = statusOf(row.peerId) === 'approved' ? 1 : STRANGERS_SHARE
    if (store.turnsSince(since) >= budget.perHour * share || store.turnsSince(now() - TURN_DAY_MS) >= budget.perDay * share) return 'global-budget'
    return undefined
  }
}
