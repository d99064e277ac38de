/** Files that peers send here: let in by policy or by the owner, written piece by piece, checked, and kept apart. */
import type { PeerId } from '@libp2p/interface'
import { FILE_OFFERS_PER_MINUTE, MAX_MOVING_INBOUND, MAX_MOVING_PER_PEER } from '../config/file-limits.ts'
import { MAX_TRACKED_PEERS } from '../config/limits.ts'
import { MeshError, toError } from '../lib/errors.ts'
import { RateLimiter } from '../lib/rate-limiter.ts'
import { refusalOf, type FileOffer } from '../protocols/file-frames.ts'
import type { FileVisit } from '../protocols/file-protocol.ts'
import { FileAdmission, type FileAdmissionInit } from './file-admission.ts'
import type { FileHasher } from './file-hasher.ts'
import { safeFileName } from './file-name.ts'
import type { FileShelf } from './file-shelf.ts'
import type { FilesCore } from './files-core.ts'
import { InboundTransfer } from './inbound-transfer.ts'
import { brokenOff, rejectedError } from './transfer-errors.ts'
import { isOpen, type TransferEvent } from './transfer-machine.ts'
import type { TransferRow } from './transfer-store.ts'

export interface IncomingFilesInit extends FilesCore, Pick<FileAdmissionInit, 'limits' | 'dmPolicy'> {
  shelf: FileShelf
  hasher: FileHasher
  /** Tells the sender that its file was decided about; rejects while it is away. */
  tellDecision: (peerId: string, transferId: string) => Promise<void>
  newId: () => string
  /** Notes the message that tells of a file, in the transaction that ends its transfer; what it returns runs after that. */
  onStoring: (row: TransferRow, messageId: string) => () => void
}

/** How soon a peer that sends too much at a time may go on. */
const BUSY_RETRY_MS = 5_000

export class IncomingFiles {
  readonly #init: IncomingFilesInit
  readonly #offers: RateLimiter
  readonly #admission: FileAdmission
  readonly #moving = new Map<string, InboundTransfer>()

  constructor(init: IncomingFilesInit) {
    this.#init = init
    this.#offers = new RateLimiter({ limit: FILE_OFFERS_PER_MINUTE, windowMs: 60_000, maxKeys: MAX_TRACKED_PEERS, now: init.clock.now })
    this.#admission = new FileAdmission({ ...init, movedOf: id => this.#moving.get(id)?.gauge.moved })
  }

  /** What was whole when the last run ended is noted now; pieces that belong to nothing are removed. */
  async start(): Promise<void> {
    const { store, shelf, log } = this.#init
    await shelf.open()
    for (const row of store.open('in')) {
      const keptAt = await shelf.keptPath(row)
      if (keptAt !== undefined) await this.#complete(row, keptAt)
      else await this.#move(row.id, 'interrupt')
    }
    await this.keepHouse()
    const waiting = store.open('in').filter(({ state }) => state === 'asking').length
    if (waiting > 0) log.warn(`${waiting} ${waiting === 1 ? 'file waits' : 'files wait'} for you to accept; see: openclaw p2p files`)
  }

  async stop(): Promise<void> {
    const moving = [...this.#moving.values()]
    for (const transfer of moving) transfer.abort(new MeshError('NOT_RUNNING', 'the mesh is stopping'))
    await Promise.all(moving.map(async ({ ended }) => { await ended }))
  }

  /** The transfer, while its bytes come in. */
  movingOf(id: string): InboundTransfer | undefined {
    return this.#moving.get(id)
  }

  async handleOffer({ peerId, channel, offer, signal }: FileVisit): Promise<void> {
    try {
      const row = await this.#admit(peerId.toString(), offer)
      if (row.state === 'asking') channel.write({ kind: 'ask' })
      else if (row.state === 'received') channel.write({ kind: 'done' })
      else await this.#take(row, { peerId, channel, offer, signal })
    } catch (error) {
      if (!(error instanceof MeshError)) throw error
      channel.write({ kind: 'refusal', refusal: refusalOf(error, error.reason === 'rejected') })
    }
  }

  async handleCancel(peerId: PeerId, transferId: string): Promise<void> {
    const row = this.#init.store.get(transferId)
    if (row?.direction === 'in' && row.peerId === peerId.toString()) await this.#end(row, 'cancel')
  }

  /**
   * Lets in a file that waits for the owner.
   *
   * @throws MeshError `NOT_FOUND`, or why it cannot be taken
   */
  async accept(transferId: string): Promise<TransferRow> {
    const row = this.#required(transferId)
    if (row.state !== 'asking') return row
    const decision = await this.#admission.decide({ peerId: row.peerId, bytes: row.bytes, isAccepted: true })
    if (decision.action === 'refuse') throw decision.error
    const accepted = await this.#move(row.id, 'accept') ?? row
    this.#tellSender(accepted)
    return accepted
  }

  /** Takes nothing more of a file; pieces of it that are here are removed. A file that is whole stays. */
  async reject(transferId: string): Promise<TransferRow> {
    const row = this.#required(transferId)
    const rejected = await this.#end(row, 'reject') ?? row
    if (rejected.state === 'rejected') this.#tellSender(rejected)
    return rejected
  }

  /** Nothing more is taken of a peer that the owner removed or blocked. */
  async rejectAllOf(peerId: string): Promise<void> {
    for (const { id } of this.#init.store.open('in', peerId)) await this.reject(id)
  }

  async keepHouse(): Promise<void> {
    const { store, shelf } = this.#init
    await shelf.sweep((id) => {
      const row = store.get(id)
      return row !== undefined && isOpen(row.state)
    })
  }

  #required(transferId: string): TransferRow {
    const row = this.#init.store.get(transferId)
    if (row?.direction === 'in') return row
    throw new MeshError('NOT_FOUND', `no file of a peer has the ID ${transferId}; see: openclaw p2p files`)
  }

  /** @throws MeshError the refusal */
  async #admit(peerId: string, offer: FileOffer): Promise<TransferRow> {
    this.#admission.checkStanding(peerId)
    const retryAfterMs = this.#offers.take(peerId)
    if (retryAfterMs > 0) throw new MeshError('RATE_LIMITED', 'too many offers', { retryAfterMs })
    const known = this.#init.store.get(offer.transferId)
    return known === undefined ? await this.#begin(peerId, offer) : stillKnown(known, { peerId, offer })
  }

  async #begin(peerId: string, offer: FileOffer): Promise<TransferRow> {
    const { store, commits, clock } = this.#init
    const decision = await this.#admission.decide({ peerId, bytes: offer.bytes, isAccepted: false })
    if (decision.action === 'refuse') throw decision.error
    const row = await commits.write(() => store.get(offer.transferId) ?? store.insert({
      id: offer.transferId, direction: 'in', peerId, name: safeFileName(offer.name), bytes: offer.bytes, text: offer.text,
      callId: offer.callId, hops: offer.hops, state: decision.action === 'ask' ? 'asking' : 'queued', path: undefined, stamp: undefined
    }, clock.now()))
    if (row.state === 'asking') this.#init.onChange(row)
    return row
  }

  /** One stream at a time brings a file: a new one takes over, for the old one is broken or on a worse path. */
  async #take(row: TransferRow, visit: FileVisit): Promise<void> {
    for (let before = this.#moving.get(row.id); before !== undefined; before = this.#moving.get(row.id)) {
      before.abort(new Error('the sender began anew'))
      await before.ended
    }
    const ofPeer = [...this.#moving.values()].filter(({ peerId }) => peerId === row.peerId).length
    if (ofPeer >= MAX_MOVING_PER_PEER || this.#moving.size >= MAX_MOVING_INBOUND) {
      throw new MeshError('QUEUE_FULL', 'too many files come in at a time', { retryAfterMs: BUSY_RETRY_MS })
    }
    const { shelf, hasher, clock, store, commits } = this.#init
    const transfer = new InboundTransfer({
      row, shelf, hasher, clock, onStart: async () => { await this.#move(row.id, 'begin') },
      onChecked: async (sha256) => { await commits.write(() => { store.noteHash(row.id, sha256) }) }
    })
    this.#moving.set(row.id, transfer)
    try {
      if (!await this.#complete(row, await transfer.run(visit))) throw new Error('the transfer ended meanwhile')
      visit.channel.write({ kind: 'done' })
    } catch (error) {
      throw await this.#breakOff(row, transfer, toError(error))
    } finally {
      this.#moving.delete(row.id)
      transfer.end()
    }
  }

  /** False when it had ended otherwise: then the file is not kept. */
  async #complete(row: TransferRow, path: string): Promise<boolean> {
    const { store, commits, shelf, clock, newId, onStoring, onChange } = this.#init
    const messageId = newId()
    const done = await commits.write(() => {
      const received = store.move(row.id, { event: 'complete', at: clock.now(), moved: row.bytes, kept: { path, messageId } })
      return received === undefined ? undefined : { received, announce: onStoring(received, messageId) }
    })
    if (done === undefined) {
      await shelf.discard(row)
      return false
    }
    onChange(done.received)
    done.announce()
    return true
  }

  /** What the stream is to be ended with: a MeshError is told to the sender. */
  async #breakOff(row: TransferRow, { gauge }: InboundTransfer, error: Error): Promise<Error> {
    const now = this.#init.store.get(row.id)
    if (now?.state === 'rejected') return rejectedError()
    if (error instanceof MeshError && error.retryAfterMs === undefined && error.code !== 'NOT_RUNNING') {
      await this.#end(row, 'fail', error)
    } else {
      await this.#move(row.id, 'interrupt', { moved: gauge.moved, error: brokenOff(error) })
    }
    return error
  }

  /** Ends a transfer that goes on; undefined when it had ended. */
  async #end(row: TransferRow, event: 'cancel' | 'reject' | 'fail', error?: MeshError): Promise<TransferRow | undefined> {
    const { store, commits, shelf, clock, onChange } = this.#init
    const ended = await commits.write(() => store.move(row.id, { event, at: clock.now(), ...error !== undefined && { error } }))
    if (ended === undefined) return undefined
    const moving = this.#moving.get(row.id)
    moving?.abort(new Error(`the transfer is ${ended.state}`))
    if (event !== 'fail') await moving?.ended // a failure comes from in there
    await shelf.dropPart(row.id)
    onChange(ended)
    return ended
  }

  async #move(id: string, event: TransferEvent, more: { moved?: number, error?: MeshError } = {}): Promise<TransferRow | undefined> {
    const { store, commits, clock, onChange } = this.#init
    const row = await commits.write(() => store.move(id, { event, at: clock.now(), ...more }))
    if (row !== undefined) onChange(row)
    return row
  }

  /** One that is blocked is told nothing. */
  #tellSender({ peerId, id }: TransferRow): void {
    if (this.#init.statusOf(peerId) === 'blocked') return
    this.#init.tellDecision(peerId, id).catch((error: unknown) => {
      this.#init.log.debug(`The sender of file ${id} learns of the decision when it is back: ${toError(error).message}`)
    })
  }
}

/** @throws MeshError for a file that ended, or an ID that is another file's */
function stillKnown(row: TransferRow, { peerId, offer }: { peerId: string, offer: FileOffer }): TransferRow {
  if (row.direction !== 'in' || row.peerId !== peerId || row.bytes !== offer.bytes) {
    throw new MeshError('INVALID_ARGUMENT', 'this ID is another file\'s')
  }
  if (isOpen(row.state) || row.state === 'received') return row
  if (row.state === 'rejected') throw rejectedError()
  throw new MeshError(row.error?.code ?? 'EXPIRED', row.error?.text ?? `the transfer is ${row.state}`)
}
