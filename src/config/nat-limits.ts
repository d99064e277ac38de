/** Bounds and timings of NAT traversal; none is configurable, each has its reason. */

/** Socket buffers of the UDX socket: a burst of 50 ms at 80 MB/s; the kernel takes what it allows. */
export const UDP_BUFFER_BYTES = 4 * 1_024 * 1_024

/** Wait for the first STUN answer, and how often the question is repeated in this time: every 200 ms rides out lost datagrams. */
export const STUN_TIMEOUT_MS = 1_200
export const STUN_TRIES = 6

/**
 * How long a second STUN answer is waited for after the first came: two repetitions, as a hard NAT that passes for an easy one costs
 * the whole attempt. No longer, as the second port may be closed by a firewall.
 */
export const STUN_SECOND_ANSWER_MS = 500

/** STUN servers asked at a time: two tell the kind of the NAT, two more survive a dead one. */
export const MAX_STUN_SERVERS = 4

/** A mapping learnt this recently is used as it is: home routers keep an unanswered mapping for 30 s and more. */
export const MAPPING_FRESH_MS = 15_000

/** "UDP is blocked" is believed for this long before STUN is tried again. */
export const BLOCKED_FRESH_MS = 30_000

/** A STUN answer is at most this many times the size of its question, so that it amplifies nothing. */
export const MAX_STUN_AMPLIFICATION = 2

/** STUN answers for one address in a minute: twenty nodes behind one NAT, each punching once every few seconds. */
export const STUN_ANSWERS_PER_MINUTE = 240

/** Signed STUN answers for all addresses in a minute: a signature costs about 0.1 ms, so this is below 2 % of a core. */
export const STUN_SIGNATURES_PER_MINUTE = 6_000

/** Addresses whose STUN rate is remembered. */
export const MAX_STUN_CLIENTS = 4_096

/** TCP connections to the STUN service at a time and how long each may stay: they hold a mapping open while it is punched. */
export const MAX_STUN_TCP_CONNECTIONS = 256
export const STUN_TCP_IDLE_MS = 20_000

/** A relay's signature on a mapping is believed for this long after it was made, by the relay's own clock. */
export const ATTESTATION_FRESH_MS = 120_000

/** Relays whose clocks are remembered: those of a long list. */
export const MAX_RELAY_CLOCKS = 16

/** Wait for routers on the LAN to say who they are: SSDP answers within a second or two. */
export const ROUTER_QUERY_TIMEOUT_MS = 3_000

/** Routers taken from one question: a LAN has one or two. */
export const MAX_ROUTERS = 4

/** Candidates taken from one offer: a host with a few interfaces of both families; more would be a scan. */
export const MAX_CANDIDATES = 8

/** Public candidates that are probed when the relay signs nothing (a relay that is not ours). */
export const MAX_UNSIGNED_CANDIDATES = 2

/** One signal is a few hundred bytes; a peer that announces a longer one is cut off. */
export const MAX_SIGNAL_BYTES = 4_096

/** Time for the name of a relay or STUN server to be looked up. */
export const NAME_LOOKUP_TIMEOUT_MS = 3_000

/** Addresses of a name change seldom; a dead resolver must not cost time at every attempt, and may be back soon. */
export const NAME_FRESH_MS = 300_000
export const NAME_FAILED_MS = 15_000

/** Names whose addresses are remembered: relays and STUN servers of the owner and of some friends. */
export const MAX_TRACKED_NAMES = 64

/** Wait for the answer to one signal: a relay across the world, and the peer's own STUN round. */
export const SIGNAL_TIMEOUT_MS = 5_000

/** Punch streams of one connection: one that runs, one that both sides began at the same time, two checks of a path. */
export const MAX_PUNCH_STREAMS = 4

/** A whole attempt, all planes: relay 5 s away from an answer would look broken. */
export const SESSION_TIMEOUT_MS = 15_000

/** Rhythm of the probes: with a 25 ms grid both sides meet within one step of the clocks' difference. */
export const PROBE_INTERVAL_MS = 25

/**
 * The first probes die on their way, so that they open our NAT and never reach the other one: a NAT that meets an
 * unexpected packet first gives the mapping another port. 2 hops leave a home, 3 to 6 a carrier's network.
 */
export const TTL_LADDER: readonly number[] = [2, 2, 2, 3, 4, 6]

/** Time to live of all other probes. */
export const PROBE_TTL = 64

/** Races without birthday probes are decided in well under a second; 4 s survive a bad line. */
export const RACE_TIMEOUT_MS = 4_000

/** Birthday races need about 250 sprayed ports; the budget below is spent after 2.5 s. */
export const BIRTHDAY_RACE_TIMEOUT_MS = 5_500

/** Plain probes of one race: 8 candidates at 40 a second for 4 s, and answers to probes. */
export const MAX_PROBES_PER_RACE = 2_000

/** When birthday probing begins: the sockets first, so that their mappings exist when the ports are sprayed. */
export const BIRTHDAY_SOCKETS_AFTER_MS = 200
export const BIRTHDAY_SPRAY_AFTER_MS = 350

/** Sockets of the hard side: with 256 of them, 6,000 random ports miss all with a chance of 1 in 10 billion. */
export const BIRTHDAY_SOCKETS = 256

/** Sprayed ports of one race and in one step: 25 bytes each, 60 KB a second towards an address that the relay signed for. */
export const MAX_SPRAYED_PORTS = 6_000
export const SPRAYED_PORTS_PER_STEP = 60

/** How often the sockets of the hard side probe again, each time with the next of these times to live. */
export const BIRTHDAY_REPEAT_MS = 1_200
export const BIRTHDAY_TTLS: readonly number[] = [2, 4, 6, 64]

/** Races at a time, those with birthday sockets at a time: 256 sockets and 3 MB is what a node spends on punching. */
export const MAX_RACES = 8
export const MAX_BIRTHDAY_RACES = 1

/** The loser of the last datagram still gets its answer for this long. */
export const RACE_LINGER_MS = 2_000

/** Attempts with one peer and with all peers in an hour: a retry every two minutes, and a busy mesh. */
export const MAX_RACES_PER_PEER_PER_HOUR = 30
export const MAX_RACES_PER_HOUR = 300

/** Live UDX connections; each may keep one socket of its own. */
export const MAX_UDX_CONNECTIONS = 256

/** Keeps the NAT's mapping of an idle connection; the shortest timers of home routers are 20 to 30 s. */
export const UDX_KEEPALIVE_MS = 15_000

/** What a UDX connection buffers for a slow reader before it is cut: UDX has no receive back-pressure; yamux windows stay below this. */
export const UDX_READ_BUFFER_BYTES = 16 * 1_024 * 1_024

/** How long an orderly close waits for the other side: UDX closes only once both sides ended. */
export const UDX_CLOSE_TIMEOUT_MS = 500

/** Noise, multiplexer and check of a punched connection, each over several round trips. */
export const UPGRADE_TIMEOUT_MS = 5_000

/** One check of a path: an echo over the connection itself. */
export const PATH_CHECK_TIMEOUT_MS = 3_000

/** In-flight data of a moved connection is acknowledged within this time, or the move failed. UDX gives up after about 13 s. */
export const MOVE_TIMEOUT_MS = 6_000

/** Finding or dialling the relayed connection that a path change is signalled over. */
export const RELAY_DIAL_TIMEOUT_MS = 5_000

/** TCP simultaneous open: how long it is tried, how soon after a refusal, and how long one SYN may go unanswered. */
export const TCP_OPEN_TIMEOUT_MS = 4_000
export const TCP_RETRY_MIN_MS = 10
export const TCP_RETRY_MAX_MS = 120
export const TCP_SYN_TIMEOUT_MS = 3_000

/** How long an orderly close of a punched TCP connection waits for the other side. */
export const TCP_CLOSE_TIMEOUT_MS = 1_000

/** Ports tried for a simultaneous open: chosen at random, so a second choice hardly ever meets a used one. */
export const TCP_PORT_TRIES = 5
export const TCP_PORT_MIN = 20_000
export const TCP_PORT_MAX = 60_000

/** One attempt at a reservation: dial, negotiation, answer, over a slow line. */
export const RELAY_ATTEMPT_TIMEOUT_MS = 10_000

/** A lost reservation is made again soon, then often enough that a node is reachable within a minute of its relay's return. */
export const RELAY_RETRY_FIRST_MS = 1_000
export const RELAY_RETRY_MAX_MS = 30_000

/** How often the machine's addresses are looked at: a change is noticed while a person still wonders. */
export const INTERFACE_POLL_MS = 5_000

/** How often a connection is pinged, and how long the answer may take: a busy machine or a stalled line is no dead peer. */
export const LIVENESS_INTERVAL_MS = 10_000
export const LIVENESS_TIMEOUT_MS = 10_000

/** The same for peers that nobody here waits for: pings are most of what a node sends at rest, and chance contacts are many. */
export const OTHERS_LIVENESS_INTERVAL_MS = 60_000

/** A UDX connection is pinged more often: UDX gives up 13 s after its path broke, and noticing and moving have to fit in. */
export const UDX_LIVENESS_INTERVAL_MS = 4_000

/** Attempts at a direct path at a time: fewer than MAX_RACES, so that attempts of others find room. */
export const MAX_UPGRADES = 4

/** The side that was dialled leaves the first attempt to the other one for this long. */
export const UPGRADE_FOLLOW_DELAY_MS = 5_000

/** A direct path is tried again after this long, then less and less often, within MAX_RACES_PER_PEER_PER_HOUR. */
export const UPGRADE_RETRY_FIRST_MS = 20_000
export const UPGRADE_RETRY_MAX_MS = 600_000

/** A relayed round trip this much longer than the shortest one seen counts as degraded, and a direct path is tried at once. */
export const DEGRADED_RTT_FACTOR = 3
export const DEGRADED_RTT_MIN_MS = 300

/** How soon a degraded relay path leads to an attempt again. */
export const DEGRADED_PAUSE_MS = 60_000

/** How often a relayed connection that a direct one replaced is looked at, until no stream runs over it and it can be closed. */
export const RELAYED_IDLE_CHECK_MS = 500

/** A relayed connection younger than this is not closed as idle: what it was opened for may still be on its way. */
export const RELAYED_MIN_AGE_MS = 3_000

/** A direct dial beside a relayed connection: addresses that may have become reachable. */
export const DIRECT_DIAL_TIMEOUT_MS = 5_000

/** How often new port mappings are looked for; nothing is sent unless there is one. */
export const MAPPED_CHECK_MS = 3_000

/** A mapped port that was reached counts for this long; one that was not is asked about again after this time. */
export const MAPPED_FRESH_MS = 15 * 60_000
export const MAPPED_RETRY_MS = 5 * 60_000

/** A relay's dial of one address, and its answer. */
export const DIAL_BACK_TIMEOUT_MS = 20_000

/** The answer has a status, a sentence and an address. */
export const MAX_DIAL_ANSWER_BYTES = 4_096

/** NAT-PMP: the first wait for a router, each next one twice as long; a router next door answers within milliseconds, or has none. */
export const PMP_FIRST_WAIT_MS = 250
export const PMP_TRIES = 4

/** How long a mapping lives without us; it is renewed at half of it, as RFC 6886 has it. */
export const PMP_LIFETIME_MS = 3_600_000

/** A router that maps nothing is asked again: it may have been replaced. */
export const PMP_RETRY_MS = 10 * 60_000

/** Giving mappings back at a stop. */
export const PMP_STOP_TIMEOUT_MS = 500

/** After a transport began to listen: others follow at once, and one round is enough for all. */
export const PMP_LISTEN_DELAY_MS = 500
