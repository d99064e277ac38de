/** Whether a file of a peer is let in, by what the owner allows, what is here already, and what the disk has left. */
import type { FileLimits } from '../config/resolve.ts'
import type { DmPolicy } from '../config/schema.ts'
import { decideFile, standingError, type FileDecision } from './file-policy.ts'
import type { FileShelf } from './file-shelf.ts'
import type { FilesCore } from './files-core.ts'
import type { TransferRow } from './transfer-store.ts'

export interface FileAdmissionInit extends Pick<FilesCore, 'store' | 'commits' | 'statusOf'> {
  shelf: FileShelf
  limits: FileLimits
  dmPolicy: DmPolicy
  /** How much of a file that comes in now is here; undefined for one that does not. */
  movedOf: (id: string) => number | undefined
}

/** A file that is offered, and whether the owner agreed to it. */
export interface FileQuestion {
  peerId: string
  bytes: number
  isAccepted: boolean
}

export class FileAdmission {
  readonly #init: FileAdmissionInit

  constructor(init: FileAdmissionInit) {
    this.#init = init
  }

  /** @throws MeshError `BLOCKED`, `NOT_APPROVED` or `NOT_ALLOWED` when nothing at all is taken of the peer */
  checkStanding(peerId: string): void {
    const { statusOf, dmPolicy } = this.#init
    const error = standingError({ status: statusOf(peerId), dmPolicy })
    if (error !== undefined) throw error
  }

  async decide(question: FileQuestion): Promise<FileDecision> {
    const decision = await this.#decide(question)
    if (decision.action !== 'refuse' || decision.error.code !== 'QUOTA_EXCEEDED') return decision
    await this.#forgetGone()
    return await this.#decide(question)
  }

  async #decide({ peerId, bytes, isAccepted }: FileQuestion): Promise<FileDecision> {
    const { store, shelf, limits, dmPolicy, statusOf } = this.#init
    const freeBytes = await shelf.freeBytes()
    const open = store.open('in')
    return decideFile({
      limits, dmPolicy, bytes, isAccepted, status: statusOf(peerId), freeBytes: freeBytes - this.#promised(open),
      ofPeer: store.usage(peerId), ofAll: store.usage(), openOfAll: open.length, openOfPeer: open.filter(row => row.peerId === peerId).length
    })
  }

  /** What let-in files will take of the disk yet. */
  #promised(open: readonly TransferRow[]): number {
    return open.filter(({ state }) => state !== 'asking').reduce((sum, { id, bytes, moved }) => sum + bytes - (this.#init.movedOf(id) ?? moved), 0)
  }

  /** The owner may have taken files away. */
  async #forgetGone(): Promise<void> {
    const { store, shelf, commits } = this.#init
    const kept = await Promise.all(store.kept().map(async ({ id, path }) => ({ id, isThere: path !== undefined && await shelf.isThere(path) })))
    await commits.write(() => { for (const { id, isThere } of kept) if (!isThere) store.noteGone(id) })
  }
}
