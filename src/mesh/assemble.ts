/** Puts the parts of a mesh together: database, node, protocols, trust and mailbox; nothing is started yet. */
import { randomBytes } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import type { DatabaseSync } from 'node:sqlite'
import type { PeerId } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { MAX_CONNECTIONS } from '../config/connection-limits.ts'
import { MAX_RELAY_CONNECTIONS } from '../config/relay-limits.ts'
import { errorLine, toMeshError } from '../lib/errors.ts'
import type { EventLog } from '../lib/event-log.ts'
import { GroupCommit } from '../lib/group-commit.ts'
import type { Mailbox } from '../mailbox/mailbox.ts'
import { ConnectionLimits } from '../node/connection-limits.ts'
import { createNode, type CreatedNode } from '../node/create-node.ts'
import { DiscoveryDialer } from '../node/discovery-dialer.ts'
import { withoutPeerId } from '../node/known-addresses.ts'
import { Network } from '../node/network.ts'
import { PeerKeeper } from '../node/peer-keeper.ts'
import type { BroadcastProtocol } from '../protocols/broadcast-protocol.ts'
import type { MessageProtocol } from '../protocols/message-protocol.ts'
import type { Calls } from '../sessions/calls.ts'
import { PeerBook } from '../trust/peer-book.ts'
import { CallDesk } from './call-desk.ts'
import { createCalls } from './calling.ts'
import { createMailbox } from './create-mailbox.ts'
import { Discovery } from './discovery.ts'
import { Encounters } from './encounters.ts'
import type { FileSharing } from './file-sharing.ts'
import type { MeshInit } from './init.ts'
import { Instances } from './instances.ts'
import type { Inviting } from './inviting.ts'
import { canConfirm } from './mapped-ports.ts'
import { openMeshDatabase } from './mesh-database.ts'
import { Messaging } from './messaging.ts'
import { noStream } from './no-stream.ts'
import { Peers } from './peers.ts'
import { Presences } from './presences.ts'
import { Recipients } from './recipients.ts'
import { createServices, Late, needed } from './services.ts'
import { Traversal } from './traversal.ts'
import { WideArea, type WideAreaInit } from './wide-area.ts'
import type { UnnumberedEvent } from './views.ts'

/** The parts of one run of the mesh. */
export interface Parts extends Core {
  dialer: DiscoveryDialer
  limits: ConnectionLimits
  mailbox: Mailbox
  calls: Calls
  callDesk: CallDesk
  instances: Instances
  discovery: Discovery
  traversal: Traversal
  recipients: Recipients
  peers: Peers
  inviting: Inviting
  /** Undefined where the configuration has no DHT. */
  wideArea: WideArea | undefined
  sharing: FileSharing
  messaging: Messaging
  /** Undefined where broadcasts are off. */
  broadcasts: BroadcastProtocol | undefined
  /** Addresses that the transports listen on. */
  listenAddrs: () => string[]
}

/** What the other parts are made with. */
interface Core {
  node: CreatedNode
  network: Network
  keeper: PeerKeeper
  book: PeerBook
  protocol: MessageProtocol
  encounters: Encounters
  presences: Presences
  database: DatabaseSync
  commits: GroupCommit
}

interface Surroundings {
  init: MeshInit
  events: EventLog<UnnumberedEvent>
  database: DatabaseSync
}

/**
 * @throws MeshError when the state folder is in use or the identity unusable
 */
export async function assemble(init: MeshInit, events: EventLog<UnnumberedEvent>): Promise<Parts> {
  await mkdir(init.stateDir, { recursive: true, mode: 0o700 })
  const database = openMeshDatabase(init) // before all else: it is the lock of the state folder
  try {
    return await assembleOn({ init, events, database })
  } catch (error) {
    database.close()
    throw error
  }
}

async function assembleOn(surroundings: Surroundings): Promise<Parts> {
  const { config, stateDir, version, log, clock } = surroundings.init
  const late = new Late()
  const node = await createNode({
    stateDir, config, version, log, now: clock.now, services: await createServices(surroundings.init, late),
    watchesConnections: true, confirmsAddresses: canConfirm(config), onSelfDiscovered: () => { needed(late.handler).instances.handleSelfDiscovered() }
  })
  try {
    return assembleAround(node, late, surroundings)
  } catch (error) {
    await node.close()
    throw error
  }
}

function assembleAround(node: CreatedNode, late: Late, { init, events, database }: Surroundings): Parts {
  const { protocol, components } = needed(late.service)
  const { broadcasts, inviting, sharing, isApproved } = late
  const commits = new GroupCommit(database)
  const network = new Network(node.libp2p, peerId => needed(late.handler).instances.addressesOf(peerId), (peerId) => { encounters.handleWanted(peerId) })
  const encounters = late.encounters = createEncounters(init, { node, network, protocol, late })
  const book = late.book = new PeerBook({ database, commits, allowFrom: init.config.allowFrom, now: init.clock.now, random: init.random })
  const keeper = createKeeper(init, network, (peerId) => { late.wideArea?.handleUnreached(peerId) })
  const presences = new Presences({ isConnected: peerId => network.isConnected(peerId), now: init.clock.now })
  const core: Core = { node, network, keeper, book, protocol, encounters, presences, database, commits }
  const shared = { ...core, init, events, sharing }
  const traversal = new Traversal({
    init, libp2p: node.libp2p, components, puncher: late.puncher, network, keeper, presences, isApproved, protocol, broadcasts, sharing
  })
  const instances = new Instances({
    ...shared, peerId: components.peerId, privateKey: components.privateKey, bootId: randomBytes(8).toString('hex'),
    addresses: () => node.libp2p.getMultiaddrs().map(address => multiaddr(withoutPeerId(address, components.peerId))),
    isDialled: peerId => encounters.isDialled(peerId), traversal
  })
  const mailbox = createMailbox({ ...shared, instances, calls: () => needed(late.calls) })
  const calls = late.calls = createCalls({ ...shared, mailbox })
  const wideArea = late.wideArea = createWideArea({ ...shared, self: components.peerId, instances, traversal }, late)
  const recipients = new Recipients({ node, network, book, instances, find: async sought => await wideArea?.find(sought) ?? false })
  const peers = new Peers({ network, keeper, encounters, book, presences, mailbox, calls, sharing, instances, traversal, recipients }, init)
  const messaging = new Messaging({ network, book, mailbox, instances, recipients, sharing })
  const callDesk = new CallDesk({ ...shared, calls, mailbox, recipients })
  const discovery = new Discovery({
    ...shared, instances, self: components.peerId, exchange: needed(late.exchange), others: async options => await wideArea?.others(options) ?? []
  })
  inviting.open({ ...shared, peers, self: components.peerId })
  sharing.open({ ...shared, mailbox, calls, recipients })
  late.handler = { mailbox, instances, discovery }
  const limits = createLimits(init, { node, late, traversal })
  const dialer = createDialer(init, { network, limits })
  const listenAddrs = (): string[] => components.transportManager.getAddrs().map(address => address.toString())
  return {
    ...core, dialer, limits, mailbox, calls, callDesk, instances, discovery, traversal, recipients, peers, inviting, sharing, wideArea, messaging,
    broadcasts, listenAddrs
  }
}

function createWideArea(init: Omit<WideAreaInit, 'dht'>, late: Late): WideArea | undefined {
  late.isKept = peerId => init.traversal.isKept(peerId) || init.book.isKept(peerId.toString())
  return late.dht === undefined ? undefined : new WideArea({ ...init, dht: late.dht })
}

function createEncounters({ log }: MeshInit, { node: { libp2p }, network, protocol, late }: Pick<Core, 'node' | 'network' | 'protocol'> & { late: Late }): Encounters {
  return new Encounters({
    dht: late.dht, isConnected: peerId => network.isConnected(peerId), isKept: peerId => late.isKept?.(peerId) === true,
    hasDialled: peerId => libp2p.getConnections(peerId).some(({ direction }) => direction === 'outbound'),
    link: (peerId) => { protocol.link(peerId).catch(noStream(log, peerId)) }
  })
}

function createKeeper(init: MeshInit, network: Network, onUnreached: (peerId: PeerId) => void): PeerKeeper {
  const onFailure = noteFailure(init)
  return new PeerKeeper({
    dial: async (peerId, addresses) => { await network.connect(peerId, { addresses }) },
    isConnected: peerId => network.isConnected(peerId), clock: init.clock, random: init.random,
    onFailure: (peerId, error) => {
      onFailure(peerId, error)
      onUnreached(peerId)
    }
  })
}

function createDialer(init: MeshInit, { network, limits }: Pick<Parts, 'network' | 'limits'>): DiscoveryDialer {
  return new DiscoveryDialer({
    dial: async (peerId) => { await network.connect(peerId) },
    isConnected: peerId => network.isConnected(peerId), hasEnough: () => limits.hasEnough, onFailure: noteFailure(init)
  })
}

function noteFailure({ log }: MeshInit): (peerId: PeerId, error: Error) => void {
  return (peerId, error) => { log.debug(`Peer ${peerId.toString()} was not reached: ${errorLine(toMeshError(error))}`) }
}

function createLimits({ config, clock, log }: MeshInit, { node, late, traversal }: Pick<Parts, 'node' | 'traversal'> & { late: Late }): ConnectionLimits {
  return new ConnectionLimits({
    connections: () => node.libp2p.getConnections(), now: clock.now, log,
    isKept: connection => traversal.isKept(connection.remotePeer) || late.relay?.serves(connection) === true,
    maxConnections: config.enableCircuitRelayServer ? MAX_RELAY_CONNECTIONS : MAX_CONNECTIONS
  })
}
