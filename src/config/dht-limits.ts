/** Bounds and timings of the DHT; none is configurable, each has its reason. */

/** Peers in a bucket, answers that name peers, and nodes that hold a record: an hour without ten of them at a time is rare. */
export const DHT_BUCKET_SIZE = 10

/** Requests of a query at a time, and ways through the network that share no node: one liar on the way does not decide. */
export const DHT_PARALLEL = 5
export const DHT_PATHS = 3

/** How often a node looks who is near it and how well it knows the rest; at each it asks some thirty nodes. */
export const DHT_REFRESH_MS = 30 * 60_000
export const DHT_REFRESH_TIMEOUT_MS = 30_000

/** One request to one node, its dial included. */
export const DHT_REQUEST_TIMEOUT_MS = 5_000

/** A node that could not be dialled for this long is dropped, also when the dial was given up for another reason. */
export const DHT_PATIENCE_MS = 3_000

/** Connections that were opened for a question are closed when none came after it for this long; looked at twice in that time. */
export const DHT_IDLE_MS = 30_000

/** Addresses of peers that were heard of in answers: those of a query, many times over. */
export const MAX_HEARD_PEERS = 2_048

/** Tags in libp2p's peer store outlive their reason by this much, after which the store forgets the peer. */
export const DHT_TAG_LIFE_MS = 24 * 3_600_000

/** Questions of one peer in a minute: two queries a second that pass by here. */
export const DHT_QUESTIONS_PER_MINUTE = 120

/** A signed record: a name, 16 addresses of 200 bytes and the signature. */
export const MAX_RECORD_BYTES = 4_096

/** Records of others that are held, 16 MiB at the very most; those of keys far from this node make room. */
export const MAX_RECORDS = 4_096

/** Entries about who is part of which network or a relay, in all and of each key; a random one makes room. */
export const MAX_PROVIDER_KEYS = 256
export const MAX_PROVIDERS_PER_KEY = 512

/** Those that one answer names, drawn by lot: enough to join a network, and a frame of a few kilobytes. */
export const MAX_PROVIDERS_TOLD = 16

/** What its signer says of a record's life: a gateway that is off for a day is not found any more. */
export const RECORD_LIFE_MS = 24 * 3_600_000

/** A record may live longer than this by its signer's word only where a clock is wrong. */
export const CLOCK_TOLERANCE_MS = 3_600_000

/** How often an unchanged record is put again, so that nodes that came meanwhile hold it. */
export const RECORD_INTERVAL_MS = 2 * 3_600_000

/** After a start, new addresses or, in a small network, a new node that could hold the record: what comes together is one change. */
export const PUBLICATION_SOON_MS = 2_000

/** Nothing is published more often than this, whatever changes: each time costs some forty messages. */
export const PUBLICATION_PAUSE_MS = 10_000

/** New nodes of a small network are given what they could hold after twice the pause each time, up to this one. */
export const PUBLICATION_MAX_PAUSE_MS = 15 * 60_000

/** One publication, some nodes silent. */
export const PUBLISH_TIMEOUT_MS = 60_000

/** A person or an agent waits for a look-up; in a network of fifty it takes some hundred milliseconds. */
export const LOOK_UP_TIMEOUT_MS = 5_000

/** This soon after the start, a look-up waits for the first node that it could ask, and not longer than that. */
export const START_MS = 10_000
export const FIRST_NODE_TIMEOUT_MS = 2_000

/** A look-up ends after so many answers, for one of them could be old, or so long after the first: others may be silent. */
export const LOOK_UP_ANSWERS = 3
export const LOOK_UP_SETTLE_MS = 1_000

/** Whoever was not found is not looked for again so soon, and at most so many are remembered. */
export const LOOK_UP_PAUSE_MS = 60_000
export const MAX_MISSED = 4_096

/** Look-ups in a row, and in each minute after that: an agent that is talked into writing to thousands asks nobody about most. As many of those away. */
export const LOOK_UPS_PER_MINUTE = 60

/** Where a peer is by the word of others is remembered for this long: what is told today may be wrong tomorrow. */
export const LOCATED_KEEP_MS = 3_600_000

/**
 * A peer that is kept and not reached may have moved; it is looked for again after this long, then after twice as long each time: one
 * look-up costs as much as an hour of an idle node, and friends are away for weeks. Whoever comes back looks for us at once.
 */
export const MOVED_PAUSE_MS = 10 * 60_000
export const MOVED_MAX_PAUSE_MS = 3_600_000

/** How often a node looks for others of its network, and sees to it that others find it. */
export const RENDEZVOUS_INTERVAL_MS = 6 * 3_600_000

/** Entries are forgotten after this long unless they are made again. */
export const PROVIDER_LIFE_MS = 24 * 3_600_000

/** Of a network with plenty of entries a node adds itself in one of so many rounds: those who hold them are few. */
export const RENDEZVOUS_SHARE = 1 / 8

/** A node with fewer connections than this dials others of its network, so that broadcasts find many ways; on demand it dials this many. */
export const RENDEZVOUS_NEIGHBOURS = 5
export const RENDEZVOUS_DIALS_ON_DEMAND = 16

/** Finding those, in a large network. */
export const RENDEZVOUS_TIMEOUT_MS = 20_000

/** Relays that `discoverRelays` may ask for: each costs it and us a connection. */
export const MAX_DISCOVERED_RELAYS = 8

/** While relays are missing they are looked for: soon at first, then now and then. */
export const RELAY_SEARCH_FIRST_MS = 2_000
export const RELAY_SEARCH_MAX_MS = 15 * 60_000

/** A found relay without a reservation for this long makes room for another, and is not tried again for a time. */
export const RELAY_TRIAL_MS = 60_000
export const RELAY_AVOID_MS = 3_600_000
