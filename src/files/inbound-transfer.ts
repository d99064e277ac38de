/** One file while its bytes come in over one stream: from where the last stream ended to the checked whole. */
import type { Clock } from '../lib/clock.ts'
import { MeshError } from '../lib/errors.ts'
import type { FileVisit } from '../protocols/file-protocol.ts'
import type { OpenFile } from './disk.ts'
import type { FileHasher, RunningHash } from './file-hasher.ts'
import type { FileShelf } from './file-shelf.ts'
import { diskError } from './file-writer.ts'
import { Receiving } from './receiving.ts'
import { TransferGauge } from './transfer-gauge.ts'
import type { TransferRow } from './transfer-store.ts'

export interface InboundTransferInit {
  row: TransferRow
  shelf: FileShelf
  hasher: FileHasher
  clock: Clock
  /** Bytes are about to flow. */
  onStart: () => Promise<void>
  /** All bytes are here, and have that SHA-256. */
  onChecked: (sha256: string) => Promise<void>
}

export class InboundTransfer {
  readonly gauge: TransferGauge
  readonly #init: InboundTransferInit
  readonly #abort = new AbortController()
  readonly #ended = Promise.withResolvers<undefined>()

  constructor(init: InboundTransferInit) {
    this.#init = init
    this.gauge = new TransferGauge(init.row.moved, init.clock.now)
  }

  get peerId(): string {
    return this.#init.row.peerId
  }

  /** Resolves when nothing of it is under way any more. */
  get ended(): Promise<undefined> {
    return this.#ended.promise
  }

  end(): void {
    this.#ended.resolve(undefined)
  }

  abort(error: Error): void {
    this.#abort.abort(error)
  }

  /**
   * Takes the missing bytes; where the whole file is kept then.
   *
   * @throws BrokenOffError when it may go on later, or MeshError when it cannot
   */
  async run({ channel, signal }: FileVisit): Promise<string> {
    const { row, shelf, hasher, clock, onStart, onChecked } = this.#init
    const offset = await this.#startOffset()
    const file = await openPart(shelf, row.id)
    const hash = hasher.begin(shelf.partPath(row.id))
    let sha256: string
    try {
      hash.advance(offset)
      this.gauge.note(offset)
      await onStart()
      const receiving = new Receiving({
        stream: channel.unframed(), file, offset, bytes: row.bytes, clock,
        onWritten: (written) => {
          this.gauge.note(written)
          hash.advance(written)
          channel.write({ kind: 'written', offset: written })
        }
      })
      const received = receiving.run(AbortSignal.any([this.#abort.signal, signal]))
      channel.write({ kind: 'go', offset })
      sha256 = await received
      await this.#check(hash, { sha256, offset })
      receiving.checkExcess()
      await file.sync()
    } finally {
      hash.drop()
      await file.close()
    }
    await onChecked(sha256)
    return await shelf.keep(row, sha256, clock.now())
  }

  /** Pieces of more than the file are none of it. */
  async #startOffset(): Promise<number> {
    const { row, shelf } = this.#init
    const offset = await shelf.partBytes(row.id)
    if (offset <= row.bytes) return offset
    await shelf.dropPart(row.id)
    return 0
  }

  /** The disk may have lost bytes of an earlier stream in a power cut: such a file is fetched once more as a whole. */
  async #check(hash: RunningHash, { sha256, offset }: { sha256: string, offset: number }): Promise<void> {
    const { row, shelf } = this.#init
    if (await hash.finish(row.bytes) === sha256) return
    if (offset === 0) throw new MeshError('HASH_MISMATCH', 'its bytes do not have the SHA-256 that its sender told')
    await shelf.dropPart(row.id)
    throw new MeshError('HASH_MISMATCH', 'its bytes do not have the SHA-256 that its sender told; it is fetched anew', { retryAfterMs: 1 })
  }
}

async function openPart(shelf: FileShelf, id: string): Promise<OpenFile> {
  try {
    return await shelf.openPart(id)
  } catch (error) {
    throw diskError(error)
  }
}
