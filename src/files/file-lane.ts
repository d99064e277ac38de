/** The files that wait for one peer: a few at a time, each until it has arrived or ended, tried again for as long as that takes. */
import type { PeerId } from '@libp2p/interface'
import { FILE_RETRY_FIRST_MS, FILE_RETRY_MAX_MS, MAX_MOVING_PER_PEER } from '../config/file-limits.ts'
import { backoffDelay } from '../lib/backoff.ts'
import type { Timer } from '../lib/clock.ts'
import { MeshError, toError } from '../lib/errors.ts'
import type { OutgoingFilesInit } from './files-core.ts'
import { OutboundTransfer } from './outbound-transfer.ts'
import { brokenOff } from './transfer-errors.ts'
import { isOpen, type TransferEvent } from './transfer-machine.ts'
import type { TransferRow } from './transfer-store.ts'

export interface FileLaneInit extends OutgoingFilesInit {
  peerId: PeerId
  /** Nothing waits any more. */
  onIdle: () => void
}

export class FileLane {
  readonly #init: FileLaneInit
  readonly #peerKey: string
  readonly #running = new Map<string, { transfer: OutboundTransfer, ended: Promise<void> }>()
  /** Files that wait before they are tried again. */
  readonly #resting = new Map<string, Timer>()
  readonly #failures = new Map<string, number>()
  /** Files whose recipient was asked, and may have decided. */
  readonly #toAskAgain = new Set<string>()
  #isStopped = false

  constructor(init: FileLaneInit) {
    this.#init = init
    this.#peerKey = init.peerId.toString()
  }

  movingOf(id: string): OutboundTransfer | undefined {
    return this.#running.get(id)?.transfer
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    for (const timer of this.#resting.values()) timer.cancel()
    for (const { transfer } of this.#running.values()) transfer.abort(new MeshError('NOT_RUNNING', 'the mesh is stopping'))
    await Promise.all([...this.#running.values()].map(async ({ ended }) => { await ended }))
  }

  /** The peer is back: what waits goes out, and whoever was asked may have decided meanwhile. */
  handleConnected(): void {
    for (const timer of this.#resting.values()) timer.cancel()
    this.#resting.clear()
    for (const { id, state } of this.#open()) if (state === 'asking') this.#toAskAgain.add(id)
    this.#tellCancelled()
    this.nudge()
  }

  handleCall(id: string): void {
    this.#toAskAgain.add(id)
    this.#resting.get(id)?.cancel()
    this.#resting.delete(id)
    this.nudge()
  }

  handleCancelled(id: string): void {
    this.#running.get(id)?.transfer.abort(new MeshError('NOT_ALLOWED', 'it was cancelled here', { reason: 'cancelled' }))
    this.#tellCancelled()
    this.nudge()
  }

  /** Breaks off what runs over relays; it goes on at once, over the best connection that there is. */
  leaveRelays(): void {
    for (const { transfer } of this.#running.values()) if (transfer.isRelayed) transfer.abort(new MovedError('the path changed'))
  }

  /** Starts as many as may move. */
  nudge(): void {
    if (this.#isStopped) return
    const { store, peerId, onWaiting, onIdle } = this.#init
    const open = this.#open()
    onWaiting(peerId, open.length > 0)
    for (const row of open) {
      if (this.#running.size >= MAX_MOVING_PER_PEER) return
      const isDue = row.state !== 'asking' || this.#toAskAgain.has(row.id)
      if (isDue && !this.#running.has(row.id) && !this.#resting.has(row.id)) this.#start(row)
    }
    if (open.length > 0 || this.#running.size > 0 || store.untold(this.#peerKey).length > 0) return
    this.#isStopped = true
    onIdle()
  }

  #open(): TransferRow[] {
    return this.#init.store.open('out', this.#peerKey)
  }

  #start(row: TransferRow): void {
    this.#toAskAgain.delete(row.id)
    const transfer = new OutboundTransfer({ ...this.#init, row, onStart: async () => { await this.#move(row.id, 'begin') } })
    const ended = this.#attempt(row, transfer)
      .catch((error: unknown) => { this.#init.log.error(`What became of file ${row.id} could not be noted: ${toError(error).message}`) })
      .finally(() => {
        this.#running.delete(row.id)
        this.nudge()
      })
    this.#running.set(row.id, { transfer, ended })
  }

  async #attempt(row: TransferRow, transfer: OutboundTransfer): Promise<void> {
    try {
      if (this.#init.statusOf(row.peerId) === 'blocked') throw new MeshError('BLOCKED', `${row.peerId} is blocked here`, { reason: 'by-us' })
      const outcome = await transfer.run()
      if (outcome === 'asking') await this.#move(row.id, 'ask')
      else await this.#complete(row)
      this.#failures.delete(row.id)
    } catch (error) {
      await this.#handleFailure(row, transfer, toError(error))
    }
  }

  async #complete({ id, bytes }: TransferRow): Promise<void> {
    const { store, commits, clock, onChange, onDelivering } = this.#init
    const done = await commits.write(() => {
      const row = store.move(id, { event: 'complete', at: clock.now(), moved: bytes })
      return row === undefined ? undefined : { row, announce: onDelivering(row) }
    })
    if (done === undefined) return
    onChange(done.row)
    done.announce()
  }

  async #handleFailure(row: TransferRow, { gauge }: OutboundTransfer, error: Error): Promise<void> {
    const moved = gauge.moved
    const isStill = isOpen(this.#init.store.get(row.id)?.state ?? 'failed')
    if (!isStill || this.#isStopped) {
      await this.#move(row.id, 'interrupt', { moved })
      return
    }
    if (error instanceof MeshError && isFinal(error)) {
      await this.#move(row.id, error.reason === 'rejected' ? 'reject' : 'fail', { error })
      return
    }
    await this.#move(row.id, 'interrupt', { moved, ...!(error instanceof MovedError) && { error: brokenOff(error) } })
    if (!(error instanceof MovedError)) this.#rest(row.id, { error, hasMoved: moved > row.moved })
  }

  /** A peer that is away is tried again when it is back, too. */
  #rest(id: string, { error, hasMoved }: { error: Error, hasMoved: boolean }): void {
    const { clock, random } = this.#init
    const failures = hasMoved ? 1 : (this.#failures.get(id) ?? 0) + 1
    this.#failures.set(id, failures)
    const backoffMs = backoffDelay({ firstMs: FILE_RETRY_FIRST_MS, maxMs: FILE_RETRY_MAX_MS }, failures, random)
    const asked = error instanceof MeshError ? error.retryAfterMs ?? 0 : 0
    this.#resting.set(id, clock.after(Math.max(backoffMs, asked), () => {
      this.#resting.delete(id)
      this.nudge()
    }))
  }

  #tellCancelled(): void {
    const { store, commits, protocol, peerId, log } = this.#init
    for (const { id } of store.untold(this.#peerKey)) {
      protocol.tell(peerId, 'cancel', id)
        .then(async () => { await commits.write(() => { store.noteTold(id) }) })
        .then(() => { this.nudge() })
        .catch((error: unknown) => { log.debug(`The recipient of file ${id} learns later that it is cancelled: ${toError(error).message}`) })
    }
  }

  async #move(id: string, event: TransferEvent, more: { moved?: number, error?: MeshError } = {}): Promise<void> {
    const { store, commits, clock, onChange } = this.#init
    const row = await commits.write(() => store.move(id, { event, at: clock.now(), ...more }))
    if (row !== undefined) onChange(row)
  }
}

/** The attempt was given up for a better path. */
class MovedError extends Error {
  override readonly name = 'MovedError'
}

/** Whether no further attempt can help: the recipient said no, or the file is not the same any more. */
function isFinal({ code, retryAfterMs }: MeshError): boolean {
  return code !== 'UNREACHABLE' && code !== 'NOT_RUNNING' && retryAfterMs === undefined
}
