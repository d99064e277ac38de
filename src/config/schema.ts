/** The one source of the configuration's shape: manifest, start-up check and the README's table are made from it. */
import Type from 'typebox'
import type { Static, TSchema } from 'typebox'
import { MAX_TOPIC_CHARACTERS } from './broadcast-limits.ts'
import { MAX_DISCOVERED_RELAYS } from './dht-limits.ts'
import { MAX_CARD_DESCRIPTION_CHARACTERS, MAX_CARD_SKILLS, MAX_CARD_SKILL_CHARACTERS, MAX_FORWARD_TARGETS } from './limits.ts'

/** Bounds that keep a mistyped number from becoming a denial of service of our own making. */
const LIMITS = {
  /** A node has a handful of interfaces. */
  listenAddrs: 32,
  announceAddrs: 32,
  /** Each is dialled and kept connected. */
  bootstrapList: 128,
  /** A reservation is kept on each, and announced. */
  relayList: 16,
  /** A few of them are asked at a time. */
  stunServers: 16,
  /** Read into memory at start. */
  allowFrom: 10_000,
  addressCharacters: 512,
  /** The longest path of most systems. */
  pathCharacters: 4_096,
  /** Ten minutes: nothing that waits longer is waiting for an ACK. */
  ackTimeoutMs: { minimum: 100, maximum: 600_000 },
  /** A second (tests) to a year. */
  messageTtlMs: { minimum: 1000, maximum: 31_536_000_000 },
  perMinute: 1_000_000,
  /** Each reservation is a connection. */
  reservations: 10_000,
  /** A message must fit (64 KiB) to a petabyte. */
  relayBytes: { minimum: 65_536, maximum: 1_000_000_000_000_000 },
  /** A minute to a month. */
  relaySeconds: { minimum: 60, maximum: 2_592_000 },
  /** A slow line (64 kbit/s) to 100 Gbit/s. */
  relayBytesPerSecond: { minimum: 8_000, maximum: 12_500_000_000 },
  cardDescription: MAX_CARD_DESCRIPTION_CHARACTERS,
  cardSkills: MAX_CARD_SKILLS,
  cardSkill: MAX_CARD_SKILL_CHARACTERS,
  forwardTargets: MAX_FORWARD_TARGETS,
  /** The longest channel and account IDs of OpenClaw's channels, several times over. */
  channelCharacters: 64,
  /** A Matrix room or a group address of any channel fits. */
  targetCharacters: 256
} as const

const DISCOVERY = ['mdns', 'bootstrap', 'dht'] as const
const ROLES = ['personal', 'public'] as const
const DM_POLICIES = ['pairing', 'allowlist', 'open', 'disabled'] as const

const optional = <T extends TSchema>(schema: T) => Type.Optional(schema)
const flag = (description: string) => optional(Type.Boolean({ description }))
const count = (maximum: number, description: string) => optional(Type.Integer({ minimum: 0, maximum, description }))
const addresses = (maxItems: number, description: string) =>
  optional(Type.Array(Type.String({ minLength: 1, maxLength: LIMITS.addressCharacters }), { maxItems, description }))
const channelName = (description: string) => Type.String({ minLength: 1, maxLength: LIMITS.channelCharacters, description })
const channelTarget = (description: string) => Type.String({ minLength: 1, maxLength: LIMITS.targetCharacters, description })
const mechanism = () => Type.Enum([...DISCOVERY], { type: 'string' })

/** `plugins.entries["libp2p-mesh"].config`: the node. */
export const ConfigSchema = Type.Object({
  role: optional(Type.Enum([...ROLES], {
    type: 'string',
    description: 'A preset: "public" makes an always-on node that is bootstrap node, relay and STUN server for others (enableCircuitRelayServer), listens on port 4001, and whose agent answers strangers (dmPolicy "open") within rateLimit and turnBudget. Whatever is set beside it wins'
  })),
  discovery: optional(Type.Union([
    mechanism(),
    Type.Array(mechanism(), { maxItems: DISCOVERY.length })
  ], { description: 'Discovery mechanisms: "mdns", "bootstrap", "dht" or an array of them. An explicit value wins, and the log says what it leaves unused' })),
  listenAddrs: addresses(LIMITS.listenAddrs, 'Listen multiaddrs. The port that port 0 leads to is kept across restarts while it is free'),
  bootstrapList: addresses(LIMITS.bootstrapList, 'Bootstrap peers, each a multiaddr ending in /p2p/<peer ID>'),
  enableWebSocket: flag('WebSocket transport, to listen (addresses that end in /ws) and to dial'),
  enableNATTraversal: flag('Master switch of identify, AutoNAT, UPnP, relay, DCUtR and hole punching'),
  enableIdentify: flag('Exchange of addresses and protocols with connected peers; AutoNAT, DCUtR and the DHT need it'),
  enableAutoNAT: flag('Ask peers whether this node is reachable'),
  enableUPnP: flag('Ask the router for a port by UPnP or NAT-PMP; with a relayList it is announced once a relay reached it'),
  enableCircuitRelay: flag('Reach and be reached through relays'),
  enableDCUtR: flag('Upgrade relayed connections to direct ones (libp2p DCUtR)'),
  enableHolePunch: flag('Direct paths to approved peers behind NATs: UDP hole punching, TCP simultaneous open where UDP is blocked'),
  enableCircuitRelayServer: flag('Serve as a relay for others (public nodes)'),
  relayList: addresses(LIMITS.relayList, 'Relays to be reached through, each a multiaddr ending in /p2p/<peer ID>; a reservation is kept on every one'),
  discoverRelays: count(MAX_DISCOVERED_RELAYS, 'Find this many relays through the DHT and be reached through them, too'),
  stunServers: addresses(LIMITS.stunServers, 'STUN servers "host:port" beside the relays, which answer STUN too'),
  announceAddrs: addresses(LIMITS.announceAddrs, 'Multiaddrs announced on top of the detected ones, without /p2p/'),
  instanceName: optional(Type.String({ minLength: 1, maxLength: 48, description: 'Name part of the instance ID: a-z, 0-9 and "-", 48 characters at most' })),
  inboundChannel: optional(channelName('Channel of OpenClaw that messages of approved peers are forwarded to, e.g. "feishu"; needs inboundTarget')),
  inboundTarget: optional(channelTarget('Where in inboundChannel, in the channel\'s own form, e.g. "user:ou_xxx" or "chat:oc_xxx"')),
  inboundTargets: optional(Type.Array(Type.Object({
    channel: channelName('Channel of OpenClaw'),
    target: channelTarget('Where in the channel'),
    accountId: optional(channelName('Account of the channel to send with'))
  }, { additionalProperties: false }), {
    maxItems: LIMITS.forwardTargets,
    description: 'Several places to forward to: [{ channel, target, accountId? }]. Overrides the pair above; [] turns forwarding off'
  })),
  deliveryAckTimeoutMs: optional(Type.Integer({ ...LIMITS.ackTimeoutMs, description: 'How long a send waits for the delivery ACK, in milliseconds' })),
  messageTtlMs: optional(Type.Integer({ ...LIMITS.messageTtlMs, description: 'How long an undelivered message is kept, in milliseconds' })),
  rateLimit: optional(Type.Object({
    unapprovedPerHour: count(LIMITS.perMinute, 'Messages an hour from a sender that is not approved'),
    approvedPerMinute: count(LIMITS.perMinute, 'Messages a minute from an approved sender')
  }, { additionalProperties: false, description: 'Inbound messages per sender: { unapprovedPerHour, approvedPerMinute }' })),
  turnBudget: optional(Type.Object({
    perPeerPerHour: count(LIMITS.perMinute, 'Agent turns an hour that one peer may start'),
    perHour: count(LIMITS.perMinute, 'Agent turns an hour that all peers together may start'),
    perDay: count(LIMITS.perMinute, 'Agent turns a day that all peers together may start')
  }, { additionalProperties: false, description: 'Agent turns that mesh peers may start: { perPeerPerHour, perHour, perDay }; peers that are not approved leave a quarter of perHour and perDay to those that are' })),
  autoAnswerCalls: optional(Type.Array(Type.String({ minLength: 1, maxLength: 128 }), {
    maxItems: LIMITS.allowFrom,
    description: 'Peer IDs of approved peers whose calls are answered at once; others ring'
  })),
  relayLimits: optional(Type.Object({
    reservations: count(LIMITS.reservations, 'Peers that may be reachable through this relay at a time'),
    perPeerBytes: optional(Type.Integer({ ...LIMITS.relayBytes, description: 'Bytes that one peer may send through this relay in perPeerSeconds; beyond them it is slowed down' })),
    perPeerSeconds: optional(Type.Integer({ ...LIMITS.relaySeconds, description: 'The time in which perPeerBytes come back, and the longest life of one relayed connection' })),
    bytesPerSecond: optional(Type.Integer({ ...LIMITS.relayBytesPerSecond, description: 'Rate of all relayed data together, shared fairly' }))
  }, {
    additionalProperties: false,
    description: 'What this node relays for others: { reservations, perPeerBytes, perPeerSeconds, bytesPerSecond }. A peer may send perPeerBytes in perPeerSeconds (also the longest life of one relayed connection), and is slowed down beyond them; bytesPerSecond is shared fairly by all'
  })),
  networkKeyFile: optional(Type.String({
    minLength: 1, maxLength: LIMITS.pathCharacters, description: 'Private network: absolute path of a file with a pre-shared key; only nodes with the same key connect'
  })),
  enableBroadcast: flag('Broadcasts: send them, take them, pass them on'),
  meshTopic: optional(Type.String({ minLength: 1, maxLength: MAX_TOPIC_CHARACTERS, description: 'Topic of broadcasts: what this node takes and passes on, and where its own go unless told' })),
  enableBroadcastForwarding: flag('Forward broadcasts of approved peers like their messages'),
  enableBroadcastTurns: flag('Let broadcasts of approved peers start agent turns like their messages'),
  enableAgentSync: flag('Announce this instance to connected peers and learn theirs; false keeps that to approved peers'),
  agentCard: optional(Type.Object({
    description: optional(Type.String({ maxLength: LIMITS.cardDescription, description: 'What the agent is for' })),
    skills: optional(Type.Array(Type.String({ minLength: 1, maxLength: LIMITS.cardSkill }), { maxItems: LIMITS.cardSkills, description: 'What it can be asked for' }))
  }, { additionalProperties: false, description: 'What approved peers are told about this agent: { description, skills }' }))
}, { additionalProperties: false })

/** `channels["libp2p-mesh"]`: whether the channel runs and who may write to it. */
export const ChannelSchema = Type.Object({
  enabled: flag('The channel and with it the node'),
  dmPolicy: optional(Type.Enum([...DM_POLICIES], {
    type: 'string',
    description: 'Who may write: "pairing" (strangers wait for the owner\'s approval), "allowlist" (approved peers only), "open" (everyone), "disabled" (nobody)'
  })),
  allowFrom: optional(Type.Array(Type.String({ minLength: 1, maxLength: 128 }), {
    maxItems: LIMITS.allowFrom,
    description: 'Peer IDs approved by configuration (nothing shorter than a peer ID)'
  }))
}, { additionalProperties: false })

/** Settings of the node as the owner writes them. */
export type ConfigInput = Static<typeof ConfigSchema>

/** Settings of the channel as the owner writes them. */
export type ChannelInput = Static<typeof ChannelSchema>

export type DiscoveryMechanism = (typeof DISCOVERY)[number]

export type Role = (typeof ROLES)[number]

export type DmPolicy = (typeof DM_POLICIES)[number]
