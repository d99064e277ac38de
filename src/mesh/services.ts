/** The services that a node is made with: the mesh's own protocols, and what of the libraries' it does itself. */
import type { PeerId } from '@libp2p/interface'
import { MeshError } from '../lib/errors.ts'
import { oneLine } from '../lib/text.ts'
import type { Mailbox } from '../mailbox/mailbox.ts'
import type { NatTraversal } from '../nat/nat-traversal.ts'
import type { StunService } from '../nat/stun-service.ts'
import { dhtFactory, type DhtInit, type DhtService } from '../node/dht.ts'
import type { NodeComponents, ServiceFactories } from '../node/options.ts'
import type { BroadcastProtocol } from '../protocols/broadcast-protocol.ts'
import { instanceRecords } from '../protocols/instance-record.ts'
import { MessageProtocol } from '../protocols/message-protocol.ts'
import { PeerExchange } from '../protocols/peer-exchange.ts'
import type { RelayServer } from '../relay/relay-server.ts'
import type { Calls } from '../sessions/calls.ts'
import type { PeerBook } from '../trust/peer-book.ts'
import { broadcastFactory } from './broadcasting.ts'
import type { Discovery } from './discovery.ts'
import type { Encounters } from './encounters.ts'
import { FileSharing } from './file-sharing.ts'
import type { MeshInit } from './init.ts'
import type { Instances } from './instances.ts'
import { Inviting } from './inviting.ts'
import { mappedPortServices } from './mapped-ports.ts'
import { relayServices } from './relaying.ts'
import { createPuncher } from './traversal.ts'
import type { WideArea } from './wide-area.ts'

/** What a service needs and is made after it, and the other way round. */
export class Late {
  readonly inviting = new Inviting()
  readonly sharing = new FileSharing()
  service?: { protocol: MessageProtocol, components: NodeComponents }
  /** Undefined where this node is none. */
  relay?: RelayServer
  puncher?: NatTraversal
  stun?: StunService
  exchange?: PeerExchange
  /** Undefined where broadcasts are off. */
  broadcasts?: BroadcastProtocol
  /** Undefined where the configuration has no DHT. */
  dht?: DhtService
  wideArea?: WideArea | undefined
  encounters?: Encounters
  book?: PeerBook
  /** Whether a peer is to stay connected whatever the DHT needs of it. */
  isKept?: (peerId: PeerId) => boolean
  calls?: Calls
  handler?: { mailbox: Mailbox, instances: Instances, discovery: Discovery }

  /** Whether the owner approved the peer; nobody before the peer book is read. */
  readonly isApproved = (peerId: PeerId): boolean => this.book?.statusOf(peerId.toString()) === 'approved'
}

/** Services are made while the node is created, and called only after everything here is. */
export function needed<T>(part: T | undefined): T {
  if (part === undefined) throw new MeshError('INTERNAL', 'a part of the mesh was used before it was put together')
  return part
}

/** Factories of the services; each puts what it made where the rest of the mesh finds it. */
export async function createServices(init: MeshInit, late: Late): Promise<ServiceFactories> {
  const { isApproved, inviting, sharing } = late
  const createBroadcasts = await broadcastFactory(init, {
    statusOf: peerId => late.book?.statusOf(peerId) ?? 'unknown', isCompany: peerId => late.encounters?.has(peerId) === true,
    mailbox: () => needed(late.handler).mailbox
  })
  const createDht = init.config.discovery.includes('dht') ? await dhtFactory(init.config, dhtInit(init, late)) : undefined
  return {
    message: components => createProtocol(init, components, late),
    invite: inviting.createService,
    file: sharing.createService,
    peers: components => (late.exchange = createExchange(init, components, late)),
    ...relayServices(init, {
      onRelay: (relay) => { late.relay = relay }, onStun: (stun) => { late.stun = stun }, udpPort: () => late.puncher?.status().udpPort ?? 0
    }),
    ...createBroadcasts !== undefined && { broadcasts: (components: NodeComponents) => (late.broadcasts = createBroadcasts(components)) },
    ...createDht !== undefined && { dht: (components: NodeComponents) => (late.dht = createDht(components)) },
    ...init.config.enableHolePunch && {
      nat: (components: NodeComponents) => (late.puncher = createPuncher(init, components, { isApproved, responder: late.stun?.responder }))
    },
    ...mappedPortServices(init)
  }
}

function dhtInit({ clock, random }: MeshInit, late: Late): DhtInit {
  return { records: instanceRecords(clock.now), isKept: peerId => late.isKept?.(peerId) === true, clock, random }
}

function createProtocol(init: MeshInit, components: NodeComponents, late: Late): MessageProtocol {
  const protocol = new MessageProtocol(components, {
    clock: init.clock,
    handler: {
      handleMessage: async (from, message, connection) => await needed(late.handler).mailbox.handleMessage(from, message, connection),
      handleAcks: (from, acks) => { needed(late.handler).mailbox.handleAcks(from, acks) },
      handleLinkClosed: (peerId) => { needed(late.handler).mailbox.handleLinkClosed(peerId) },
      handleLinkOpened: (peerId, connection) => {
        needed(late.encounters).handleLinked(peerId)
        needed(late.handler).instances.handleLinkOpened(peerId, connection)
      },
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
