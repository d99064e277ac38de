/** From configuration to libp2p options, loading what only some configurations need; creating the node is a separate step. */
import { autoNAT } from '@libp2p/autonat'
import { circuitRelayTransport } from '@libp2p/circuit-relay-v2'
import { dcutr } from '@libp2p/dcutr'
import { identify, identifyPush } from '@libp2p/identify'
import type { PrivateKey } from '@libp2p/interface'
import { noise } from '@libp2p/noise'
import { ping, type Ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import type { UPnPNAT } from '@libp2p/upnp-nat'
import { yamux } from '@libp2p/yamux'
import type { Datastore } from 'interface-datastore'
import type { Libp2pOptions } from 'libp2p'
import { MAX_CONNECTIONS_AT_ALL } from '../config/connection-limits.ts'
import {
  ADDRESS_DIAL_TIMEOUT_MS, DIAL_TIMEOUT_MS, INBOUND_CONNECTIONS_PER_SECOND, MAX_ANNOUNCED_ADDRESSES, MAX_KNOWN_ADDRESSES, PING_TIMEOUT_MS
} from '../config/limits.ts'
import { MAX_CONNECTIONS_PER_NETWORK, MAX_PENDING_RELAY_CONNECTIONS, MAX_RELAY_CONNECTIONS, RELAY_WINDOW_BYTES } from '../config/relay-limits.ts'
import type { MeshConfig } from '../config/resolve.ts'
import { connectionGate } from './connection-gate.ts'
import { forAutoNAT } from './dial-back.ts'
import { addressScopes } from './address-scopes.ts'
import { compareForDial } from './dial-order.ts'
import { lanDiscovery } from './lan-discovery.ts'
import { forIdentify } from './shown-addresses.ts'

/** The settings of the configuration that shape the node. */
export type NodeConfig = Pick<MeshConfig,
  'discovery' | 'announceAddrs' | 'enableWebSocket' | 'enableIdentify' | 'enableAutoNAT' | 'enableUPnP' |
  'enableCircuitRelay' | 'enableDCUtR' | 'enableCircuitRelayServer'>

/** Libp2p as its service factories get it. */
export type NodeComponents = Parameters<NonNullable<Libp2pOptions['transports']>[number]>[0]

/** Library services that the mesh asks for things. */
export interface NodeServices extends Record<string, unknown> {
  ping: Ping
  upnpNAT?: UPnPNAT
}

/** Factories of the mesh's own protocols by name. */
export type ServiceFactories = Record<string, (components: NodeComponents) => unknown>

export interface NodeOptionsInit {
  config: NodeConfig
  privateKey: PrivateKey
  /** Listen multiaddrs with their ports chosen. */
  listenAddrs: string[]
  /** Addresses that are told instead of the detected ones. */
  announceOnly?: string[]
  datastore: Datastore
  /** Of a private network: whoever does not have it completes no handshake, over whatever transport. */
  networkKey?: Uint8Array
  /**
   * Whether the caller finds dead connections itself, where the library aborts what might move to another path, and chooses which end when
   * there are too many, where it knows nobody. @default false
   */
  watchesConnections?: boolean
  /** Whether a service of the caller checks mapped ports; without one a router's word has to do. @default false */
  confirmsAddresses?: boolean
  /** Whether all other nodes are on this machine. @default false */
  isOneMachine?: boolean
  /** Protocols of the mesh, given by the composition root. */
  services: ServiceFactories
  version: string
  now: () => number
  /** Told when somebody on the LAN announces itself with the peer ID of this node. */
  onSelfDiscovered: () => void
}

/** At the same time over one connection: the liveness check, a path that is proven, the owner's. */
const MAX_PINGS = 4

/** Options for `createLibp2p`; the node is not started by them. */
export async function nodeOptions(init: NodeOptionsInit): Promise<Libp2pOptions<NodeServices>> {
  const { config } = init
  return {
    start: false,
    privateKey: init.privateKey,
    datastore: init.datastore,
    nodeInfo: { name: 'libp2p-mesh', version: init.version, userAgent: `libp2p-mesh/${init.version}` },
    addresses: { listen: init.listenAddrs, announce: init.announceOnly ?? [], appendAnnounce: config.announceAddrs },
    transports: await transports(config),
    ...init.networkKey !== undefined && { connectionProtector: await protector(init.networkKey) },
    connectionEncrypters: [noise()],
    streamMuxers: [yamux(config.enableCircuitRelayServer ? { streamOptions: { maxStreamWindowSize: RELAY_WINDOW_BYTES } } : {})],
    peerDiscovery: config.discovery.includes('mdns') ? [lanDiscovery(init)] : [],
    connectionManager: {
      dialTimeout: DIAL_TIMEOUT_MS,
      addressDialTimeout: ADDRESS_DIAL_TIMEOUT_MS,
      addressSorter: compareForDial,
      maxPeerAddrsToDial: MAX_KNOWN_ADDRESSES + MAX_ANNOUNCED_ADDRESSES,
      inboundConnectionThreshold: INBOUND_CONNECTIONS_PER_SECOND,
      reconnectRetries: 0, // keeping connections is the peer keeper's work: the library's queue gives up
      ...config.enableCircuitRelayServer && { maxConnections: MAX_RELAY_CONNECTIONS, maxIncomingPendingConnections: MAX_PENDING_RELAY_CONNECTIONS },
      ...init.watchesConnections === true && { maxConnections: MAX_CONNECTIONS_AT_ALL }
    },
    connectionGater: config.enableCircuitRelayServer ? connectionGate(MAX_CONNECTIONS_PER_NETWORK) : {},
    connectionMonitor: init.watchesConnections === true ? { enabled: false } : { pingTimeout: { minTimeout: PING_TIMEOUT_MS } },
    peerStore: { maxAddressAge: Infinity }, // it counts from when an address was first heard of: one in daily use would vanish for good
    services: { ...init.services, ...await optionalServices(init), ping: ping({ maxInboundStreams: MAX_PINGS, maxOutboundStreams: MAX_PINGS }) }
  }
}

async function transports(config: NodeConfig): Promise<NonNullable<Libp2pOptions['transports']>> {
  const socket = { noDelay: true }
  return [
    tcp({ dialOpts: socket, listenOpts: socket }),
    ...config.enableWebSocket ? [await webSocketTransport()] : [],
    ...config.enableCircuitRelay ? [circuitRelayTransport()] : []
  ]
}

async function optionalServices(init: NodeOptionsInit) {
  const { config } = init
  const scopes = addressScopes(init.isOneMachine === true)
  return {
    ...config.enableIdentify && {
      identify: (components: NodeComponents) => identify()(forIdentify(components, scopes)),
      identifyPush: (components: NodeComponents) => identifyPush()(forIdentify(components, scopes))
    },
    ...config.enableAutoNAT && { autoNAT: (components: Parameters<ReturnType<typeof autoNAT>>[0]) => autoNAT()(forAutoNAT(components)) },
    ...config.enableUPnP && { upnpNAT: await upnpService(init.confirmsAddresses === true) },
    ...config.enableDCUtR && { dcutr: dcutr() }
  }
}

// The modules below take 3 to 8 MB of memory each, so they are loaded where they are used.

async function webSocketTransport() {
  const { webSockets } = await import('@libp2p/websockets')
  return webSockets()
}

async function protector(psk: Uint8Array) {
  const { preSharedKey } = await import('@libp2p/pnet')
  return preSharedKey({ psk })
}

/** @param isConfirmed whether mapped ports are checked before they are announced */
async function upnpService(isConfirmed: boolean) {
  const { uPnPNAT } = await import('@libp2p/upnp-nat')
  return uPnPNAT({ autoConfirmAddress: !isConfirmed })
}
