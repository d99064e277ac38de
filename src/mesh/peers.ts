/** What the owner and the agent can do about peers: add, look up, approve, block, remove. */
import type { AddedPeer, AddPeerRequest, PeerSummary } from '../mesh-api.ts'
import { MAX_TRACKED_PEERS } from '../config/limits.ts'
import { BoundedMap } from '../lib/bounded-map.ts'
import { MeshError, toError } from '../lib/errors.ts'
import type { Logger } from '../lib/log.ts'
import { parsePeerId } from '../lib/recipient.ts'
import { oneLine } from '../lib/text.ts'
import { identityOf, identityOfText, pinAlias, waitingPeer } from '../trust/approvals.ts'
import { resolveRecipient, type ResolvedRecipient } from '../trust/recipients.ts'
import type { Parts } from './assemble.ts'
import { toPeerSummary } from './views.ts'

export class Peers {
  readonly #parts: Parts
  readonly #log: Logger
  /** Recipients that were named by peer ID: to decode one takes longer than everything else that a send does in memory. */
  readonly #byPeerId = new BoundedMap<string, ResolvedRecipient>(MAX_TRACKED_PEERS)

  constructor(parts: Parts, log: Logger) {
    this.#parts = parts
    this.#log = log
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
   * The known peer that a message goes to.
   *
   * @throws MeshError as `resolveKnown`, and `BLOCKED`
   */
  async resolveAddressee(recipient: string): Promise<ResolvedRecipient> {
    const resolved = await this.resolveKnown(recipient)
    const peerId = resolved.peerId.toString()
    if (this.#parts.book.statusOf(peerId) === 'blocked') {
      throw new MeshError('BLOCKED', `${peerId} is blocked here; \`openclaw p2p approve\` lifts that`)
    }
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
        record, names: this.#parts, held: held.get(record.peerId) ?? 0,
        paths: peerId === undefined ? [] : network.paths(peerId), whyNotDirect: traversal.paths.of(record.peerId)?.whyNotDirect,
        addrs: peerId === undefined ? [] : await network.addressesOf(peerId)
      })
    }))
    return online ? summaries.filter(peer => peer.connected) : summaries
  }

  /** Keeps a peer under an alias and tries to connect; approves nothing. */
  async add({ recipient, alias, replace }: AddPeerRequest): Promise<AddedPeer> {
    const { book, network } = this.#parts
    const { peerId, agentId, addresses } = this.#resolve(recipient)
    const record = await pinAlias(book, { identity: { peerId: peerId.toString(), agentId }, alias, replace: replace ?? false })
    try {
      await network.connect(peerId, { addresses })
    } catch (error) {
      this.#log.debug(`Added peer ${peerId.toString()} is not reachable now: ${toError(error).message}`)
    }
    const [path] = network.paths(peerId)
    return {
      peerId: peerId.toString(), agentId, reachable: path !== undefined,
      ...record.alias !== null && { alias: record.alias }, ...path !== undefined && { path: path.path }
    }
  }

  /** Forgets the peer and its instance; one that is connected is met anew when it next announces itself. */
  async remove(recipient: string): Promise<{ peerId: string }> {
    const { book, keeper, mailbox, instances } = this.#parts
    const { peerId } = this.#resolve(recipient)
    keeper.unwant(peerId, 'approved')
    instances.forget(peerId.toString())
    await mailbox.incoming.discardHeld(peerId.toString())
    await book.remove(peerId.toString())
    return { peerId: peerId.toString() }
  }

  /** Approves by code or recipient, and gives out what was held; exactly once. */
  async approve(codeOrRecipient: string): Promise<{ peerId: string, agentId: string, released: number }> {
    const { book, keeper, mailbox, network, instances, traversal } = this.#parts
    const { peerId, agentId, addresses } = this.#resolve(waitingPeer(codeOrRecipient, book) ?? codeOrRecipient)
    await network.learn(peerId, addresses)
    const identity = { peerId: peerId.toString(), agentId }
    await book.decide(identity, 'approved')
    keeper.want(peerId, 'approved')
    instances.handleApproved(peerId)
    traversal.paths.handleApproved(peerId)
    return { ...identity, released: await mailbox.incoming.release(identity.peerId) }
  }

  /** Takes no message of the peer any more, drops what was held, and ends its connections. */
  async block(recipient: string): Promise<{ peerId: string }> {
    const { book, keeper, mailbox, calls, network } = this.#parts
    const { peerId, agentId } = this.#resolve(recipient)
    const identity = { peerId: peerId.toString(), agentId }
    await book.decide(identity, 'blocked')
    calls.handleBlocked(identity.peerId)
    keeper.unwant(peerId, 'approved')
    await mailbox.incoming.discardHeld(identity.peerId)
    await network.disconnect(peerId)
    return { peerId: identity.peerId }
  }

  #resolve(recipient: string): ResolvedRecipient {
    const known = this.#byPeerId.get(recipient)
    if (known !== undefined) return known
    const { book, instances, node } = this.#parts
    const self = identityOf(node.libp2p.peerId)
    const resolved = resolveRecipient(recipient, {
      withAgentId: agentId => [...book.withAgentId(agentId), ...instances.withAgentId(agentId), ...agentId === self.agentId ? [self] : []],
      withName: (name) => {
        const pinned = book.withAlias(name)
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
  return { ...identityOfText(peerId), status: 'unknown', alias: null, isAdded: false, code: null, firstSeen: 0, lastSeen: null, decidedAt: null }
}
