/** Whom a text names: the peer behind an alias, an ID, an instance or an address, and whether it may be named so. */
import { MAX_TRACKED_PEERS } from '../config/limits.ts'
import { BoundedMap } from '../lib/bounded-map.ts'
import { MeshError, toMeshError } from '../lib/errors.ts'
import { parseRecipient } from '../lib/recipient.ts'
import { oneLine } from '../lib/text.ts'
import type { Audience, ResolvedInstance } from '../mesh-api.ts'
import type { CreatedNode } from '../node/create-node.ts'
import type { Network } from '../node/network.ts'
import type { Sought } from '../routes/instance-finder.ts'
import { checkAuthor, identityOf, pinHolder, pinMismatch } from '../trust/approvals.ts'
import type { PeerBook } from '../trust/peer-book.ts'
import { resolveRecipient, type ResolvedRecipient } from '../trust/recipients.ts'
import type { Instances } from './instances.ts'

export interface RecipientsParts {
  node: CreatedNode
  network: Network
  book: PeerBook
  instances: Instances
  /** Looks somebody up whom nobody announced here; true when he is known from now on. */
  find: (sought: Sought) => Promise<boolean>
}

export class Recipients {
  readonly #parts: RecipientsParts
  /** Recipients that were named by peer ID: to decode one takes longer than everything else that a send does in memory. */
  readonly #byPeerId = new BoundedMap<string, ResolvedRecipient>(MAX_TRACKED_PEERS)

  constructor(parts: RecipientsParts) {
    this.#parts = parts
  }

  /**
   * The peer that a recipient names, heard of or not.
   *
   * @throws MeshError `UNKNOWN_RECIPIENT` for a name, `AMBIGUOUS_RECIPIENT`, `INVALID_ARGUMENT`
   */
  resolve(recipient: string): ResolvedRecipient {
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

  /**
   * The peer that a recipient names, if this node has heard of it.
   *
   * @throws MeshError `UNKNOWN_RECIPIENT`, `AMBIGUOUS_RECIPIENT`, `INVALID_ARGUMENT`
   */
  async resolveKnown(recipient: string): Promise<ResolvedRecipient> {
    const { book, instances, network } = this.#parts
    const resolved = this.resolve(recipient)
    await network.learn(resolved.peerId, resolved.addresses)
    const peerId = resolved.peerId.toString()
    const isKnown = book.get(peerId) !== undefined || book.statusOf(peerId) !== 'unknown' || instances.ofPeer(peerId) !== undefined ||
      network.isConnected(resolved.peerId) || (await network.addressesOf(resolved.peerId)).length > 0
    if (!isKnown) {
      throw new MeshError('UNKNOWN_RECIPIENT', `nobody has announced ${peerId}, no address of it is known, and no look-up finds it; add it by a multiaddr ending in /p2p/<peer ID>`)
    }
    return resolved
  }

  /**
   * The same, looked up where this node has not heard of it.
   *
   * @throws MeshError as `resolveKnown`
   */
  async find(recipient: string): Promise<ResolvedRecipient> {
    try {
      return await this.resolveKnown(recipient)
    } catch (error) {
      const sought = toMeshError(error).code === 'UNKNOWN_RECIPIENT' ? soughtBy(recipient) : undefined
      if (sought === undefined || !await this.#parts.find(sought)) throw error
      return await this.resolveKnown(recipient)
    }
  }

  /**
   * The same, unless the recipient is named as an instance by a name that belongs to another peer here.
   *
   * @throws MeshError as `find`, and `PIN_MISMATCH`
   */
  async resolveNamed(recipient: string): Promise<ResolvedRecipient> {
    const resolved = await this.find(recipient)
    this.checkPin(recipient, resolved.peerId.toString())
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

  /** @throws MeshError as `resolveNamed`, also for a peer that announced no instance */
  async resolveInstance(recipient: string): Promise<ResolvedInstance> {
    const { instances, book, network } = this.#parts
    const { peerId } = await this.resolveNamed(recipient)
    if (instances.ofPeer(peerId.toString()) === undefined) await this.#parts.find({ peerId })
    const route = instances.ofPeer(peerId.toString())
    if (route === undefined) throw new MeshError('UNKNOWN_RECIPIENT', `peer ${peerId.toString()} has not announced an instance`)
    const approved = book.statusOf(route.peerId) === 'approved'
    return { instanceId: route.instanceId, peerId: route.peerId, approved, addrs: await network.addressesOf(peerId) }
  }

  /**
   * Who is approved may carry a name that another one had first.
   *
   * @throws MeshError `PIN_MISMATCH`
   */
  checkPin(recipient: string, peerId: string): void {
    const { book } = this.#parts
    const name = instanceNameIn(recipient)
    if (name === undefined || book.statusOf(peerId) === 'approved') return
    const holder = pinHolder(book, { peerId, name })
    if (holder !== undefined) throw pinMismatch(name, { holder, claimant: peerId })
  }
}

/** What a look-up can find: names are only what somebody calls himself. */
function soughtBy(recipient: string): Sought | undefined {
  const parsed = parseRecipient(recipient)
  switch (parsed.kind) {
    case 'peer-id':
      return { peerId: parsed.peerId }
    case 'agent-id':
    case 'instance-id':
      return { agentId: parsed.agentId }
    case 'multiaddr':
    case 'name':
      return undefined
  }
}

/** The name in an instance ID. */
function instanceNameIn(recipient: string): string | undefined {
  if (!recipient.includes('@')) return undefined
  const parsed = parseRecipient(recipient)
  return parsed.kind === 'instance-id' ? parsed.instanceId.split('@', 1)[0] : undefined
}
