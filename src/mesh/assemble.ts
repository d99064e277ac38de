/** Puts the parts of a mesh together: database, node, protocols, trust and mailbox; nothing is started yet. */
import { randomBytes } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import type { PeerId } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { errorLine, MeshError, toError, toMeshError } from '../lib/errors.ts'
import type { EventLog } from '../lib/event-log.ts'
import { GroupCommit } from '../lib/group-commit.ts'
import { TRANSFER_MIGRATIONS } from '../files/transfer-store.ts'
import { openDatabase } from '../lib/sqlite.ts'
import { oneLine } from '../lib/text.ts'
import { FORWARD_MIGRATIONS } from '../mailbox/forward-store.ts'
import { INBOX_MIGRATIONS } from '../mailbox/inbox-store.ts'
import { Mailbox } from '../mailbox/mailbox.ts'
import { OUTBOX_MIGRATIONS } from '../mailbox/outbox-store.ts'
import type { NatTraversal } from '../nat/nat-traversal.ts'
import type { StunService } from '../nat/stun-service.ts'
import { createNode, type CreatedNode } from '../node/create-node.ts'
import { DiscoveryDialer } from '../node/discovery-dialer.ts'
import { withoutPeerId } from '../node/known-addresses.ts'
import { Network } from '../node/network.ts'
import type { NodeComponents, ServiceFactories } from '../node/options.ts'
import { PeerKeeper } from '../node/peer-keeper.ts'
import { MessageProtocol } from '../protocols/message-protocol.ts'
import { PeerExchange } from '../protocols/peer-exchange.ts'
import { CALL_MIGRATIONS } from '../sessions/call-store.ts'
import type { Calls } from '../sessions/calls.ts'
import { identityOfText } from '../trust/approvals.ts'
import { INVITATION_MIGRATIONS } from '../trust/invitations.ts'
import { PeerBook } from '../trust/peer-book.ts'
import { PEER_BOOK_MIGRATIONS } from '../trust/peer-record.ts'
import { createCalls } from './calling.ts'
import { Discovery } from './discovery.ts'
import { FileSharing } from './file-sharing.ts'
import type { MeshInit } from './init.ts'
import { Instances } from './instances.ts'
import { Inviting } from './inviting.ts'
import { canConfirm, mappedPortServices } from './mapped-ports.ts'
import { Peers } from './peers.ts'
import { relayServices } from './relaying.ts'
import { createPuncher, Traversal } from './traversal.ts'
import { toInboundMessage, type UnnumberedEvent } from './views.ts'

/** What a service needs and is made after it, and the other way round. */
interface Late {
  service?: { protocol: MessageProtocol, components: NodeComponents }
  puncher?: NatTraversal
  stun?: StunService
  book?: PeerBook
  handler?: { mailbox: Mailbox, instances: Instances, discovery: Discovery }
  exchange?: PeerExchange
  calls?: Calls
}

/** The parts of one run of the mesh. */
export interface Parts {
  node: CreatedNode
  network: Network
  keeper: PeerKeeper
  dialer: DiscoveryDialer
  book: PeerBook
  mailbox: Mailbox
  calls: Calls
  instances: Instances
  discovery: Discovery
  protocol: MessageProtocol
  traversal: Traversal
  peers: Peers
  inviting: Inviting
  sharing: FileSharing
  commits: GroupCommit
  database: DatabaseSync
  /** Addresses that the transports listen on. */
  listenAddrs: () => string[]
}

/**
 * @throws MeshError when the state folder is in use or the identity unusable
 */
export async function assemble(init: MeshInit, events: EventLog<UnnumberedEvent>): Promise<Parts> {
  await mkdir(init.stateDir, { recursive: true, mode: 0o700 })
  const database = openMeshDatabase(init) // before all else: it is the lock of the state folder
  try {
    return await assembleOn(database, init, events)
  } catch (error) {
    database.close()
    throw error
  }
}

async function assembleOn(database: DatabaseSync, init: MeshInit, events: EventLog<UnnumberedEvent>): Promise<Parts> {
  const late: Late = {}
  const inviting = new Inviting()
  const sharing = new FileSharing()
  const node = await createNode({
    stateDir: init.stateDir, config: init.config, version: init.version, log: init.log, now: init.clock.now,
    services: { ...createServices(init, late, inviting), file: sharing.createService },
    watchesConnections: true, confirmsAddresses: canConfirm(init.config),
    onSelfDiscovered: () => { needed(late.handler).instances.handleSelfDiscovered() }
  })
  try {
    const { protocol, components } = needed(late.service)
    const commits = new GroupCommit(database)
    const network = new Network(node.libp2p, peerId => needed(late.handler).instances.addressesOf(peerId))
    const book = late.book = new PeerBook({ database, commits, allowFrom: init.config.allowFrom, now: init.clock.now, random: init.random })
    const { keeper, dialer } = createDialers(init, network)
    const traversal = new Traversal({
      init, libp2p: node.libp2p, components, puncher: late.puncher, network, keeper,
      isApproved: peerId => isApproved(late, peerId), followers: [protocol, sharing]
    })
    const shared = { init, events, network, book, protocol, database, commits, keeper }
    const instances = new Instances({
      ...shared, peerId: components.peerId, privateKey: components.privateKey, bootId: randomBytes(8).toString('hex'),
      addresses: () => node.libp2p.getMultiaddrs().map(address => multiaddr(withoutPeerId(address, components.peerId))),
      onAddresses: (peerId) => { traversal.handleAddresses(peerId) }
    })
    const mailbox = createMailbox({ ...shared, instances, sharing, calls: () => needed(late.calls) })
    const calls = late.calls = createCalls({ ...shared, mailbox })
    const peers = new Peers({ ...shared, node, mailbox, calls, instances, traversal }, init)
    inviting.open({ ...shared, peers, self: components.peerId })
    sharing.open({ ...shared, mailbox, calls, peers })
    const discovery = new Discovery({ ...shared, instances, self: components.peerId, exchange: needed(late.exchange) })
    late.handler = { mailbox, instances, discovery }
    const listenAddrs = (): string[] => components.transportManager.getAddrs().map(String)
    return { ...shared, node, dialer, mailbox, calls, instances, discovery, peers, inviting, sharing, traversal, listenAddrs }
  } catch (error) {
    await node.close()
    throw error
  }
}

/** The mesh's own protocols, and what of the libraries' it does itself. */
function createServices(init: MeshInit, late: Late, inviting: Inviting): ServiceFactories {
  return {
    message: components => createProtocol(init, components, late),
    invite: inviting.createService,
    peers: components => (late.exchange = createExchange(init, components, late)),
    ...relayServices(init, { onStun: (stun) => { late.stun = stun }, udpPort: () => late.puncher?.status().udpPort ?? 0 }),
    ...init.config.enableHolePunch && {
      nat: (components: NodeComponents) => (late.puncher = createPuncher(init, components, {
        isApproved: peerId => isApproved(late, peerId), responder: late.stun?.responder
      }))
    },
    ...mappedPortServices(init)
  }
}

function isApproved({ book }: Late, peerId: PeerId): boolean {
  return book?.statusOf(peerId.toString()) === 'approved'
}

function createProtocol(init: MeshInit, components: NodeComponents, late: Late): MessageProtocol {
  const protocol = new MessageProtocol(components, {
    clock: init.clock,
    handler: {
      handleMessage: async (from, message, connection) => await needed(late.handler).mailbox.handleMessage(from, message, connection),
      handleAcks: (from, acks) => { needed(late.handler).mailbox.handleAcks(from, acks) },
      handleLinkClosed: (peerId) => { needed(late.handler).mailbox.handleLinkClosed(peerId) },
      handleLinkOpened: (peerId, connection) => { needed(late.handler).instances.handleLinkOpened(peerId, connection) },
      handleAnnounce: (from, record, connection) => { needed(late.handler).instances.handleAnnounce(from, record, connection) }
    },
    onOffence: (peerId, error) => {
      init.log.warn(`Peer ${peerId.toString()} broke the message protocol and was cut off: ${oneLine(error.message, 120)}`)
    }
  })
  late.service = { protocol, components }
  return protocol
}

function createExchange({ clock }: MeshInit, components: NodeComponents, late: Late): PeerExchange {
  return new PeerExchange(components, {
    now: clock.now, hintsFor: (peerId, connection) => needed(late.handler).discovery.hintsFor(peerId, connection)
  })
}

/** Services are made while the node is created, and called only after everything here is. */
function needed<T>(part: T | undefined): T {
  if (part === undefined) throw new MeshError('INTERNAL', 'a part of the mesh was used before it was put together')
  return part
}

function openMeshDatabase(init: MeshInit): DatabaseSync {
  return openDatabase(join(init.stateDir, 'mesh.db'), {
    migrations: {
      peers: PEER_BOOK_MIGRATIONS, outbox: OUTBOX_MIGRATIONS, inbox: INBOX_MIGRATIONS, forwards: FORWARD_MIGRATIONS, invitations: INVITATION_MIGRATIONS,
      calls: CALL_MIGRATIONS, transfers: TRANSFER_MIGRATIONS
    },
    isExclusive: true,
    now: init.clock.now,
    onMovedAside: (path, error) => {
      init.log.warn(`The mesh database ${path} was unreadable (${error.message}); it was moved aside and begun anew. Approvals and waiting messages are in the old file`)
    }
  })
}

function createDialers(init: MeshInit, network: Network): Pick<Parts, 'keeper' | 'dialer'> {
  const isConnected = (peerId: PeerId): boolean => network.isConnected(peerId)
  const onFailure = (peerId: PeerId, error: Error): void => { init.log.debug(`Peer ${peerId.toString()} was not reached: ${errorLine(toMeshError(error))}`) }
  const keeper = new PeerKeeper({
    dial: async (peerId, addresses) => { await network.connect(peerId, { addresses }) },
    isConnected, onFailure, clock: init.clock, random: init.random
  })
  const dialer = new DiscoveryDialer({ dial: async (peerId) => { await network.connect(peerId) }, isConnected, onFailure })
  return { keeper, dialer }
}

interface MailboxParts extends Pick<Parts, 'database' | 'commits' | 'network' | 'book' | 'keeper' | 'protocol' | 'instances' | 'sharing'> {
  init: MeshInit
  events: EventLog<UnnumberedEvent>
  /** Made after the mailbox. */
  calls: () => Calls
}

async function announceHeld(peerId: string, { book, events, held }: { book: PeerBook, events: EventLog<UnnumberedEvent>, held: () => number }): Promise<void> {
  const code = await book.codeOf(identityOfText(peerId))
  events.append({ type: 'held', peerId, code, held: held() })
}

function createMailbox({ init, events, database, commits, network, book, keeper, protocol, instances, sharing, calls }: MailboxParts): Mailbox {
  const mailbox: Mailbox = new Mailbox({
    config: init.config, database, commits, protocol, newId: init.newId, clock: init.clock, log: init.log,
    statusOf: peerId => book.statusOf(peerId),
    reach: async (peerId) => {
      await network.connect(peerId)
      await protocol.link(peerId)
    },
    isConnected: peerId => network.isConnected(peerId),
    onWaiting: (peerId, isWaiting) => {
      if (isWaiting) keeper.want(peerId, 'messages')
      else keeper.unwant(peerId, 'messages')
    },
    onReceived: (row) => { events.append({ type: 'message', message: toInboundMessage(row, { book, instances, sharing }) }) },
    onHeld: (row) => {
      announceHeld(row.peerId, { book, events, held: () => mailbox.incoming.heldByPeer().get(row.peerId) ?? 0 })
        .catch((error: unknown) => { init.log.error(`The approval code of ${row.peerId} could not be stored: ${toError(error).message}`) })
    },
    onForwardDue: (row, target) => { events.append({ type: 'forward', messageId: row.id, peerId: row.peerId, target }) },
    random: init.random,
    judgeCall: step => calls().judge(step),
    onCallFailed: (callId, error) => { calls().handleFailed(callId, error) },
    onUnreachable: (peerId, error) => { calls().handleUnreachable(peerId, error) },
    onForwarded: ({ id, peerId }) => { events.append({ type: 'forwarded', messageId: id, peerId }) },
    onDelivery: ({ messageId, peerId, state }) => { events.append({ type: 'delivery', messageId, peerId, state }) }
  })
  return mailbox
}
