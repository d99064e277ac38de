/** Files that go out to peers: offered until the recipient has them, whatever breaks meanwhile. */
import { basename } from 'node:path'
import type { Connection, PeerId } from '@libp2p/interface'
import { MAX_FILE_TEXT_BYTES, MAX_OFFERED_NAME_CHARACTERS, MAX_OPEN_PER_PEER } from '../config/file-limits.ts'
import { MeshError } from '../lib/errors.ts'
import { parsePeerId } from '../lib/recipient.ts'
import { utf8Bytes } from '../lib/text.ts'
import { findSource } from './file-source.ts'
import type { OutgoingFilesInit } from './files-core.ts'
import { FileLane } from './file-lane.ts'
import type { OutboundTransfer } from './outbound-transfer.ts'
import type { TransferRow } from './transfer-store.ts'

/** A file that is to be sent. */
export interface FileLetter {
  peerId: PeerId
  path: string
  roots: readonly string[] | undefined
  text: string
  callId: string | undefined
  hops: number
}

export class OutgoingFiles {
  readonly #init: OutgoingFilesInit
  readonly #lanes = new Map<string, FileLane>()

  constructor(init: OutgoingFilesInit) {
    this.#init = init
  }

  /** Goes on with what the last run left. */
  async start(): Promise<void> {
    const { store, commits, clock } = this.#init
    const open = store.open('out')
    await commits.write(() => { for (const { id } of open) store.move(id, { event: 'interrupt', at: clock.now() }) })
    for (const peerId of new Set([...open, ...store.untold()].map(row => row.peerId))) this.#laneOf(peerId)?.handleConnected()
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#lanes.values()].map(async (lane) => { await lane.stop() }))
    this.#lanes.clear()
  }

  /** The transfer, while its bytes go out. */
  movingOf({ id, peerId }: TransferRow): OutboundTransfer | undefined {
    return this.#lanes.get(peerId)?.movingOf(id)
  }

  /**
   * Takes a file on; resolves when it was read as a whole for its hash, while its bytes may go out already.
   *
   * @throws MeshError `NOT_ALLOWED`, `NOT_FOUND`, `INVALID_ARGUMENT`, `TOO_LARGE`, `QUEUE_FULL`, `HASH_MISMATCH` when it is written meanwhile
   */
  async offer({ peerId, path, roots, text, callId, hops }: FileLetter): Promise<TransferRow> {
    const { store, commits, clock, newId } = this.#init
    if (utf8Bytes(text) > MAX_FILE_TEXT_BYTES) throw new MeshError('TOO_LARGE', `the text with a file has at most ${MAX_FILE_TEXT_BYTES} bytes`, { reason: 'text' })
    const source = await findSource(path, roots)
    if (source.bytes > this.#init.maxBytes) {
      throw new MeshError('TOO_LARGE', `the file has ${source.bytes} bytes; fileLimits.maxBytes allows ${this.#init.maxBytes}`, { reason: 'by-us' })
    }
    const row = await commits.write(() => {
      if (store.open('out', peerId.toString()).length >= MAX_OPEN_PER_PEER) throw new MeshError('QUEUE_FULL', `${MAX_OPEN_PER_PEER} files to ${peerId.toString()} wait already`)
      return store.insert({
        id: newId(), direction: 'out', peerId: peerId.toString(), name: basename(source.path).slice(0, MAX_OFFERED_NAME_CHARACTERS), text, callId, hops,
        bytes: source.bytes, state: 'queued', path: source.path, stamp: source.stamp
      }, clock.now())
    })
    this.#laneOf(row.peerId)?.nudge()
    return await this.#hashed(row)
  }

  async #hashed(row: TransferRow): Promise<TransferRow> {
    try {
      await this.#init.hashes.of(row)
    } catch (error) {
      if (error instanceof MeshError && error.code === 'HASH_MISMATCH') await this.cancel(row)
      throw error
    }
    return this.#init.store.get(row.id) ?? row
  }

  /** Gives a file up, and tells the recipient, now or when it is back. */
  async cancel(row: TransferRow): Promise<TransferRow> {
    const { store, commits, clock, onChange } = this.#init
    const cancelled = await commits.write(() => store.move(row.id, { event: 'cancel', at: clock.now() }))
    if (cancelled === undefined) return row
    onChange(cancelled)
    this.#laneOf(row.peerId)?.handleCancelled(row.id)
    return cancelled
  }

  handlePeerConnected(peerId: PeerId): void {
    const key = peerId.toString()
    const hasWork = this.#lanes.has(key) || this.#init.store.open('out', key).length > 0 || this.#init.store.untold(key).length > 0
    if (hasWork) this.#laneOf(key)?.handleConnected()
  }

  /** The recipient decided about a file of ours. */
  async handleCall(peerId: PeerId, transferId: string): Promise<void> {
    const row = this.#init.store.get(transferId)
    if (row?.direction === 'out' && row.peerId === peerId.toString()) this.#laneOf(row.peerId)?.handleCall(transferId)
    return Promise.resolve()
  }

  /** A direct connection proved itself: what goes out over a relay begins anew over it, at the byte where it was. */
  async follow({ remotePeer }: Connection): Promise<void> {
    this.#lanes.get(remotePeer.toString())?.leaveRelays()
    return Promise.resolve()
  }

  #laneOf(text: string): FileLane | undefined {
    const existing = this.#lanes.get(text)
    if (existing !== undefined) return existing
    const peerId = parsePeerId(text)
    if (peerId === undefined) return undefined
    const lane = new FileLane({ ...this.#init, peerId, onIdle: () => { this.#lanes.delete(text) } })
    this.#lanes.set(text, lane)
    return lane
  }
}
