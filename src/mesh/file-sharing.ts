/** Files between peers, put together: the service that the node gets first, and what takes the rest of the mesh. */
import type { DatabaseSync } from 'node:sqlite'
import type { Connection, PeerId } from '@libp2p/interface'
import { MeshError } from '../lib/errors.ts'
import type { EventLog } from '../lib/event-log.ts'
import type { GroupCommit } from '../lib/group-commit.ts'
import type { Mailbox } from '../mailbox/mailbox.ts'
import { Files } from '../files/files.ts'
import type { CallNote, ReceivedFile, SendFileRequest, Transfer } from '../mesh-api.ts'
import type { Network } from '../node/network.ts'
import type { NodeComponents } from '../node/options.ts'
import type { PeerKeeper } from '../node/peer-keeper.ts'
import { FileProtocol } from '../protocols/file-protocol.ts'
import { hopsIn } from '../sessions/call-steps.ts'
import type { Calls } from '../sessions/calls.ts'
import type { CallRow } from '../sessions/call-store.ts'
import type { PeerBook } from '../trust/peer-book.ts'
import { callFileText } from './call-files.ts'
import type { MeshInit } from './init.ts'
import type { Recipients } from './recipients.ts'
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
  calls: Pick<Calls, 'get' | 'open' | 'noteFile'>
  recipients: Pick<Recipients, 'resolveAddressee'>
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
    const { init: { config, stateDir, newId, clock, random, log, disk }, events, network, keeper, book, mailbox, calls } = init
    const files = new Files({
      ...init, config, stateDir, newId, clock, random, log, protocol: needed(this.#protocol), ...disk !== undefined && { disk },
      statusOf: peerId => book.statusOf(peerId),
      reach: async (peerId) => { await network.connect(peerId) },
      onWaiting: (peerId, isWaiting) => {
        if (isWaiting) keeper.want(peerId, 'files')
        else keeper.unwant(peerId, 'files')
      },
      onStoring: ({ peerId, text, hops, callId }, messageId) => {
        const call = callId === undefined ? undefined : calls.get(callId)
        const row = mailbox.incoming.calls.insertOwn(messageId, peerId, { kind: 'file', text, hops, ...noteIn(call, peerId) })
        return () => { mailbox.incoming.calls.noteOwn(row) }
      },
      onDelivering: row => row.callId === undefined ? () => undefined : calls.noteFile(row.callId, callFileText(row)),
      onChange: (transfer) => { events.append({ type: 'file', peerId: transfer.peerId, transfer: this.#named(transfer) }) }
    })
    this.#parts = { files, init }
  }

  get files(): Files {
    return needed(this.#parts).files
  }

  /** Sends a file to a peer; see {@link Files.send}. */
  async send({ to, path, roots, author, text = '', callId, hops = 0, waitMs = 0 }: SendFileRequest): Promise<Transfer> {
    const call = to === undefined || callId !== undefined ? this.#activeCall(callId) : undefined
    const { peerId } = await needed(this.#parts).init.recipients.resolveAddressee(to ?? call?.peerId ?? '', author)
    if (call !== undefined && call.peerId !== peerId.toString()) throw new MeshError('INVALID_ARGUMENT', 'the call is with another peer than the recipient')
    const folders = roots === undefined ? undefined : [...roots, this.files.filesDir]
    const letter = { peerId, path, roots: folders, text, callId: call?.id, hops: call === undefined ? hops : hopsIn(call, hops) }
    return this.#named(await this.files.send(letter, waitMs))
  }

  /** @throws MeshError `NO_ACTIVE_CALL` */
  #activeCall(callId: string | undefined): CallRow {
    const { calls } = needed(this.#parts).init
    const row = callId === undefined ? calls.open().find(({ phase }) => phase === 'active') : calls.get(callId)
    if (row?.phase === 'active') return row
    throw new MeshError('NO_ACTIVE_CALL', callId === undefined ? 'no call is on; name a recipient' : `the call ${callId} is not on`)
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

  /** See {@link IncomingFiles.rejectAllOf}. */
  async rejectAllOf(peerId: string): Promise<void> {
    await this.files.incoming.rejectAllOf(peerId)
  }

  /** What a message of the inbox tells of; undefined when it is forgotten. */
  receivedIn(messageId: string): ReceivedFile | undefined {
    const transfer = this.files.ofMessage(messageId)
    if (transfer?.path === undefined || transfer.sha256 === undefined) return undefined
    const { transferId, name, bytes, sha256, path } = transfer
    return { transferId, name, bytes, sha256, path }
  }

  /** Where a file is that came from that peer. */
  pathOf(transferId: string, peerId: string): string | undefined {
    const transfer = this.files.find(transferId)
    return transfer?.direction === 'in' && transfer.peerId === peerId ? transfer.path : undefined
  }

  /** See {@link Files.follow}. */
  async follow(connection: Connection): Promise<void> {
    await this.files.follow(connection)
  }

  handlePeerConnected(peerId: PeerId): void {
    this.files.handlePeerConnected(peerId)
  }

  #named(transfer: Transfer): Transfer {
    const alias = needed(this.#parts).init.book.get(transfer.peerId)?.alias ?? undefined
    return alias === undefined ? transfer : { ...transfer, alias }
  }
}

/** A file in a call is shown as something said in it, and answered there. */
function noteIn(call: CallRow | undefined, peerId: string): { call?: CallNote, isTurn: boolean } {
  if (call?.phase !== 'active' || call.peerId !== peerId) return { isTurn: true }
  return { call: { callId: call.id, topic: call.topic, act: 'said' }, isTurn: call.speaker === 'agent' }
}

function needed<T>(part: T | undefined): T {
  if (part === undefined) throw new MeshError('INTERNAL', 'files were used before they were put together')
  return part
}
