/** What either side of an invitation does in the end: approve the other, pin its name, and work out the words to compare. */
import type { PeerId } from '@libp2p/interface'
import { MAX_REMEMBERED_SAFETY_WORDS } from '../config/invite-limits.ts'
import { BoundedMap } from '../lib/bounded-map.ts'
import { MeshError } from '../lib/errors.ts'
import { parsePeerId } from '../lib/recipient.ts'
import { oneLine } from '../lib/text.ts'
import { identityOf, pinAlias } from '../trust/approvals.ts'
import type { PeerBook } from '../trust/peer-book.ts'
import { safetyWords } from '../trust/safety-words.ts'
import type { MeshInit } from './init.ts'
import type { Peers } from './peers.ts'

export interface PairingInit {
  self: PeerId
  book: PeerBook
  peers: Peers
  init: Pick<MeshInit, 'log'>
}

/** Names for the other peer. */
export interface PairingNames {
  /** The owner's choice. */
  wanted: string | undefined
  /** What the peer calls itself; taken where the owner chose nothing and nobody has it. */
  claimed: string
}

export class Pairing {
  readonly #init: PairingInit
  readonly #words = new BoundedMap<string, Promise<string[]>>(MAX_REMEMBERED_SAFETY_WORDS)

  constructor(init: PairingInit) {
    this.#init = init
  }

  /** Approves and names the peer in one transaction, with whatever else is written in this turn of the event loop. */
  async letIn(peerId: PeerId, names: PairingNames): Promise<{ alias: string | undefined, released: number }> {
    const [released, alias] = await Promise.all([this.#init.peers.letIn(peerId, 'invite'), this.#pin(peerId, names)])
    return { alias, released }
  }

  /**
   * Four words that follow from the peer's key and ours; worked out once, for that takes time, on purpose.
   *
   * @throws MeshError `INVALID_ARGUMENT` for what is no peer ID
   */
  async safetyWords(text: string): Promise<string[]> {
    const peerId = parsePeerId(text)
    if (peerId === undefined) throw new MeshError('INVALID_ARGUMENT', `"${oneLine(text, 100)}" is no Ed25519 peer ID`)
    const words = this.#words.get(text) ?? safetyWords(this.#init.self, peerId)
    this.#words.set(text, words)
    return await words
  }

  /** A name that cannot be given keeps nobody out: the peer goes by its IDs then. */
  async #pin(peerId: PeerId, { wanted, claimed }: PairingNames): Promise<string | undefined> {
    const { book, init: { log } } = this.#init
    const identity = identityOf(peerId)
    const known = book.get(identity.peerId)?.alias ?? undefined
    const alias = wanted ?? known ?? (claimed === '' ? undefined : claimed)
    try {
      return (await pinAlias(book, { identity, alias, replace: false })).alias ?? undefined
    } catch (error) {
      if (!(error instanceof MeshError && (error.code === 'PIN_MISMATCH' || error.code === 'INVALID_ARGUMENT'))) throw error
      log.warn(`Peer ${identity.peerId} was let in without the alias "${alias ?? ''}": ${error.message}`)
      return known
    }
  }
}
