/** When open calls end by themselves: they ring too long, nobody says anything, or the peer stays away. */
import { CALL_AWAY_MS } from '../config/call-limits.ts'
import type { Clock, Timer } from '../lib/clock.ts'
import type { CallEvent } from './call-machine.ts'
import type { CallRow } from './call-store.ts'

export interface CallTimersInit {
  clock: Clock
  isConnected: (peerId: string) => boolean
  onTime: (callId: string, event: CallEvent) => void
}

interface Watched {
  row: CallRow
  deadline: Timer
  away: Timer | undefined
}

export class CallTimers {
  readonly #init: CallTimersInit
  readonly #watched = new Map<string, Watched>()
  #isStopped = false

  constructor(init: CallTimersInit) {
    this.#init = init
  }

  /** A call as it is now; one whose time was over before has its timeout again, in case that could not be stored. */
  follow(row: CallRow): void {
    if (this.#isStopped) return
    const { clock, isConnected, onTime } = this.#init
    const before = this.#watched.get(row.id)
    before?.deadline.cancel()
    if (row.phase === 'ended') {
      before?.away?.cancel()
      this.#watched.delete(row.id)
      return
    }
    const event = row.phase === 'active' ? 'idle-timeout' : 'ring-timeout'
    const deadline = clock.after(row.deadline - clock.now(), () => { onTime(row.id, event) })
    const watched: Watched = { row, deadline, away: before?.away }
    this.#watched.set(row.id, watched)
    if (!isConnected(row.peerId)) this.#startAway(watched)
  }

  handlePeerConnected(peerId: string): void {
    for (const watched of this.#ofPeer(peerId)) {
      watched.away?.cancel()
      watched.away = undefined
    }
  }

  handlePeerDisconnected(peerId: string): void {
    for (const watched of this.#ofPeer(peerId)) this.#startAway(watched)
  }

  stop(): void {
    this.#isStopped = true
    for (const { deadline, away } of this.#watched.values()) {
      deadline.cancel()
      away?.cancel()
    }
    this.#watched.clear()
  }

  /** Only in a call that was answered: the others end with their ring timeout anyway. */
  #startAway(watched: Watched): void {
    if (watched.row.phase === 'active') watched.away ??= this.#init.clock.after(CALL_AWAY_MS, () => { this.#endAway(watched.row.id) })
  }

  #endAway(callId: string): void {
    const watched = this.#watched.get(callId)
    if (watched !== undefined) watched.away = undefined
    this.#init.onTime(callId, 'away-timeout')
  }

  #ofPeer(peerId: string): Watched[] {
    return [...this.#watched.values()].filter(({ row }) => row.peerId === peerId)
  }
}
