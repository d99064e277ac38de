/** Files between peers, put together: the service that the node gets first, and what takes the rest of the mesh. */
import type { DatabaseSync } from 'node:sqlite'
import type { PeerId } from '@libp2p/interface'
import { MeshError } from '../lib/errors.ts'
import type { EventLog } from '../lib/event-log.ts'
import type { GroupCommit } from '../lib/group-commit.ts'
import type { Mailbox } from '../mailbox/mailbox.ts'
import { Files } from '../files/files.ts'
import type { ReceivedFile, SendFileRequest, Transfer } from '../mesh-api.ts'
import type { Network } from '../node/network.ts'
import type { NodeComponents } from '../node/options.ts'
import type { PeerKeeper } from '../node/peer-keeper.ts'
import { FileProtocol } from '../protocols/file-protocol.ts'
import type { PeerBook } from '../trust/peer-book.ts'
import type { MeshInit } from './init.ts'
import type { Peers } from './peers.ts'
import type { UnnumberedEvent } from './views.ts'

export interface FileSharingInit {
  init: MeshInit
  events: EventLog<UnnumberedEvent>
  database: DatabaseSync
  commits: GroupCommit
  network: Network
  keeper: PeerKeeper
  book: PeerBook
  mailbox: Mailbox
  peers: Pick<Peers, 'resolveAddressee'>
}

/**
 * @example
 * const sharing = new FileSharing()
 * const node = await createNode({ services: { file: sharing.createService } })
 * sharing.open({ book, network })
 */
export class FileSharing {
  #protocol: FileProtocol | undefined
  #parts: { files: Files, init: FileSharingInit } | undefined

  readonly createService = (components: NodeComponents): FileProtocol => this.#protocol = new FileProtocol(components, {
    handleOffer: async (visit) => { await this.files.incoming.handleOffer(visit) },
    handleCancel: async (peerId, transferId) => { await this.files.incoming.handleCancel(peerId, transferId) },
    handleCall: async (peerId, transferId) => { await this.files.outgoing.handleCall(peerId, transferId) }
  })

  /** Before the node starts. */
  open(init: FileSharingInit): void {
    const { init: { config, stateDir, newId, clock, random, log }, events, network, keeper, book, mailbox } = init
    const files = new Files({
      ...init, config, stateDir, newId, clock, random, log, protocol: needed(this.#protocol),
      statusOf: peerId => book.statusOf(peerId),
      reach: async (peerId) => { await network.connect(peerId) },
      onWaiting: (peerId, isWaiting) => {
        if (isWaiting) keeper.want(peerId, 'files')
        else keeper.unwant(peerId, 'files')
      },
      onStoring: ({ peerId, text, hops }, messageId) => {
        const row = mailbox.incoming.insertOwn(messageId, peerId, { kind: 'file', text, hops, isTurn: true })
        return () => { mailbox.incoming.noteOwn(row) }
      },
      onChange: (transfer) => { events.append({ type: 'file', peerId: transfer.peerId, transfer: this.#named(transfer) }) }
    })
    this.#parts = { files, init }
  }

  get files(): Files {
    return needed(this.#parts).files
  }

  /** Sends a file to a peer; see {@link Files.send}. */
  async send({ to, path, roots, author, text = '', callId, hops = 0, waitMs = 0 }: SendFileRequest): Promise<Transfer> {
    const { init: { peers } } = needed(this.#parts)
    const { peerId } = await peers.resolveAddressee(to, author)
    const folders = roots === undefined ? undefined : [...roots, this.files.filesDir]
    return this.#named(await this.files.send({ peerId, path, roots: folders, text, callId, hops }, waitMs))
  }

  list(query: Parameters<Files['list']>[0]): Transfer[] {
    return this.files.list(query).map(transfer => this.#named(transfer))
  }

  async accept(transferId: string): Promise<Transfer> {
    return this.#named(await this.files.accept(transferId))
  }

  async cancel(transferId: string): Promise<Transfer> {
    return this.#named(await this.files.cancel(transferId))
  }

  /** What a message of the inbox tells of; undefined when it is forgotten. */
  receivedIn(messageId: string): ReceivedFile | undefined {
    const transfer = this.files.ofMessage(messageId)
    if (transfer?.path === undefined) return undefined
    const { transferId, name, bytes, sha256, path } = transfer
    return { transferId, name, bytes, sha256, path }
  }

  handlePeerConnected(peerId: PeerId): void {
    this.files.handlePeerConnected(peerId)
  }

  #named(transfer: Transfer): Transfer {
    const alias = needed(this.#parts).init.book.get(transfer.peerId)?.alias ?? undefined
    return alias === undefined ? transfer : { ...transfer, alias }
  }
}

function needed<T>(part: T | undefined): T {
  if (part === undefined) throw new MeshError('INTERNAL', 'files were used before they were put together')
  return part
}
