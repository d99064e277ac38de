/** What the owner and the agent can do about peers: list, add, ping, approve, block, remove. */
import type { PeerId } from '@libp2p/interface'
import type { AddedPeer, AddPeerRequest, ApprovedPeer, PeerSummary, PingResult } from '../mesh-api.ts'
import { toError } from '../lib/errors.ts'
import { parsePeerId } from '../lib/recipient.ts'
import type { Mailbox } from '../mailbox/mailbox.ts'
import type { Network } from '../node/network.ts'
import type { PeerKeeper } from '../node/peer-keeper.ts'
import type { Calls } from '../sessions/calls.ts'
import { identityOf, identityOfText, pinAlias, waitingPeer } from '../trust/approvals.ts'
import type { PeerBook } from '../trust/peer-book.ts'
import { newPeer } from '../trust/peer-record.ts'
import type { MeshInit } from './init.ts'
import type { Encounters } from './encounters.ts'
import type { Instances } from './instances.ts'
import type { Presences } from './presences.ts'
import type { Recipients } from './recipients.ts'
import type { Traversal } from './traversal.ts'
import { comparePeers, toPeerSummary } from './views.ts'

/** The parts of the mesh that know or keep something about peers. */
export interface PeersParts {
  network: Network
  keeper: PeerKeeper
  encounters: Encounters
  book: PeerBook
  presences: Presences
  mailbox: Mailbox
  calls: Calls
  instances: Instances
  traversal: Traversal
  recipients: Recipients
}

export class Peers {
  readonly #parts: PeersParts
  readonly #init: Pick<MeshInit, 'config' | 'log'>

  constructor(parts: PeersParts, init: Pick<MeshInit, 'config' | 'log'>) {
    this.#parts = parts
    this.#init = init
  }

  async list({ online = false }: { online?: boolean }): Promise<PeerSummary[]> {
    const { book, network, mailbox, presences, traversal } = this.#parts
    const held = mailbox.incoming.heldByPeer()
    const listed = book.approvedPeerIds().filter(peerId => book.get(peerId) === undefined)
    const records = [...book.all(), ...listed.map(peerId => unseen(peerId))]
    const summaries = await Promise.all(records.map(async (record) => {
      const peerId = parsePeerId(record.peerId)
      return toPeerSummary({
        record, names: this.#parts, held: held.get(record.peerId) ?? 0, dmPolicy: this.#init.config.dmPolicy,
        presence: peerId === undefined ? 'away' : presences.of(peerId),
        paths: peerId === undefined ? [] : network.paths(peerId), whyNotDirect: traversal.paths.of(record.peerId)?.whyNotDirect,
        addrs: peerId === undefined ? [] : await network.addressesOf(peerId)
      })
    }))
    return (online ? summaries.filter(({ presence }) => presence === 'online') : summaries).sort(comparePeers)
  }

  /** Keeps a peer under an alias and tries to connect; approves nothing. */
  async add({ recipient, alias, replace, agentMayMessage }: AddPeerRequest): Promise<AddedPeer> {
    const { book, network, recipients } = this.#parts
    await recipients.find(recipient).catch((error: unknown) => { this.#init.log.debug(`Added as it is: ${toError(error).message}`) }) // a peer ID is enough
    const { peerId, agentId, addresses } = recipients.resolve(recipient)
    const identity = { peerId: peerId.toString(), agentId }
    const added = await pinAlias(book, { identity, alias, replace: replace ?? false })
    const record = agentMayMessage === undefined ? added : await book.letAgentSend(identity, agentMayMessage)
    try {
      await network.connect(peerId, { addresses })
    } catch (error) {
      this.#init.log.debug(`Added peer ${peerId.toString()} is not reachable now: ${toError(error).message}`)
    }
    const [path] = network.paths(peerId)
    return {
      ...identity, agentMayMessage: !record.isAgentBarred, reachable: path !== undefined,
      ...record.alias !== null && { alias: record.alias }, ...path !== undefined && { path: path.path }
    }
  }

  /** Forgets the peer and its instance; one that is connected is met anew when it next announces itself. */
  async remove(recipient: string): Promise<{ peerId: string }> {
    const { book, keeper, mailbox, calls, instances } = this.#parts
    const { peerId } = this.#parts.recipients.resolve(recipient)
    calls.endAllWith(peerId.toString(), 'hang-up')
    keeper.unwant(peerId, 'approved')
    instances.forget(peerId.toString())
    await mailbox.incoming.discardHeld(peerId.toString())
    await book.remove(peerId.toString())
    return { peerId: peerId.toString() }
  }

  /** Measures the way to a peer, and says which it is. */
  async ping(recipient: string): Promise<PingResult> {
    const { network, recipients, traversal } = this.#parts
    const { peerId } = await recipients.find(recipient)
    return traversal.explain(await network.ping(peerId))
  }

  /** Approves by code or recipient, and gives out what was held; exactly once. */
  async approve(codeOrRecipient: string): Promise<ApprovedPeer> {
    const { book, network, instances } = this.#parts
    const { peerId, addresses } = this.#parts.recipients.resolve(waitingPeer(codeOrRecipient, book) ?? codeOrRecipient)
    const identity = identityOf(peerId)
    this.#parts.recipients.checkPin(codeOrRecipient, identity.peerId)
    await network.learn(peerId, addresses)
    const released = await this.letIn(peerId)
    const claimsNameOf = instances.pinHolderOf(identity.peerId)
    return { ...identity, released, ...claimsNameOf !== undefined && { claimsNameOf } }
  }

  /** Approves the peer, which is stored with what is written in the same turn of the event loop; returns how many held messages went out. */
  async letIn(peerId: PeerId, way: 'approval' | 'invite' = 'approval'): Promise<number> {
    const { book, keeper, encounters, mailbox, instances, traversal } = this.#parts
    await book.decide(identityOf(peerId), 'approved', way)
    keeper.want(peerId, 'approved')
    encounters.handleWanted(peerId)
    instances.handleApproved(peerId)
    traversal.paths.handleApproved(peerId)
    return await mailbox.incoming.release(peerId.toString())
  }

  /** Takes no message of the peer any more, drops what was held, and ends its connections. */
  async block(recipient: string): Promise<{ peerId: string }> {
    const { book, keeper, mailbox, calls, network } = this.#parts
    const { peerId, agentId } = this.#parts.recipients.resolve(recipient)
    const identity = { peerId: peerId.toString(), agentId }
    await book.decide(identity, 'blocked')
    calls.endAllWith(identity.peerId, 'blocked')
    keeper.unwant(peerId, 'approved')
    await mailbox.incoming.discardHeld(identity.peerId)
    await network.disconnect(peerId)
    return { peerId: identity.peerId }
  }
}

/** A peer that the configuration approves and that never connected. */
function unseen(peerId: string): Parameters<typeof toPeerSummary>[0]['record'] {
  return { ...newPeer(identityOfText(peerId), 0), knownBy: 'config' }
}
