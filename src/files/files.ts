/** Files between peers, both directions: what can be asked about them, and their life from start to stop. */
import type { DatabaseSync } from 'node:sqlite'
import type { Connection, PeerId } from '@libp2p/interface'
import { ENDED_TRANSFER_MS, MAX_ENDED_TRANSFERS, MAX_FILE_WAIT_MS, MAX_LISTED_TRANSFERS } from '../config/file-limits.ts'
import type { MeshConfig } from '../config/resolve.ts'
import { MeshError } from '../lib/errors.ts'
import { parsePeerId } from '../lib/recipient.ts'
import type { Transfer, TransferQuery } from '../mesh-api.ts'
import { systemDisk, type Disk } from './disk.ts'
import { FileHasher } from './file-hasher.ts'
import { FileShelf } from './file-shelf.ts'
import type { FilesCore, OutgoingFilesInit } from './files-core.ts'
import { IncomingFiles, type IncomingFilesInit } from './incoming-files.ts'
import { OutgoingFiles, type FileLetter } from './outgoing-files.ts'
import { SourceHashes } from './source-hashes.ts'
import { isOpen } from './transfer-machine.ts'
import { TransferStore, type TransferRow } from './transfer-store.ts'
import { toTransfer } from './transfer-view.ts'

export interface FilesInit extends Omit<FilesCore, 'store' | 'onChange'>, Pick<OutgoingFilesInit, 'protocol' | 'reach' | 'onWaiting' | 'onDelivering' | 'newId' | 'random'>,
  Pick<IncomingFilesInit, 'onStoring'> {
  config: Pick<MeshConfig, 'fileLimits' | 'dmPolicy' | 'messageTtlMs'>
  stateDir: string
  database: DatabaseSync
  /** @default the machine's */
  disk?: Disk
  onChange: (transfer: Transfer) => void
}

const DEFAULT_LISTED = 50

export class Files {
  readonly incoming: IncomingFiles
  readonly outgoing: OutgoingFiles
  /** What an agent may send beside its workspace. */
  readonly filesDir: string
  readonly #init: FilesInit
  readonly #store: TransferStore
  readonly #hasher = new FileHasher()
  readonly #changes = new EventTarget()

  constructor(init: FilesInit) {
    const { config, database, disk = systemDisk, stateDir } = init
    this.#init = init
    this.#store = new TransferStore(database)
    const shelf = new FileShelf({ stateDir, disk })
    this.filesDir = shelf.filesDir
    const hasher = this.#hasher
    const core = { ...init, store: this.#store, onChange: (row: TransferRow) => { this.#handleChange(row) } }
    this.incoming = new IncomingFiles({
      ...core, shelf, hasher, limits: config.fileLimits, dmPolicy: config.dmPolicy,
      tellDecision: async (text, transferId) => {
        const peerId = parsePeerId(text)
        if (peerId !== undefined) await init.protocol.tell(peerId, 'call', transferId)
      }
    })
    this.outgoing = new OutgoingFiles({ ...core, hashes: new SourceHashes({ ...core, hasher }), maxBytes: config.fileLimits.maxBytes })
  }

  async start(): Promise<void> {
    await this.incoming.start()
    await this.outgoing.start()
  }

  /** Before the node stops and the database closes. */
  async stop(): Promise<void> {
    await Promise.all([this.incoming.stop(), this.outgoing.stop()])
    await this.#hasher.stop()
  }

  /**
   * Takes a file on, and waits a while for it to arrive.
   *
   * @throws MeshError why it cannot be sent, or was refused
   */
  async send(letter: FileLetter, waitMs: number): Promise<Transfer> {
    const row = await this.outgoing.offer(letter)
    const settled = waitMs > 0 ? await this.#settled(row.id, Math.min(waitMs, MAX_FILE_WAIT_MS)) : row
    if (settled.error !== undefined && !isOpen(settled.state)) {
      const { code, text, reason } = settled.error
      throw new MeshError(code, `${text} (transfer ${row.id})`, { state: settled.state, ...reason !== undefined && { reason } })
    }
    return this.#view(settled)
  }

  /** @throws MeshError `NOT_FOUND` */
  list({ transferId, direction, limit = DEFAULT_LISTED }: TransferQuery): Transfer[] {
    if (transferId !== undefined) return [this.#view(this.#required(transferId))]
    return this.#store.list({ direction, limit: Math.min(limit, MAX_LISTED_TRANSFERS) }).map(row => this.#view(row))
  }

  /** The file that a message of the inbox tells of. */
  ofMessage(messageId: string): Transfer | undefined {
    const row = this.#store.ofMessage(messageId)
    return row === undefined ? undefined : this.#view(row)
  }

  find(transferId: string): Transfer | undefined {
    const row = this.#store.get(transferId)
    return row === undefined ? undefined : this.#view(row)
  }

  async accept(transferId: string): Promise<Transfer> {
    return this.#view(await this.incoming.accept(transferId))
  }

  /** @throws MeshError `NOT_FOUND`, or `INVALID_ARGUMENT` for one that has ended */
  async cancel(transferId: string): Promise<Transfer> {
    const row = this.#required(transferId)
    if (!isOpen(row.state)) throw new MeshError('INVALID_ARGUMENT', `the file ${transferId} has ended: ${row.state}`)
    return this.#view(row.direction === 'out' ? await this.outgoing.cancel(row) : await this.incoming.reject(transferId))
  }

  handlePeerConnected(peerId: PeerId): void {
    this.outgoing.handlePeerConnected(peerId)
  }

  /** See {@link OutgoingFiles.follow}. */
  async follow(connection: Connection): Promise<void> {
    await this.outgoing.follow(connection)
  }

  async keepHouse(): Promise<void> {
    const { commits, clock, config: { messageTtlMs } } = this.#init
    const now = clock.now()
    const expired = await commits.write(() => {
      const stale = this.#store.stale(now - messageTtlMs).map(({ id }) => this.#store.move(id, { event: 'expire', at: now, error: expiredError() }))
      this.#store.prune(now - ENDED_TRANSFER_MS, MAX_ENDED_TRANSFERS)
      return stale.filter(row => row !== undefined)
    })
    for (const row of expired) this.#handleChange(row)
    if (expired.length > 0) await this.incoming.keepHouse()
  }

  #required(transferId: string): TransferRow {
    const row = this.#store.get(transferId)
    if (row === undefined) throw new MeshError('NOT_FOUND', `no file has the transfer ID ${transferId}; see: openclaw p2p files`)
    return row
  }

  /** The transfer once it has ended, waits for a decision or for the peer, or after that time. */
  async #settled(id: string, waitMs: number): Promise<TransferRow> {
    const { promise: patience, resolve } = Promise.withResolvers<undefined>()
    const look = (): void => { if (isSettled(this.#required(id))) resolve(undefined) }
    const timer = this.#init.clock.after(waitMs, () => { resolve(undefined) })
    this.#changes.addEventListener(id, look)
    look()
    await patience
    this.#changes.removeEventListener(id, look)
    timer.cancel()
    return this.#required(id)
  }

  #handleChange(row: TransferRow): void {
    this.#changes.dispatchEvent(new Event(row.id))
    this.#init.onChange(this.#view(row))
  }

  #view(row: TransferRow): Transfer {
    return toTransfer(row, (row.direction === 'out' ? this.outgoing.movingOf(row) : this.incoming.movingOf(row.id))?.gauge)
  }
}

function isSettled({ state, error }: TransferRow): boolean {
  return !isOpen(state) || state === 'asking' || (state === 'queued' && error !== undefined)
}

function expiredError(): MeshError {
  return new MeshError('EXPIRED', 'nothing happened for too long', { reason: 'time-to-live' })
}
