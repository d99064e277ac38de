/** One attempt to bring a file of ours to its recipient over one stream: offered, and sent from where the last attempt ended. */
import type { Connection, PeerId } from '@libp2p/interface'
import { FILE_ANSWER_MS } from '../config/file-limits.ts'
import type { Clock } from '../lib/clock.ts'
import { isRelayed } from '../lib/connection-path.ts'
import { toError } from '../lib/errors.ts'
import { FileFrameError, toRefusedError, type FileChannel } from '../protocols/file-frames.ts'
import type { FileProtocol } from '../protocols/file-protocol.ts'
import { openSource, sourceOf } from './file-source.ts'
import { sendBytes } from './sending.ts'
import type { SourceHashes } from './source-hashes.ts'
import { TransferGauge } from './transfer-gauge.ts'
import type { TransferRow } from './transfer-store.ts'

export interface OutboundTransferInit {
  row: TransferRow
  peerId: PeerId
  protocol: Pick<FileProtocol, 'open'>
  reach: (peerId: PeerId) => Promise<void>
  clock: Clock
  hashes: Pick<SourceHashes, 'of'>
  /** The recipient takes it from this offset on. */
  onStart: () => Promise<void>
}

export class OutboundTransfer {
  readonly gauge: TransferGauge
  readonly #init: OutboundTransferInit
  readonly #abort = new AbortController()
  #connection: Connection | undefined

  constructor(init: OutboundTransferInit) {
    this.#init = init
    this.gauge = new TransferGauge(init.row.moved, init.clock.now)
  }

  get isRelayed(): boolean {
    return this.#connection !== undefined && isRelayed(this.#connection)
  }

  abort(error: Error): void {
    this.#abort.abort(error)
  }

  /**
   * Resolves with `asking` when the recipient's owner has to decide first, with `received` when it has the whole file.
   *
   * @throws MeshError what the recipient, or our own disk, has against it; any other error when the attempt broke off
   */
  async run(): Promise<'asking' | 'received'> {
    const { peerId, protocol, reach } = this.#init
    const { signal } = this.#abort
    await reach(peerId)
    signal.throwIfAborted()
    const { channel, connection } = await protocol.open(peerId)
    this.#connection = connection
    try {
      const outcome = await this.#bring(channel, signal)
      await channel.close({ signal: AbortSignal.any([signal, AbortSignal.timeout(FILE_ANSWER_MS)]) })
      return outcome
    } catch (error) {
      channel.stream.abort(toError(error))
      throw signal.aborted ? toError(signal.reason) : error
    }
  }

  async #bring(channel: FileChannel, signal: AbortSignal): Promise<'asking' | 'received'> {
    const { row, clock, hashes, onStart } = this.#init
    const { id, name, bytes, text, callId, hops } = row
    channel.write({ kind: 'offer', offer: { transferId: id, name, bytes, text, callId, hops } })
    const answer = await channel.read(['go', 'ask', 'done', 'refusal'], { signal: AbortSignal.any([signal, AbortSignal.timeout(FILE_ANSWER_MS)]) })
    if (answer.kind === 'refusal') throw toRefusedError(answer.refusal)
    if (answer.kind !== 'go') return answer.kind === 'ask' ? 'asking' : 'received'
    if (answer.offset > bytes) throw new FileFrameError('the recipient asks for more than the file has')
    this.gauge.note(answer.offset)
    await onStart()
    await using file = await openSource(sourceOf(row))
    await sendBytes({ channel, file, offset: answer.offset, bytes, sha256: hashes.of(row), clock, onWritten: (offset) => { this.gauge.note(offset) } }, signal)
    return 'received'
  }
}
