/** Discovery on demand: asks nodes that may know others, follows their hints, and answers when others ask. */
import type { Connection, PeerId } from '@libp2p/interface'
import { multiaddr, type Multiaddr } from '@multiformats/multiaddr'
import { RENDEZVOUS_DIALS_ON_DEMAND } from '../config/dht-limits.ts'
import { DISCOVERY_PARALLEL, DISCOVERY_TIMEOUT_MS, MAX_ASKED_PEERS, MAX_HINT_DIALS, MAX_HINTS } from '../config/limits.ts'
import { inParallel } from '../lib/in-parallel.ts'
import { MeshError, toMeshError } from '../lib/errors.ts'
import { isFromThisMachine, isOnOwnSubnet, scopeOf } from '../lib/reachable-address.ts'
import { parsePeerId, peerIdOfMultiaddr } from '../lib/recipient.ts'
import type { AskedPeer, DiscoverResult } from '../mesh-api.ts'
import { dialError } from '../node/dial-error.ts'
import type { Network } from '../node/network.ts'
import type { PeerExchange, PeerHint } from '../protocols/peer-exchange.ts'
import { takeInTurns, type GivenHint } from '../routes/hints.ts'
import { usableAddresses } from '../routes/usable-addresses.ts'
import { identityOf } from '../trust/approvals.ts'
import type { PeerBook } from '../trust/peer-book.ts'
import type { MeshInit } from './init.ts'
import type { Instances } from './instances.ts'

export interface DiscoveryInit {
  init: Pick<MeshInit, 'config' | 'log' | 'random'>
  self: PeerId
  network: Network
  book: PeerBook
  exchange: Pick<PeerExchange, 'ask'>
  instances: Pick<Instances, 'addressesOf'>
  /** Nodes of the same network that the DHT tells of; none without a DHT. */
  others: (options: { signal: AbortSignal }) => Promise<PeerHint[]>
}

interface Target {
  peerId: PeerId
  addresses: Multiaddr[]
  /** As the owner knows it: the address of the configuration, or the peer ID. */
  name: string
  /** Chosen by the owner, not met by chance. */
  isChosen: boolean
}

interface Answer extends AskedPeer {
  from: string
  isChosen: boolean
  hints: PeerHint[]
}

export class Discovery {
  readonly #init: DiscoveryInit
  #running: Promise<DiscoverResult> | undefined

  constructor(init: DiscoveryInit) {
    this.#init = init
  }

  /**
   * Asks bootstrap nodes, relays, approved and added peers, the LAN and the DHT for peers, and connects to those that they name.
   *
   * @throws MeshError `UNREACHABLE` naming the nodes that were tried, when none could be asked
   */
  async run(): Promise<DiscoverResult> {
    this.#running ??= this.#run().finally(() => { this.#running = undefined })
    return await this.#running
  }

  /**
   * Whom a peer is told of: connected instances, to approved peers, and to everybody where this node is there for others. Private
   * addresses go to approved peers on the LAN that they belong to, where they are no secret.
   */
  hintsFor(to: PeerId, connection: Connection): PeerHint[] {
    const { book, network, instances, init: { config, random } } = this.#init
    const status = book.statusOf(to.toString())
    const isApproved = status === 'approved'
    if (!isApproved && (status === 'blocked' || !config.enableCircuitRelayServer || !config.enableAgentSync)) return []
    const isOnLan = isApproved && isOnOwnSubnet(connection.remoteAddr)
    const isTold = (address: Multiaddr): boolean => {
      const scope = scopeOf(address)
      return scope === 'public' || (scope === 'name' && isApproved) || (scope === 'private' && isOnLan) || (scope === 'loopback' && isFromThisMachine(connection))
    }
    const others = network.connectedPeers().filter(peerId => !peerId.equals(to) && book.statusOf(peerId.toString()) !== 'blocked')
    const hints = others.map(peerId => ({ peerId, addresses: instances.addressesOf(peerId).filter(isTold) })).filter(({ addresses }) => addresses.length > 0)
    return shuffled(hints, random).slice(0, MAX_HINTS)
  }

  async #run(): Promise<DiscoverResult> {
    const { book } = this.#init
    const before = new Set(book.all().map(({ peerId }) => peerId))
    const signal = AbortSignal.timeout(DISCOVERY_TIMEOUT_MS)
    const [answers, others] = await Promise.all([
      inParallel(this.#targets(), DISCOVERY_PARALLEL, async target => this.#ask(target, signal)), this.#init.others({ signal })
    ])
    if (!answers.some(({ reached }) => reached) && others.length === 0) throw nobodyReached(answers)
    const chosen = takeInTurns(answers.filter(({ isChosen }) => isChosen), MAX_HINT_DIALS)
    const met = takeInTurns(answers.filter(({ isChosen }) => !isChosen), MAX_HINT_DIALS - chosen.length)
    const hints = [...chosen, ...met, ...others.slice(0, RENDEZVOUS_DIALS_ON_DEMAND)]
    await inParallel(hints, DISCOVERY_PARALLEL, async hint => this.#follow(hint, { before, signal }))
    const known = book.all()
    return {
      found: known.filter(({ peerId }) => !before.has(peerId)).length, known: known.length,
      asked: answers.map(({ node, reached, cause }) => ({ node, reached, ...cause !== undefined && { cause } }))
    }
  }

  #targets(): Target[] {
    const { self, network, book, init: { config } } = this.#init
    const configured = [...config.bootstrapList, ...config.relayList].flatMap((name) => {
      const peerId = peerIdOfMultiaddr(multiaddr(name))
      return peerId === undefined ? [] : [{ peerId, addresses: [multiaddr(name)], name, isChosen: true }]
    })
    const added = book.all().filter(({ peerId, isAdded }) => isAdded && book.statusOf(peerId) !== 'blocked').map(({ peerId }) => peerId)
    const kept = [...book.approvedPeerIds(), ...added].flatMap((name) => {
      const peerId = parsePeerId(name)
      return peerId === undefined ? [] : [{ peerId, addresses: [], name, isChosen: true }]
    })
    const near = network.connectedPeers().filter(peerId => network.isOnLan(peerId) && book.statusOf(peerId.toString()) !== 'blocked')
      .map(peerId => ({ peerId, addresses: [], name: peerId.toString(), isChosen: false }))
    const targets = new Map<string, Target>()
    for (const target of [...configured, ...kept, ...near]) {
      const known = targets.get(target.peerId.toString())
      if (target.peerId.equals(self)) continue
      targets.set(target.peerId.toString(), known === undefined ? target : { ...known, addresses: [...known.addresses, ...target.addresses] })
    }
    return [...targets.values()].slice(0, MAX_ASKED_PEERS)
  }

  async #ask({ peerId, addresses, name, isChosen }: Target, signal: AbortSignal): Promise<Answer> {
    const { network, exchange, init: { log } } = this.#init
    const answer = { from: peerId.toString(), isChosen, node: name }
    try {
      const connection = await network.connection(peerId, { addresses })
      const hints = await exchange.ask(connection, { signal }).catch((error: unknown) => {
        log.debug(`Peer ${peerId.toString()} named no peers: ${toMeshError(error).message}`)
        return []
      })
      return { ...answer, reached: true, hints: this.#usable(hints, connection) }
    } catch (error) {
      return { ...answer, reached: false, hints: [], cause: dialError(peerId.toString(), error).reason ?? 'network' }
    }
  }

  /** Those that are worth a dial. */
  #usable(hints: readonly PeerHint[], connection: Connection): PeerHint[] {
    const { self, network, book } = this.#init
    const teller = { isApproved: book.statusOf(connection.remotePeer.toString()) === 'approved', isLocal: isFromThisMachine(connection) }
    return hints.map(({ peerId, addresses }) => ({ peerId, addresses: usableAddresses(addresses, teller) })).filter(({ peerId, addresses }) =>
      addresses.length > 0 && !peerId.equals(self) && !network.isConnected(peerId) && book.statusOf(peerId.toString()) !== 'blocked')
  }

  async #follow(hint: PeerHint & Partial<GivenHint>, { before, signal }: { before: ReadonlySet<string>, signal: AbortSignal }): Promise<void> {
    const { peerId, addresses, from } = hint
    const { network, book, init: { log } } = this.#init
    try {
      await network.tryAddresses(peerId, addresses, { signal })
      if (!before.has(peerId.toString())) await book.touch(identityOf(peerId), { knownBy: 'peer', ...from !== undefined && { introducedBy: from } })
    } catch (error) {
      log.debug(`Peer ${peerId.toString()}, of whom ${from ?? 'the DHT'} told, was not reached: ${toMeshError(error).message}`)
    }
  }
}

function nobodyReached(answers: readonly Answer[]): MeshError {
  if (answers.length === 0) {
    return new MeshError('UNREACHABLE', 'there is nobody to ask for peers: bootstrapList and relayList are empty, no peer was added or approved, and none answers ' +
      'on the LAN; add one by its address with `openclaw p2p add <multiaddr>`', { reason: 'no-address' })
  }
  const [first] = answers
  const tried = answers.map(({ node, cause }) => `${node} (${cause ?? 'network'})`).join(', ')
  return new MeshError('UNREACHABLE', `no node could be asked for peers; tried ${tried}`, { reason: first?.cause ?? 'network' })
}

function shuffled<T>(items: T[], random: () => number): T[] {
  return items.map(item => ({ item, at: random() })).sort((one, other) => one.at - other.at).map(({ item }) => item)
}
