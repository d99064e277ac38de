/** What the owner and the agent can do about peers: add, look up, approve, block, remove. */
import type { PeerId } from '@libp2p/interface'
import type { AddedPeer, AddPeerRequest, ApprovedPeer, Audience, PeerSummary } from '../mesh-api.ts'
import { MAX_TRACKED_PEERS } from '../config/limits.ts'
import { BoundedMap } from '../lib/bounded-map.ts'
import { MeshError, toError } from '../lib/errors.ts'
import { parsePeerId, parseRecipient } from '../lib/recipient.ts'
import { oneLine } from '../lib/text.ts'
import type { Mailbox } from '../mailbox/mailbox.ts'
import type { CreatedNode } from '../node/create-node.ts'
import type { Network } from '../node/network.ts'
import type { PeerKeeper } from '../node/peer-keeper.ts'
import type { Calls } from '../sessions/calls.ts'
import { checkAuthor, identityOf, identityOfText, pinAlias, pinHolder, pinMismatch, waitingPeer } from '../trust/approvals.ts'
import type { PeerBook } from '../trust/peer-book.ts'
import { newPeer } from '../trust/peer-record.ts'
import { resolveRecipient, type ResolvedRecipient } from '../trust/recipients.ts'
import type { MeshInit } from './init.ts'
import type { Instances } from './instances.ts'
import type { Traversal } from './traversal.ts'
import { toPeerSummary } from './views.ts'

/** The parts of the mesh that know or keep something about peers. */
export interface PeersParts {
  node: CreatedNode
  network: Network
  keeper: PeerKeeper
  book: PeerBook
  mailbox: Mailbox
  calls: Calls
  instances: Instances
  traversal: Traversal
}

export class Peers {
  readonly #parts: PeersParts
  readonly #init: Pick<MeshInit, 'config' | 'log'>
  /** Recipients that were named by peer ID: to decode one takes longer than everything else that a send does in memory. */
  readonly #byPeerId = new BoundedMap<string, ResolvedRecipient>(MAX_TRACKED_PEERS)

  constructor(parts: PeersParts, init: Pick<MeshInit, 'config' | 'log'>) {
    this.#parts = parts
    this.#init = init
  }

  /**
   * The peer that a recipient names, if this node has heard of it.
   *
   * @throws MeshError `UNKNOWN_RECIPIENT`, `AMBIGUOUS_RECIPIENT`, `INVALID_ARGUMENT`
   */
  async resolveKnown(recipient: string): Promise<ResolvedRecipient> {
    const { book, instances, network } = this.#parts
    const resolved = this.#resolve(recipient)
    await network.learn(resolved.peerId, resolved.addresses)
    const peerId = resolved.peerId.toString()
    const isKnown = book.get(peerId) !== undefined || book.statusOf(peerId) !== 'unknown' || instances.ofPeer(peerId) !== undefined ||
      network.isConnected(resolved.peerId) || (await network.addressesOf(resolved.peerId)).length > 0
    if (!isKnown) {
      throw new MeshError('UNKNOWN_RECIPIENT', `nobody has announced ${peerId}, and no address of it is known; add it by a multiaddr ending in /p2p/<peer ID>`)
    }
    return resolved
  }

  /**
   * The same, unless the recipient is named as an instance by a name that belongs to another peer here.
   *
   * @throws MeshError as `resolveKnown`, and `PIN_MISMATCH`
   */
  async resolveNamed(recipient: string): Promise<ResolvedRecipient> {
    const resolved = await this.resolveKnown(recipient)
    this.#checkPin(recipient, resolved.peerId.toString())
    return resolved
  }

  /**
   * The known peer that a message goes to.
   *
   * @throws MeshError as `resolveNamed`, and `BLOCKED` or `NOT_ALLOWED`
   */
  async resolveAddressee(recipient: string, author: Audience = 'owner'): Promise<ResolvedRecipient> {
    const { book } = this.#parts
    const resolved = await this.resolveNamed(recipient)
    const peerId = resolved.peerId.toString()
    if (book.statusOf(peerId) === 'blocked') {
      throw new MeshError('BLOCKED', `${peerId} is blocked here; \`openclaw p2p approve\` lifts that`, { reason: 'by-us' })
    }
    checkAuthor(book, peerId, author)
    return resolved
  }

  async list(online: boolean): Promise<PeerSummary[]> {
    const { book, network, mailbox, traversal } = this.#parts
    const held = mailbox.incoming.heldByPeer()
    const listed = book.approvedPeerIds().filter(peerId => book.get(peerId) === undefined)
    const records = [...book.all(), ...listed.map(peerId => unseen(peerId))]
    const summaries = await Promise.all(records.map(async (record) => {
      const peerId = parsePeerId(record.peerId)
      return toPeerSummary({
        record, names: this.#parts, held: held.get(record.peerId) ?? 0, dmPolicy: this.#init.config.dmPolicy,
        paths: peerId === undefined ? [] : network.paths(peerId), whyNotDirect: traversal.paths.of(record.peerId)?.whyNotDirect,
        addrs: peerId === undefined ? [] : await network.addressesOf(peerId)
      })
    }))
    return online ? summaries.filter(peer => peer.connected) : summaries
  }

  /** Keeps a peer under an alias and tries to connect; approves nothing. */
  async add({ recipient, alias, replace, agentMayMessage }: AddPeerRequest): Promise<AddedPeer> {
    const { book, network } = this.#parts
    const { peerId, agentId, addresses } = this.#resolve(recipient)
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
    const { peerId } = this.#resolve(recipient)
    calls.endAllWith(peerId.toString(), 'hang-up')
    keeper.unwant(peerId, 'approved')
    instances.forget(peerId.toString())
    await mailbox.incoming.discardHeld(peerId.toString())
    await book.remove(peerId.toString())
    return { peerId: peerId.toString() }
  }

  /** Approves by code or recipient, and gives out what was held; exactly once. */
  async approve(codeOrRecipient: string): Promise<ApprovedPeer> {
    const { book, network, instances } = this.#parts
    const { peerId, addresses } = this.#resolve(waitingPeer(codeOrRecipient, book) ?? codeOrRecipient)
    const identity = identityOf(peerId)
    this.#checkPin(codeOrRecipient, identity.peerId)
    await network.learn(peerId, addresses)
    const released = await this.letIn(peerId)
    const claimsNameOf = instances.pinHolderOf(identity.peerId)
    return { ...identity, released, ...claimsNameOf !== undefined && { claimsNameOf } }
  }

  /** Approves the peer, which is stored with what is written in the same turn of the event loop; returns how many held messages went out. */
  async letIn(peerId: PeerId, way: 'approval' | 'invite' = 'approval'): Promise<number> {
    const { book, keeper, mailbox, instances, traversal } = this.#parts
    await book.decide(identityOf(peerId), 'approved', way)
    keeper.want(peerId, 'approved')
    instances.handleApproved(peerId)
    traversal.paths.handleApproved(peerId)
    return await mailbox.incoming.release(peerId.toString())
  }

  /** Takes no message of the peer any more, drops what was held, and ends its connections. */
  async block(recipient: string): Promise<{ peerId: string }> {
    const { book, keeper, mailbox, calls, network } = this.#parts
    const { peerId, agentId } = this.#resolve(recipient)
    const identity = { peerId: peerId.toString(), agentId }
    await book.decide(identity, 'blocked')
    calls.endAllWith(identity.peerId, 'blocked')
    keeper.unwant(peerId, 'approved')
    await mailbox.incoming.discardHeld(identity.peerId)
    await network.disconnect(peerId)
    return { peerId: identity.peerId }
  }

  /** Who is approved may carry a name that another one had first. */
  #checkPin(recipient: string, peerId: string): void {
    const { book } = this.#parts
    const name = instanceNameIn(recipient)
    if (name === undefined || book.statusOf(peerId) === 'approved') return
    const holder = pinHolder(book, { peerId, name })
    if (holder !== undefined) throw pinMismatch(name, { holder, claimant: peerId })
  }

  #resolve(recipient: string): ResolvedRecipient {
    const known = this.#byPeerId.get(recipient)
    if (known !== undefined) return known
    const { book, instances, node } = this.#parts
    const self = identityOf(node.libp2p.peerId)
    const resolved = resolveRecipient(recipient, {
      withAgentId: agentId => [...book.withAgentId(agentId), ...instances.withAgentId(agentId), ...agentId === self.agentId ? [self] : []],
      withName: (name) => {
        const pinned = book.withName(name)
        return pinned === undefined ? instances.withName(name) : [pinned]
      }
    })
    if (resolved.peerId.equals(node.libp2p.peerId)) throw new MeshError('INVALID_ARGUMENT', `"${oneLine(recipient, 100)}" is this node itself`)
    if (resolved.peerId.toString() === recipient) this.#byPeerId.set(recipient, resolved)
    return resolved
  }
}

/** A peer that the configuration approves and that never connected. */
function unseen(peerId: string): Parameters<typeof toPeerSummary>[0]['record'] {
  return { ...newPeer(identityOfText(peerId), 0), knownBy: 'config' }
}

/** The name in an instance ID. */
function instanceNameIn(recipient: string): string | undefined {
  if (!recipient.includes('@')) return undefined
  const parsed = parseRecipient(recipient)
  return parsed.kind === 'instance-id' ? parsed.instanceId.split('@', 1)[0] : undefined
}
