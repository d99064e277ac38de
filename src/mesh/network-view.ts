/** This node's ways to its peers as plain data, as known or after a fresh look. */
import { networkInterfaces } from 'node:os'
import type { PeerId } from '@libp2p/interface'
import { MAX_CHECKED_PEERS, MAX_CHECKS } from '../config/limits.ts'
import { NAT_SWITCHES, type MeshConfig } from '../config/resolve.ts'
import { toMeshError } from '../lib/errors.ts'
import { parsePeerId } from '../lib/recipient.ts'
import type { NetworkInfo, PeerReach } from '../mesh-api.ts'
import { interfaceAddresses } from '../nat/candidates.ts'
import type { Parts } from './assemble.ts'

type View = Omit<NetworkInfo, 'peerId' | 'instanceId'>

/** Why a peer was not reached just now, by peer ID. */
type Failures = ReadonlyMap<string, string>

export class NetworkView {
  readonly #parts: Parts
  readonly #config: MeshConfig

  constructor(parts: Parts, config: MeshConfig) {
    this.#parts = parts
    this.#config = config
  }

  /** As known now. */
  async known(): Promise<View> {
    return await this.#view(new Map())
  }

  /** After STUN servers, routers and peers were asked again. */
  async checked(): Promise<View> {
    const [failures] = await Promise.all([this.#pingAll(), this.#parts.traversal.check()])
    return await this.#view(failures)
  }

  async #view(failures: Failures): Promise<View> {
    const { network, traversal, listenAddrs } = this.#parts
    return {
      listenAddrs: listenAddrs(), announcedAddrs: network.announcedAddrs(), connections: network.paths().map(path => traversal.explain(path)),
      nat: traversal.summary(), peers: await Promise.all(this.#peers().map(async peerId => await this.#reach(peerId, failures))),
      hostAddrs: hostAddrs(), off: NAT_SWITCHES.filter(name => !this.#config[name])
    }
  }

  async #reach(peerId: PeerId, failures: Failures): Promise<PeerReach> {
    const { book, keeper, network, traversal } = this.#parts
    const key = peerId.toString()
    const { alias, lastSeen } = book.get(key) ?? { alias: null, lastSeen: null }
    const [best] = network.paths(peerId)
    const whyNot = failures.get(key) ?? reasonOf(keeper.failureOf(key))
    return {
      approved: book.statusOf(key) === 'approved',
      ...best === undefined ? { peerId: key, path: 'none', ...whyNot !== undefined && { whyNot } } : traversal.explain(best),
      ...alias !== null && { alias }, isNear: await network.isNear(peerId), lastSeen
    }
  }

  /** Approved and pinned peers, and whoever is connected for more than a question. */
  #peers(): PeerId[] {
    const { book, encounters } = this.#parts
    const known = book.all().filter(({ alias, isAdded }) => isAdded || alias !== null).map(({ peerId }) => peerId)
    const kept = [...book.approvedPeerIds(), ...known].filter(peerId => book.statusOf(peerId) !== 'blocked').map(peerId => parsePeerId(peerId))
    const peers = [...kept.filter(peerId => peerId !== undefined), ...encounters.peers]
    return [...new Map(peers.map(peerId => [peerId.toString(), peerId])).values()]
  }

  async #pingAll(): Promise<Failures> {
    const failures = new Map<string, string>()
    const waiting = this.#peers().slice(0, MAX_CHECKED_PEERS).values()
    await Promise.all(Array.from({ length: MAX_CHECKS }, async () => {
      for (const peerId of waiting) {
        const why = await this.#whyNotReached(peerId)
        if (why !== undefined) failures.set(peerId.toString(), why)
      }
    }))
    return failures
  }

  async #whyNotReached(peerId: PeerId): Promise<string | undefined> {
    try {
      await this.#parts.network.ping(peerId)
      return undefined
    } catch (error) {
      return reasonOf(toMeshError(error)) ?? 'network'
    }
  }
}

function reasonOf(error: Error | undefined): string | undefined {
  return error === undefined ? undefined : toMeshError(error).reason
}

function hostAddrs(): string[] {
  return interfaceAddresses(networkInterfaces()).filter(({ scopeid }) => (scopeid ?? 0) === 0)
    .map(({ address }) => address).filter(address => !address.startsWith('169.254.'))
}
