/** The value of every setting that the owner did not set, each with its reason. */

/** Defaults of `plugins.entries["libp2p-mesh"].config`. */
export const CONFIG_DEFAULTS = {
  role: 'personal',
  /** The LAN works with nothing configured. */
  discovery: ['mdns'],
  /** Added when bootstrap peers are named: naming them says that the mesh reaches beyond the LAN. */
  discoveryWithBootstrap: ['mdns', 'bootstrap', 'dht'],
  /** All interfaces of both families; port 0 lets the system choose once, and the choice is kept across restarts. */
  listenAddrs: ['/ip4/0.0.0.0/tcp/0', '/ip6/::/tcp/0'],
  /** Listened on besides `listenAddrs` when WebSocket is on and no listen address was set: its own ports, TCP keeps its ones. */
  webSocketListenAddrs: ['/ip4/0.0.0.0/tcp/0/ws', '/ip6/::/tcp/0/ws'],
  bootstrapList: [],
  /** Off: a second listener is worth it only where TCP is blocked. */
  enableWebSocket: false,
  enableNATTraversal: true,
  enableIdentify: true,
  enableAutoNAT: true,
  enableUPnP: true,
  enableCircuitRelay: true,
  enableDCUtR: true,
  enableHolePunch: true,
  /** Off: relaying spends the owner's bandwidth on others. */
  enableCircuitRelayServer: false,
  relayList: [],
  /** None: a relay of a stranger sees who talks to whom, when and how much. */
  discoverRelays: 0,
  stunServers: [],
  announceAddrs: [],
  /** Passing on what others say costs little, and a network where few do so falls apart. */
  enableBroadcast: true,
  meshTopic: 'openclaw-mesh',
  /** Off: what is said to everybody is seldom worth a ringing phone. */
  enableBroadcastForwarding: false,
  /** Off: one broadcast would start a turn at every gateway. */
  enableBroadcastTurns: false,
  /** Instances find each other by what they announce; private addresses and the card still go to approved peers only. */
  enableAgentSync: true,
  /** A round trip across the world takes 0.3 s, a slow channel or a busy disk some seconds; an agent that waits longer than 15 s looks stuck. */
  deliveryAckTimeoutMs: 15_000,
  /** A week: a laptop that is closed over the holidays still gets its messages. */
  messageTtlMs: 7 * 24 * 60 * 60 * 1000,
  rateLimit: {
    /** Enough for a person to introduce themselves, too little to flood. */
    unapprovedPerHour: 10,
    /** Ten a second sustained: above what people and agents write, below what fills a disk. */
    approvedPerMinute: 600
  },
  turnBudget: {
    /** One turn every five minutes: a conversation, not a loop. */
    perPeerPerHour: 12,
    /** Five busy peers: what an owner is willing to pay a model for without being asked. */
    perHour: 60,
    /** Eight busy hours: what a conversation that never ends, or a public agent, may cost in a day. */
    perDay: 500
  },
  /** A call rings, and the agent or the owner decides. */
  autoAnswerCalls: [],
  relayLimits: {
    /** Idle reservations cost some 100 KB of memory each: what the smallest VM (512 MB) carries beside its system. */
    reservations: 128,
    /** 1 GiB that one peer sends: a month of messages, or an evening of files. Beyond it the peer goes on at the pace of the refill, 12 KB a second. */
    perPeerBytes: 1_073_741_824,
    /** A day: the time in which those bytes come back, and the longest life of one relayed connection. */
    perPeerSeconds: 86_400,
    /** 20 Mbit/s for all together: a fifth of a small VM's line, 3 % of its core, 6.5 TB in a month without a pause. */
    bytesPerSecond: 2_500_000
  }
} as const

/** Defaults of `channels["libp2p-mesh"]`. */
export const CHANNEL_DEFAULTS = {
  enabled: true,
  /** Strangers may leave a message that waits for the owner. */
  dmPolicy: 'pairing',
  allowFrom: []
} as const

/**
 * Where `libp2p-mesh relay` listens: the port that libp2p nodes have by custom. No WebSocket: it serves networks that allow nothing but
 * port 443, which only the owner can give it.
 */
export const RELAY_LISTEN_ADDRS: readonly string[] = ['/ip4/0.0.0.0/tcp/4001', '/ip6/::/tcp/4001']

/** What `role: "public"` sets where the owner sets nothing. */
export const PUBLIC_DEFAULTS = {
  /** Others find the mesh through it. */
  enableCircuitRelayServer: true,
  /** Handed out as an address, so it must not change. */
  listenAddrs: RELAY_LISTEN_ADDRS,
  /** Whoever runs a public node has no LAN there, and mDNS in a data centre is a nuisance. */
  discovery: ['dht'],
  discoveryWithBootstrap: ['bootstrap', 'dht'],
  /** Strangers are what it is there for. */
  dmPolicy: 'open'
} as const
